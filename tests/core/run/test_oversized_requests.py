"""A sample whose request cannot be sent costs itself, and not the run."""

import json
from pathlib import Path

import pytest

from editgauge.core.outcomes import EditOutcome, ExitCode
from editgauge.core.workers import protocol
from tests.support.runs import make_dataset, run, run_config


def test_a_sample_whose_request_is_too_large_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(tmp_path / "data", samples=4)
    rows = [json.loads(line) for line in dataset.read_text("utf-8").splitlines()]
    rows[1]["instruction"] = "x" * 20_000
    dataset.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    # The worker, a process of its own, keeps the true limit.
    monkeypatch.setattr(protocol, "MAX_FRAME", 10_000)
    workers = {"devices": ["cpu"]}
    result, _, _ = run(run_config(tmp_path, edit={"workers": workers}, reward=None))
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES, result.reason
    outcomes = [sample.edit and sample.edit.outcome for sample in result.results()]
    assert outcomes == [EditOutcome.OK, EditOutcome.CRASHED, EditOutcome.OK, EditOutcome.OK]
    (reason,) = [s.edit.reason for s in result.results() if s.edit and s.edit.reason]
    assert "a request cannot be sent: a 'edit' frame has" in reason
