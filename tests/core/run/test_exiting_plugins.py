"""Code of others that ends the process is no end of a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import RunFinished
from editgauge.core.outcomes import ExitCode
from editgauge.core.run import preparation
from tests.support.runs import run, run_config


class PanicError(BaseException):
    """As extensions that are written in Rust raise it."""


@pytest.mark.parametrize("error", [SystemExit(0), PanicError("lost")], ids=["exit", "panic"])
def test_a_dataset_that_exits_does_not_end_the_run_as_a_success(
    tmp_path: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def select(*_arguments: Any, **_options: Any) -> None:
        raise error

    monkeypatch.setattr(preparation, "select", select)
    result, recorder, _ = run(run_config(tmp_path))
    assert result.exit_code == ExitCode.INTERNAL_ERROR
    assert f"{type(error).__name__}: {error}" in result.reason
    assert [event.status for event in recorder.of(RunFinished)] == ["failed"]
    assert json.loads((result.run_dir / "run.json").read_text("utf-8"))["status"] == "failed"
