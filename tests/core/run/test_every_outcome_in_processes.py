"""Every sample ends in exactly one outcome, with real workers that die, hang and stop.

What the state machine of `test_every_outcome.py` plays, a few times for real: each sample has a
script of faults for each stage, one fault for each attempt, and its outcome in every start of the
run can be told from the scripts alone.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.result import RunResult
from tests.support.runs import make_dataset, run, run_config

REQUEST_SECONDS = 2.0
"""Long for what these models do, short enough to wait for a few times."""
OUTCOME = {"exit": "crashed", "kill": "crashed", "hang": "timeout", "stop": "timeout"}
SLOW = {"hang", "stop"}

Script = list[str]


def _scripts(samples: int, length: int, slow: int) -> st.SearchStrategy[list[Script]]:
    """Return scripts of some samples, with few faults that have to be waited for."""
    faults = st.sampled_from(["raise", "exit", "kill", "hang", "stop"])
    scripts = st.lists(st.lists(faults, max_size=length), min_size=samples, max_size=samples)
    return scripts.filter(lambda found: sum(do in SLOW for one in found for do in one) <= slow)


@dataclass
class Expected:
    """How one sample does, start by start."""

    scripts: dict[str, Script]
    outcomes: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Work out the outcomes after one more start; what is `ok` stays."""
        for stage in ("edit", "score"):
            if self.outcomes.get(stage) == "ok":
                continue
            if stage == "score" and self.outcomes["edit"] != "ok":
                self.outcomes[stage] = "not_edited"
            else:
                self.outcomes[stage] = self._attempts(self.scripts[stage])

    @staticmethod
    def _attempts(script: Script) -> str:
        lost = 0
        while script and lost < 2:
            fault = script.pop(0)
            if fault == "raise":
                return "failed"
            lost += 1
        return OUTCOME[fault] if lost == 2 else "ok"


def _config(folder: Path, edits: Sequence[Script], scores: Sequence[Script]) -> dict[str, Any]:
    make_dataset(folder / "data", len(edits))
    config = run_config(folder)
    workers = {
        "devices": ["cpu"] * 2,
        "parallel_loads": 2,
        "request_timeout": REQUEST_SECONDS,
        "restart_pause": 0.0,
        "max_restarts": 100,
    }
    for section, scripts in (("edit", edits), ("reward", scores)):
        faults = [
            {"do": do, "sample": f"s{number}"}
            for number, script in enumerate(scripts)
            for do in script
        ]
        config[section] = {"type": "faults", "workers": workers, "faults": faults}
    return config


def _outcomes(result: RunResult) -> list[dict[str, str]]:
    """Return the outcomes by sample and stage, and check that there is one row of each."""
    lines = (result.run_dir / "results.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["id"], {})[row["stage"]] = row["outcome"]
    assert len(rows) == 2 * len(found) == 2 * result.samples
    return [found[sample] for sample in sorted(found)]


@settings(max_examples=2)
@example(
    [["kill"], ["raise"], ["exit", "kill", "raise"], ["stop", "exit"]],
    [["exit"], ["raise"], ["kill", "hang"], []],
)
@given(_scripts(4, 2, 2), _scripts(4, 2, 1))
def test_outcomes_follow_from_what_workers_did(edits: list[Script], scores: list[Script]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = _config(Path(folder), edits, scores)
        samples = [
            Expected({"edit": list(edit), "score": list(score)})
            for edit, score in zip(edits, scores, strict=True)
        ]
        resume = None
        for _ in range(1 + 4 * len(samples)):
            for sample in samples:
                sample.start()
            result, _, _ = run(config, resume=resume, retry_failed=resume is not None)
            assert result.status is RunStatus.FINISHED
            assert _outcomes(result) == [sample.outcomes for sample in samples]
            if all(set(sample.outcomes.values()) == {"ok"} for sample in samples):
                break
            assert result.exit_code == ExitCode.TOO_MANY_FAILURES
            resume = "latest"
        assert result.exit_code == ExitCode.OK


@settings(max_examples=1)
@example([["kill"], ["exit"], ["kill", "stop"], []])
@given(_scripts(4, 1, 1))
def test_a_run_that_was_given_up_in_the_middle_goes_on(edits: list[Script]) -> None:
    """Here the run ends with every second lost worker, whatever the other one had in hand."""
    none: list[Script] = [[] for _ in edits]
    with tempfile.TemporaryDirectory() as folder:
        config = _config(Path(folder), edits, none) | {"max_lost_workers": 1}
        result, _, _ = run(config)
        starts = 1
        while result.exit_code != 0:
            assert result.exit_code in (ExitCode.WORKERS_LOST, ExitCode.TOO_MANY_FAILURES)
            result, _, _ = run(config, resume="latest", retry_failed=True)
            starts += 1
            # Each start meets at least one fault, or it is the last one.
            assert starts <= 1 + sum(len(script) for script in edits)
        assert _outcomes(result) == [{"edit": "ok", "score": "ok"}] * len(edits)
        undisturbed, _, _ = run(_config(Path(folder) / "undisturbed", none, none))
        assert _essence(result) == _essence(undisturbed)


def _essence(result: RunResult) -> list[Any]:
    return [
        (item.id, item.edit and item.edit.image_sha256, item.score and item.score.score)
        for item in result.results()
    ]
