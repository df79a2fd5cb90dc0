"""Hostile ids: every sample keeps an image of its own, and nothing leaves the run directory."""

import base64
import json
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from editgauge.core.run.result import RunResult
from tests.hostile import echoing
from tests.hostile.images import encode
from tests.hostile.surroundings import listing
from tests.support.runs import run

IDS = [
    "../x",
    "../../../x",
    "..",
    ".",
    "/etc/x",
    "//x",
    "~",
    "~root",
    "a/b",
    "a\\b",
    "C:\\x",
    "con",
    "CON",
    "NUL.png",
    "aux",
    "x",
    "X",
    "x ",
    " x",
    "x.",
    "x..",
    "x\t",
    "x\n",
    "x\0",
    "\0",
    "a\0b",
    "a\nb",
    "Café",
    unicodedata.normalize("NFD", "Café"),
    "café",
    "ﬁ",
    "fi",
    "Ⅳ",
    "IV",
    "\u017f",
    "s",
    "İ",
    "i̇",
    "x" * 400,
    "x" * 400 + "y",
    "é" * 400,
    "\ud800",
    "\udfff",
    "a\udc9bb",
    "\u202egnp.x",
    "-rf",
    "--help",
    "*",
    "?",
    "$(touch owned)",
    "`touch owned`",
    "; touch owned",
    "{run_dir}",
    "%s",
    ".hidden",
    ".run.json.tmp",
    "latest",
    "run.json",
    "0",
    "00",
]
BAD_IDS: list[Any] = ["", "   ", "\n", 1.5, True, [], {}, ["x"]]


def _run(folder: Path, dataset: dict[str, Any]) -> RunResult:
    result, _, _ = run(
        {
            "dataset": dataset | {"on_bad_row": "skip"},
            "edit": {"type": "echoing", "workers": {"devices": ["cpu"]}},
            "reward": {"type": "counting", "workers": {"devices": ["cpu"]}},
            "runs_dir": str(folder / "runs"),
            "progress": "none",
            "max_failures": len(IDS),
        },
        reporters=[echoing],
    )
    return result


def _check(result: RunResult, ids: list[str]) -> None:
    failed = len(range(2, len(ids), 3))
    lines = (result.run_dir / "results.jsonl").read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line) for line in lines]
    edits = {row["index"]: row for row in rows if row["stage"] == "edit"}
    assert [edits[number]["id"] for number in range(len(ids))] == ids
    images = [row["image"] for row in edits.values() if row["outcome"] == "ok"]
    assert len(images) == len(ids) - failed
    # Kept apart also where case or normal form make no difference, and plain everywhere.
    assert len({name.casefold() for name in images}) == len(images)
    assert all(re.fullmatch(r"images/[a-z0-9_-]{1,80}\.png", name) for name in images)
    on_disk = {f"images/{path.name}" for path in (result.run_dir / "images").iterdir()}
    assert on_disk == set(images)
    for row in edits.values():
        if row["outcome"] == "ok":
            with Image.open(result.run_dir / row["image"]) as image:
                assert image.getpixel((0, 0)) == (row["index"], 0, 0)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "around" / "work"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_ids_of_a_jsonl_dataset_never_become_paths(work: Path) -> None:
    rows: list[dict[str, Any]] = []
    for number, sample_id in enumerate(IDS):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(work / f"{number}.png")
        rows.append({"id": sample_id, "image": f"{number}.png", "instruction": "edit"})
    rows += [{"id": bad, "image": "0.png", "instruction": "edit"} for bad in BAD_IDS]
    (work / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "ascii")
    before = listing(work.parent)
    result = _run(work, {"type": "jsonl", "path": "rows.jsonl"})
    assert result.exit_code == 0, result.reason
    assert result.samples == len(IDS)
    _check(result, IDS)
    manifest = json.loads((result.run_dir / "run.json").read_text("utf-8"))
    assert manifest["dataset"]["skipped"] == len(BAD_IDS)
    assert listing(work.parent, without=work / "runs") == before
    assert os.listdir(work / "runs") != []  # noqa: PTH208 - names alone
    assert not (work / "owned").exists()


def test_ids_of_re_edit_never_become_paths_of_source_images(work: Path) -> None:
    # A file with half a character is refused whole by the reader of the stream.
    ids = [sample_id for sample_id in IDS if not re.search("[\ud800-\udfff]", sample_id)]
    rows = [
        {
            "original_image_path": sample_id,
            "subset": "physical",
            "src_img_b64": base64.b64encode(
                encode(Image.new("RGB", (8, 8), (number, 0, 0)), "PNG")
            ).decode(),
            "edit_instruction_en": "edit",
        }
        for number, sample_id in enumerate(ids)
    ]
    (work / "RE-Edit.json").write_text(json.dumps(rows), "ascii")
    before = listing(work.parent)
    result = _run(work, {"type": "re-edit", "path": "RE-Edit.json"})
    assert result.exit_code == 0, result.reason
    _check(result, ids)
    sources = [path.name for path in (result.run_dir / "sources").iterdir()]
    assert len({name.casefold() for name in sources}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,80}\.png", name) for name in sources)
    assert listing(work.parent, without=work / "runs") == before


def test_the_same_id_twice_is_refused(work: Path) -> None:
    Image.new("RGB", (8, 8)).save(work / "a.png")
    row = json.dumps({"id": "\u202e\x1b[2J", "image": "a.png", "instruction": "edit"})
    (work / "rows.jsonl").write_text(f"{row}\n{row}\n", "ascii")
    result = _run(work, {"type": "jsonl", "path": "rows.jsonl"})
    assert result.exit_code == 2
    assert "comes twice, in rows 0 and 1" in result.reason
