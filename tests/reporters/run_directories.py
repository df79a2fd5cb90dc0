"""Made-up run directories that go with the events of `tests.reporters.script`."""

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from editgauge.core.hooks.events import Event, SampleFinished, SampleStarted
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from tests.reporters.script import HOSTILE_ID, WIDE_ID, whole_run

IDS = ("boat", HOSTILE_ID, WIDE_ID, "house")


def write_run_directory(folder: Path, events: Sequence[Event] | None = None) -> None:
    """Write what a run has on disk when its events are told: samples, pictures, rows, record."""
    events = whole_run() if events is None else events
    (folder / "images").mkdir(parents=True, exist_ok=True)
    source = folder / "source.png"
    Image.new("RGB", (64, 40), "red").save(source)
    started = {event.index: event for event in events if isinstance(event, SampleStarted)}
    with (folder / "samples.jsonl").open("w", encoding="utf-8") as file:
        for index, name in enumerate(IDS):
            of = started.get(index)
            row = {
                "id": name,
                "index": index,
                "images": [str(source)],
                "instruction": of.instruction if of else "",
                "category": "physical" if index % 2 == 0 else "文化",
                "description": "",
                "rationale": "",
            }
            file.write(json.dumps(row) + "\n")
    with (folder / "results.jsonl").open("w", encoding="utf-8") as file:
        for event in events:
            if isinstance(event, SampleFinished):
                file.write(json.dumps(_row(event, source).to_row()) + "\n")
                if event.image is not None:
                    Image.new("RGB", (40, 64), "blue").save(folder / event.image)
    manifest = {
        "dataset": {"skipped_rows": ["row 7 ('tree'): source image: it is empty"]},
        "settings": {"seed": 42, "edit": {"steps": 8, "lora": ["a"], "fast": True, "x": None}},
    }
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")


def _row(event: SampleFinished, source: Path) -> EditResult | ScoreResult:
    if event.stage == "edit":
        return EditResult(
            id=event.sample,
            index=event.index,
            category=event.category,
            reason=event.reason,
            seconds=event.seconds,
            attempt=event.attempt,
            worker=event.worker,
            outcome=EditOutcome(event.outcome),
            image=event.image,
            instruction="",
            sources=(str(source),),
            seed=42 + event.index,
        )
    return ScoreResult(
        id=event.sample,
        index=event.index,
        category=event.category,
        reason=event.reason,
        seconds=event.seconds,
        attempt=event.attempt,
        worker=event.worker,
        outcome=ScoreOutcome(event.outcome),
        score=event.score,
        reply=event.reply,
        score_by="text",
    )
