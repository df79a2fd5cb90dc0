"""`editgauge run` on a file in the format of RE-Edit, with the miniature checkpoints."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from editgauge.plugins.miniature.checkpoints import checkpoint
from tests.end_to_end.commands import editgauge, json_lines, pictures, pixels
from tests.end_to_end.re_edit_file import edit_here, write_re_edit_file

CATEGORIES = ["physical", "environmental", "cultural", "causal", "referential"]

SMALL = {"steps": 2, "pixels": 128 * 128}
SEED = 7

NOTES = ["PYTHONPATH", "IMAGE_NOTES"]
# Python imports this when it starts, in the workers too, for the test puts it on PYTHONPATH.
NOTE_TAKER = """\
import json, os
import PIL.Image

def note(what, fp):
    fp = getattr(fp, "name", fp)
    if isinstance(fp, (str, os.PathLike)):
        with open(os.environ["IMAGE_NOTES"], "a") as file:
            file.write(json.dumps({"what": what, "pid": os.getpid(), "path": str(fp)}) + "\\n")

def open_(fp, *args, _original=PIL.Image.open, **options):
    note("opened", fp)
    return _original(fp, *args, **options)

def save(image, fp, *args, _original=PIL.Image.Image.save, **options):
    note("encoded", fp)
    return _original(image, fp, *args, **options)

PIL.Image.open = open_
PIL.Image.Image.save = save
"""


@pytest.mark.models
def test_re_edit_pictures_of_two_workers_are_those_of_one_model(tmp_path: Path) -> None:
    ids = write_re_edit_file(tmp_path / "RE-Edit.json")
    run_dir = _run(tmp_path, _config(tmp_path))
    _check_results(run_dir, ids)
    _check_loads(run_dir)
    _check_images_travel_by_path(run_dir, tmp_path / "notes")

    rows = json_lines(run_dir / "results.jsonl")
    images = {row["id"]: row["image"] for row in rows if row["stage"] == "edit"}
    edited = [pixels(run_dir / images[name]) for name in ids]
    assert edited == edit_here(tmp_path / "RE-Edit.json", ids, seed=SEED, **SMALL)
    assert len(set(edited)) == len(pictures(run_dir)) == len(ids)


def _config(folder: Path) -> dict[str, Any]:
    return {
        "dataset": {"type": "re-edit", "path": str(folder / "RE-Edit.json")},
        "edit": {
            "type": "miniature-qwen-edit",
            **SMALL,
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2, "pass_env": NOTES},
        },
        "reward": {
            "type": "qwen3-vl",
            "model": str(checkpoint("qwen3-vl")),
            "rubric": "re-edit",
            "score_by": "logprobs",
            "batch_size": 4,
            "max_pixels": 64 * 64,
            "workers": {"devices": ["cpu"], "pass_env": NOTES},
        },
        "seed": SEED,
        "reporters": {"events": {}},
    }


def _run(folder: Path, config: dict[str, Any]) -> Path:
    """Run a config, which may be written as JSON because YAML holds it; return the directory."""
    (folder / "run.yaml").write_text(json.dumps(config), encoding="utf-8")
    note_taker = folder / "note-taker"
    note_taker.mkdir()
    (note_taker / "sitecustomize.py").write_text(NOTE_TAKER, encoding="utf-8")
    done = editgauge(
        *("run", "run.yaml", "--run-dir", "run", "--progress", "plain"),
        folder=folder,
        PYTHONPATH=str(note_taker),
        IMAGE_NOTES=str(folder / "notes"),
    )
    assert done.returncode == 0, done.stderr.decode()
    return folder / "run"


def _events(run_dir: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in json_lines(run_dir / "events.jsonl") if event.get("kind") == kind]


def _check_results(run_dir: Path, ids: list[str]) -> None:
    rows = json_lines(run_dir / "results.jsonl")
    edits = sorted((row for row in rows if row["stage"] == "edit"), key=lambda row: row["index"])
    scores = sorted((row for row in rows if row["stage"] == "score"), key=lambda row: row["index"])
    assert [row["id"] for row in edits] == [row["id"] for row in scores] == ids
    assert [row["category"] for row in edits] == CATEGORIES * 2
    # Each subset has a rubric of its own.
    assert {row["rubric"] for row in scores} == {f"re-edit-{name}" for name in CATEGORIES}
    assert {(row["outcome"], row["score_by"]) for row in scores} == {("ok", "logprobs")}
    summary = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))["summary"]
    assert [entry["category"] for entry in summary["categories"]] == CATEGORIES
    assert [entry["figures"]["scored"] for entry in summary["categories"]] == [2] * 5


def _check_loads(run_dir: Path) -> None:
    """Five categories, and each worker loads its model once."""
    (plan,) = (event for event in _events(run_dir, "StageStarted") if event["stage"] == "edit")
    assert plan["workers"] == 2
    workers = ["edit-0", "edit-1", "score-0"]
    assert sorted(event["worker"] for event in _events(run_dir, "WorkerStarted")) == workers
    assert sorted(event["worker"] for event in _events(run_dir, "WorkerReady")) == workers
    # Otherwise it would be no comparison of two workers with one model.
    assert {event["worker"] for event in _events(run_dir, "StepFinished")} == {"edit-0", "edit-1"}


def _check_images_travel_by_path(run_dir: Path, notes: Path) -> None:
    pids = {event["pid"]: event["worker"] for event in _events(run_dir, "WorkerStarted")}
    seen = Counter(
        (note["what"], pids.get(note["pid"], "parent").partition("-")[0], _name(note["path"]))
        for note in json_lines(notes)
        if Path(note["path"]).is_relative_to(run_dir / "images")
    )
    assert seen == {
        (what, stage, name): 1
        for name in pictures(run_dir)
        for what, stage in (("encoded", "edit"), ("opened", "score"))
    }


def _name(path: str) -> str:
    """Return the name of an image, also while it is written: `.NAME.PID.tmp`."""
    name = Path(path).name
    return name[1:].rsplit(".", 2)[0] if name.startswith(".") else name
