"""`editgauge.run(...)` from Python, with models of an installed plugin."""

from pathlib import Path
from typing import assert_type

import pytest

import editgauge
from editgauge.core.hooks.events import SampleEvent, SampleFinished
from editgauge.core.run.result import SampleResult
from tests.end_to_end.commands import json_lines
from tests.support.runs import Recorder, make_dataset, run_config


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the models of `tests.support` known as pip would: by an entry point."""
    info = tmp_path / "site" / "outsider-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outsider\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[editgauge]\noutsider = tests.support.plugin\n")
    monkeypatch.syspath_prepend(info.parent)


class Releaser:
    """Lets the sample go on that waits for a file, as soon as another one is edited."""

    def __init__(self, go: Path) -> None:
        self._go = go
        self._released = False

    @editgauge.hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        if isinstance(event, SampleFinished) and not self._released:
            self._released = True
            self._go.touch()


@pytest.mark.usefixtures("installed")
def test_a_run_from_python_gives_a_typed_result_in_row_order(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", 6, categories=("red", "blue"))
    # The first sample waits until another one is done.
    config = run_config(tmp_path, edit={"misbehave": {"s0": "hold:s0"}})
    recorder = Recorder()
    result = editgauge.run(config, reporters=[recorder, Releaser(tmp_path / "s0.go")])

    assert_type(result, editgauge.RunResult)
    assert isinstance(result, editgauge.RunResult)
    assert (result.status, result.exit_code, result.samples) == ("finished", 0, 6)
    assert result.figures is not None
    assert (result.figures.samples, result.figures.scored) == (6, 6)
    assert [entry.category for entry in result.categories] == ["red", "blue"]
    assert not result.reporter_failures
    assert not result.undelivered

    rows = json_lines(result.run_dir / "results.jsonl")
    assert rows[0]["index"] != 0
    samples = list(result.results())
    assert all(isinstance(sample, SampleResult) for sample in samples)
    assert [(sample.id, sample.index) for sample in samples] == [(f"s{n}", n) for n in range(6)]
    # The judge counts the red of each picture, which is the seed: 42 + row.
    scores = [sample.score.score for sample in samples if sample.score is not None]
    assert scores == [float((42 + row) % 11) for row in range(6)]
    edits = [sample.edit for sample in samples if sample.edit is not None]
    assert [edit.seed for edit in edits] == [42 + row for row in range(6)]
    assert all((result.run_dir / (edit.image or "")).is_file() for edit in edits)

    (started,) = recorder.of(editgauge.events.RunStarted)
    assert started.run_dir == str(result.run_dir)
    (finished,) = recorder.of(editgauge.events.RunFinished)
    assert finished.figures == result.figures
    assert len(recorder.of(editgauge.events.StepFinished)) == 6 * 4
