"""`editgauge run` on a file in the format of RE-Edit, with the miniature checkpoints."""

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from editgauge.plugins.miniature.checkpoints import checkpoint
from tests.end_to_end.commands import editgauge, json_lines, pictures
from tests.end_to_end.re_edit_file import write_re_edit_file

CATEGORIES = ["physical", "environmental", "cultural", "causal", "referential"]

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
def test_re_edit_pictures_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    ids = write_re_edit_file(tmp_path / "RE-Edit.json")
    config = _config(tmp_path)
    two = _run(tmp_path, "two", config)
    _check_results(two, ids)
    _check_loads(two)
    _check_images_travel_by_path(two, tmp_path / "two.notes")

    one_config = copy.deepcopy(config)
    one_config["edit"]["workers"]["devices"] = ["cpu"]
    del one_config["reward"]
    one = _run(tmp_path, "one", one_config)
    assert len(pictures(one)) == len(ids)
    assert len(set(pictures(one).values())) == len(ids)
    assert pictures(two) == pictures(one)


def _config(folder: Path) -> dict[str, Any]:
    return {
        "dataset": {"type": "re-edit", "path": str(folder / "RE-Edit.json")},
        "edit": {
            "type": "miniature-qwen-edit",
            "steps": 2,
            "pixels": 128 * 128,
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
        "reporters": {"events": {}},
    }


def _run(folder: Path, name: str, config: dict[str, Any]) -> Path:
    """Run a config, which may be written as JSON because YAML holds it; return the directory."""
    (folder / f"{name}.yaml").write_text(json.dumps(config), encoding="utf-8")
    notes = folder / "note-taker"
    notes.mkdir(exist_ok=True)
    (notes / "sitecustomize.py").write_text(NOTE_TAKER, encoding="utf-8")
    done = editgauge(
        *("run", f"{name}.yaml", "--run-dir", name, "--progress", "plain"),
        folder=folder,
        PYTHONPATH=str(notes),
        IMAGE_NOTES=str(folder / f"{name}.notes"),
    )
    assert done.returncode == 0, done.stderr.decode()
    return folder / name


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
    # Otherwise it would be no comparison of two workers with one.
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
