"""Run directories made up for tests."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

RUN_ID = "20261123T031035Z-demo-7f3a2b"


def edit(index: int, *, outcome: str = "ok", **changes: Any) -> dict[str, Any]:
    return {
        "stage": "edit",
        "id": f"s{index}",
        "index": index,
        "category": "even" if index % 2 == 0 else "odd",
        "reason": "" if outcome == "ok" else "it broke",
        "seconds": 1.5,
        "attempt": 1,
        "worker": "edit-0",
        "outcome": outcome,
        "image": f"images/s{index}.png" if outcome == "ok" else None,
        "instruction": "x",
        "sources": [],
        "seed": index,
        **changes,
    }


def score(
    index: int, value: float | None, *, outcome: str = "ok", **changes: Any
) -> dict[str, Any]:
    return {
        "stage": "score",
        "id": f"s{index}",
        "index": index,
        "category": "even" if index % 2 == 0 else "odd",
        "reason": "" if outcome == "ok" else "no number",
        "seconds": 0.5,
        "attempt": 1,
        "worker": "score-0",
        "outcome": outcome,
        "score": value,
        "reply": "a reply",
        "rubric": "overall",
        "minimum": 0,
        "maximum": 10,
        "score_by": "text",
        **changes,
    }


def make_run(
    folder: Path,
    rows: Iterable[dict[str, Any]] = (),
    *,
    samples: int = 4,
    torn: str = "",
    **manifest: Any,
) -> Path:
    """Write a run directory of so many selected samples; `manifest` changes run.json."""
    folder.mkdir(parents=True, exist_ok=True)
    even = -(-samples // 2)
    data = {
        "run_id": RUN_ID,
        "status": "finished",
        "started": "2026-11-23T03:10:35.000000Z",
        "finished": "2026-11-23T03:12:35.000000Z",
        "config": {"edit": {"type": "sleeping"}, "reward": {"type": "counting"}},
        "dataset": {
            "samples": samples,
            "rows": samples,
            "categories": [["even", even], ["odd", samples - even]],
            "skipped": 0,
            "skipped_rows": [],
        },
        "stages": {
            "edit": {"samples": samples, "seconds": 60.0},
            "score": {"samples": samples, "seconds": 30.0},
        },
        "summary": {"exit_code": 0, "seconds": 120.0, "reason": ""},
        **manifest,
    }
    (folder / "run.json").write_text(json.dumps(data), "utf-8")
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / "results.jsonl").write_text(lines + torn, "utf-8")
    spool: list[dict[str, Any]] = [
        {
            "id": f"s{index}",
            "index": index,
            "images": [],
            "instruction": "x",
            "category": "even" if index % 2 == 0 else "odd",
        }
        for index in range(samples)
    ]
    (folder / "samples.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in spool))
    return folder
