import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.training import check
from editgauge.plugins.miniature.training.check import Figure, main
from editgauge.plugins.miniature.training.editor_check import EditorFigures
from editgauge.plugins.miniature.training.judge_check import JudgeFigures

pytestmark = pytest.mark.models

FOLDERS = {"editor": "qwen-image-edit", "judge": "qwen3-vl"}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Return a folder that looks as if both models had been trained."""
    for name in FOLDERS.values():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").touch()
    return tmp_path


def measure(monkeypatch: pytest.MonkeyPatch, *, editor: float, judge: float) -> list[Path]:
    """Let the measures give one figure each; return the folders that they are called with."""
    folders = []

    def give(name: str, value: float) -> None:
        def measured(folder: Path, **_options: int) -> Iterator[Figure]:
            folders.append(folder)
            yield Figure(f"figure of the {name}", value, 0.5)

        monkeypatch.setattr(check, f"measure_{name}", measured)

    give("editor", editor)
    give("judge", judge)
    return folders


@pytest.mark.parametrize(
    ("value", "least", "good"),
    [
        (0.9, 0.85, True),
        (0.85, 0.85, True),
        (0.84, 0.85, False),
        (math.nan, 0.85, False),
        (-3.0, None, True),
    ],
)
def test_figure_is_good_from_its_limit_on(value: float, least: float | None, *, good: bool) -> None:
    figure = Figure("area", value, least)
    assert figure.good == good
    assert ("TOO LITTLE" in str(figure)) != good
    assert str(figure).startswith("area ")
    assert ("at least 0.85" in str(figure)) == (least is not None)


def test_good_models_pass_and_every_figure_is_printed(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = measure(monkeypatch, editor=0.875, judge=0.625)
    assert main(["--weights", str(weights)]) == 0
    assert folders == [weights / name for name in FOLDERS.values()]
    editor, judge, verdict = capsys.readouterr().out.splitlines()
    assert editor.split() == ["figure", "of", "the", "editor", "0.875", "at", "least", "0.5"]
    assert "0.625" in judge
    assert verdict.startswith("good enough, ")


@pytest.mark.parametrize(("editor", "judge"), [(0.4, 0.9), (0.9, 0.4), (math.nan, 0.9)])
def test_one_figure_that_is_too_little_fails_but_the_others_are_printed(
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    editor: float,
    judge: float,
) -> None:
    measure(monkeypatch, editor=editor, judge=judge)
    assert main(["--weights", str(weights)]) == 1
    printed = capsys.readouterr().out
    assert printed.count("figure of the") == 2
    assert printed.count("TOO LITTLE") == 1
    assert printed.splitlines()[-1].startswith("not good enough, ")


@pytest.mark.parametrize("name", FOLDERS)
def test_one_model_can_be_measured_alone(
    weights: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folders = measure(monkeypatch, editor=0.9, judge=0.9)
    assert main(["--weights", str(weights), "--only", name]) == 0
    assert folders == [weights / FOLDERS[name]]


@pytest.mark.parametrize("name", FOLDERS)
def test_missing_model_is_said_before_anything_is_measured(
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    folders = measure(monkeypatch, editor=0.9, judge=0.9)
    (weights / FOLDERS[name] / "model.safetensors").unlink()
    with pytest.raises(SystemExit) as stopped:
        main(["--weights", str(weights)])
    assert stopped.value.code == 2
    assert folders == []
    said = capsys.readouterr().err
    assert f"no trained {name} in {weights / FOLDERS[name]}" in said
    assert "make miniature" in said


def test_editor_is_held_to_every_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figures = EditorFigures(nearest={"fog": 1.0, "flip": 0.5}, lead=0.2, left=0.3, edits=2)
    monkeypatch.setattr(check, "check_autoencoder", lambda folder: 30.0 * (folder.name == "vae"))
    unguided = EditorFigures(nearest={"fog": 0.5, "flip": 0.0}, lead=-0.1, left=0.6, edits=2)
    unsaid = EditorFigures(nearest={"remove": 0.4}, lead=-0.1, left=0.6, edits=1)

    def check_editor(
        _folder: Path, *, scale: float | None = None, sides: float = 1.0, **_options: Any
    ) -> EditorFigures:
        if sides == 0:
            return unsaid
        return unguided if scale == 1.0 else figures

    monkeypatch.setattr(check, "check_editor", check_editor)
    measured = list(check.measure_editor(tmp_path, of_each=1))
    before, kinds, after = [30.0, 0.25, -0.1, 0.6], [1.0, 0.5], [0.75, 0.2, 0.3, 0.4]
    assert [figure.value for figure in measured] == [*before, *kinds, *after]
    assert [figure.good for figure in measured] == [True] * 5 + [False] * 2 + [True] * 3


def test_judge_is_measured_by_text_and_by_odds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    figures = JudgeFigures(wrong=0.99, untouched=0.9, spearman=0.7, readable=1.0, pairs=4)
    monkeypatch.setattr(check, "check_judge", lambda *_arguments, **_options: figures)
    measured = list(check.measure_judge(tmp_path, sources=1))
    assert [figure.good for figure in measured] == 2 * [True, False, False, True]
    assert {figure.name.split(":")[0] for figure in measured} == {"judge, text", "judge, logprobs"}
