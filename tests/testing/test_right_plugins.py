"""What comes with editgauge, and the example package, pass every check."""

import base64
import importlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from editgauge.core.conformance.api import checks_of
from editgauge.testing import (
    ConformanceReport,
    check_dataset,
    check_edit_model,
    check_reporter,
    check_reward_model,
    make_samples,
    plugin,
)
from tests.test_docs import ROOT

CPU = {"devices": ["cpu"]}


@pytest.fixture(scope="module")
def my_model() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "examples" / "my_model")
        yield importlib.import_module("my_model")


def test_the_example_edit_model_passes(my_model: ModuleType) -> None:
    config = {"type": "words", "grain": 0.2, "workers": CPU}
    report = check_edit_model(config, plugins=[my_model], instruction="blur, then flip")
    assert report.names("failed") == []
    assert "same-seed" in report.names("passed")


def test_the_example_reward_model_passes(my_model: ModuleType) -> None:
    report = check_reward_model({"type": "change", "workers": CPU}, plugins=[my_model])
    assert report.names("skipped") == []


def test_the_example_reporter_passes(my_model: ModuleType) -> None:
    report = check_reporter({"type": "worst", "number": 2}, plugins=[my_model])
    assert report.names("skipped") == []


def test_the_models_of_the_kit_pass(tmp_path: Path) -> None:
    for config in (
        {"type": "testing-sleeping", "steps": 2},
        {"type": "testing-counting", "path": str(tmp_path / "notes.jsonl")},
    ):
        check_edit_model({**config, "workers": CPU}, plugins=[plugin])
    check_reward_model({"type": "testing-scripted", "workers": CPU}, plugins=[plugin])


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the configurations of all built-in datasets; each has a row that is no sample."""
    lines = make_samples(tmp_path / "lines", 5)
    with lines.open("a", encoding="utf-8") as file:
        file.write("no json\n")
    folder = tmp_path / "folder"
    make_samples(folder, 5)
    for number in range(1, 5):
        (folder / f"s{number}.txt").write_text("Make it brighter.", "utf-8")
    rows = [
        {
            "subset": "physical" if number else "unheard-of",
            "src_img_b64": base64.b64encode((folder / "s0.png").read_bytes()).decode(),
            "edit_instruction_en": "Make it brighter.",
            "original_image_path": f"../{number}.png",
        }
        for number in range(5)
    ]
    (tmp_path / "re-edit.json").write_text(json.dumps(rows), "utf-8")
    return {
        "jsonl": {"type": "jsonl", "path": str(lines)},
        "folder": {"type": "folder", "path": str(folder)},
        "re-edit": {"type": "re-edit", "path": str(tmp_path / "re-edit.json")},
    }


@pytest.mark.parametrize("name", ["jsonl", "folder", "re-edit"])
def test_the_built_in_datasets_pass(name: str, data: dict[str, Mapping[str, Any]]) -> None:
    assert check_dataset(data[name]).names("skipped") == []


SAME_FOR_ALL = ["light-parent", "quiet-import"]
REPORTERS: list[dict[str, Any]] = [
    {"type": "tqdm"},
    {"type": "plain"},
    {"type": "json", "stream": "stdout"},
    {"type": "file", "path": "{run_dir}/logs/{date}.log", "steps": True, "max_bytes": 20_000},
    {"type": "events"},
    {"type": "html"},
    {"type": "junit"},
    {"type": "github", "path": "summary.md", "annotations": True},
    {"type": "tensorboard"},
]


def report_of(tried: str) -> ConformanceReport:
    # `mlflow` needs a server; a slow machine under load gets all the time that it needs.
    config = next(config for config in REPORTERS if config["type"] == tried)
    return check_reporter(config, seconds=120.0, skip=SAME_FOR_ALL)


@pytest.mark.parametrize("tried", [config["type"] for config in REPORTERS])
def test_the_built_in_reporters_pass(
    tried: str, reports: Mapping[str, Future[ConformanceReport]]
) -> None:
    assert reports[tried].result().names("skipped") == SAME_FOR_ALL


def test_the_plugin_of_the_built_in_reporters_is_light_and_quiet() -> None:
    others = [check.name for check in checks_of("reporter") if check.name not in SAME_FOR_ALL]
    assert check_reporter({"type": "plain"}, skip=others).names("passed") == SAME_FOR_ALL


@pytest.mark.models
def test_the_miniature_judge_passes() -> None:
    # What is left out loads it in further processes, ten seconds each, and has nothing of its own.
    skip = ["light-parent", "quiet-import", "stable-fingerprint"]
    config = {"type": "miniature-qwen3-vl", "workers": CPU}
    assert check_reward_model(config, skip=skip).names("skipped") == skip
