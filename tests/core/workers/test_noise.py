"""Workers that print: nothing that anything writes can damage what they say over the channel."""

import json
from pathlib import Path

import pytest

from editgauge.core.hooks.events import StepFinished, WorkerLost
from editgauge.core.outcomes import EditOutcome
from tests.support.runs import make_dataset, run, run_config


@pytest.mark.parametrize("when", ["check", "load", "s1"])
def test_prints_of_python_c_and_grandchildren_change_nothing(when: str, tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", 4)
    edit = {"misbehave": {when: "chatter"}, "steps": 40, "step_seconds": 0.002}
    result, recorder, _ = run(run_config(tmp_path, edit=edit, reward=None))
    assert (result.exit_code, result.reason) == (0, "")
    assert recorder.of(WorkerLost) == []
    # Each of 40 steps of four samples, in order and once.
    steps: dict[int, list[int]] = {}
    for event in recorder.of(StepFinished):
        steps.setdefault(event.index, []).append(event.step)
    assert steps == {index: list(range(1, 41)) for index in range(4)}
    log = "".join(path.read_text() for path in (result.run_dir / "logs").iterdir())
    assert all(line in log for line in ("Python", "a grandchild", "C"))
    rows = (result.run_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(row)["index"] for row in rows) == list(range(4))


def test_a_model_that_closes_the_channel_costs_its_worker_and_no_sample(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", 4)
    edit = {"folder": str(tmp_path), "misbehave": {"s1": "once:close_all"}}
    result, recorder, _ = run(run_config(tmp_path, edit=edit, reward=None))
    assert result.edit_outcomes == {EditOutcome.OK: 4}
    (lost,) = recorder.of(WorkerLost)
    assert lost.samples == ("s1",)
    assert "Bad file descriptor" in "\n".join(lost.stderr)
