"""Every signal in every phase of a run: nothing is left behind, and the run can be gone on with.

All of them with EDITGAUGE_CHAOS, else two signals in each phase.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import descendants, is_alive, wait_until
from tests.support.runs import make_dataset, run, run_config

ROOT = Path(__file__).parents[3]
SAMPLES = 3
PATIENCE = 60.0
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SIGNALS = (*EXIT_CODES, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Where a run stalls.

    `reached` is the file that says so; `finished`, whether every sample is done by then;
    `impatient`, whether a second signal is to end what the first one waits for.
    """

    reached: str
    changes: dict[str, Any]
    finished: bool = False
    impatient: bool = False


PHASES = {
    "the dataset is read": Phase(reached="dataset", changes={"dataset": {"type": "stalling"}}),
    "environments are tried": Phase(
        reached="check", changes={"edit": {"misbehave": {"check": "orphan then stall:check"}}}
    ),
    "editors load": Phase(
        reached="load", changes={"edit": {"misbehave": {"load": "orphan then stall:load"}}}
    ),
    "images are edited": Phase(
        reached="edit", changes={"edit": {"misbehave": {"s1": "orphan then stall:edit"}}}
    ),
    "editors end": Phase(
        reached="close",
        changes={"edit": {"misbehave": {"close": "orphan then stall:close"}}},
        impatient=True,
    ),
    "judges load": Phase(
        reached="judge", changes={"reward": {"misbehave": {"load": "orphan then stall:judge"}}}
    ),
    "edits are scored": Phase(
        reached="score", changes={"reward": {"misbehave": {"s2": "orphan then stall:score"}}}
    ),
    "reporters catch up": Phase(
        reached="reporter",
        changes={"reporters": {"stalling": {"at": "RunFinished"}}},
        finished=True,
    ),
}


def _cases() -> Iterator[tuple[str, signal.Signals]]:
    everything = "EDITGAUGE_CHAOS" in os.environ
    for number, phase in enumerate(PHASES):
        for other, sent in enumerate(SIGNALS):
            if everything or sent is signal.SIGKILL or other == number % 3:
                yield phase, sent


class Running:
    """A run in a process of its own that stalls in a phase."""

    def __init__(self, folder: Path, phase: Phase) -> None:
        self.folder = folder
        make_dataset(folder / "data", SAMPLES)
        self.config = run_config(folder, drain_timeout=600, **phase.changes)
        for section in (self.config["dataset"], *self.config.get("reporters", {}).values()):
            if section.get("type") == "stalling" or "at" in section:
                section["folder"] = str(folder)
        self.config["edit"]["folder"] = self.config["reward"]["folder"] = str(folder)
        path = folder / "config.json"
        path.write_text(json.dumps(self.config))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.run_main", str(path)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, phase: Phase) -> None:
        reached = self.folder / f"{phase.reached}.reached"
        assert wait_until(reached.exists, PATIENCE)

    @property
    def run_dir(self) -> Path:
        (run_dir,) = [path for path in (self.folder / "runs").iterdir() if not path.is_symlink()]
        return run_dir

    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.run_dir / "run.json").read_text())
        return manifest


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    running = Running(tmp_path, PHASES[request.getfixturevalue("phase")])
    yield running
    running.process.kill()
    running.process.communicate()


@pytest.mark.parametrize(("phase", "sent"), list(_cases()))
def test_a_signal_leaves_nothing_behind_but_a_run_to_go_on_with(
    started: Running, phase: str, sent: signal.Signals
) -> None:
    where = PHASES[phase]
    started.wait_for(where)
    below = set(descendants(started.process.pid))
    orphan = started.folder / "orphan.pid"
    if orphan.exists():
        below.add(int(orphan.read_text()))
    started.process.send_signal(sent)
    if where.impatient and sent is not signal.SIGKILL:
        # The first one asks the workers to end, and this one does not; the second one hurries.
        assert wait_until(lambda: _is_handled(started.process.pid, sent), PATIENCE)
        started.process.send_signal(sent)
    _, stderr = started.process.communicate(timeout=PATIENCE)
    assert wait_until(lambda: not any(is_alive(pid) for pid in below), 10)
    _check_end(started, where, sent, stderr)
    _check_that_it_goes_on(started, where)


def _is_handled(pid: int, sent: signal.Signals) -> bool:
    """Return whether a signal is not pending any more."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    pending = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if "Pnd" in line}
    return not any(int(mask, 16) >> (sent - 1) & 1 for mask in pending.values())


def _check_end(started: Running, where: Phase, sent: signal.Signals, stderr: str) -> None:
    manifest = started.manifest()
    if sent is signal.SIGKILL:
        assert started.process.returncode == -signal.SIGKILL
        assert manifest["status"] == ("finished" if where.finished else "running")
    elif where.finished:
        # Every sample has left every stage: that is how the run ended, whatever came later.
        assert started.process.returncode == 0
        assert manifest["status"] == "finished"
        assert "reporter 'stalling' did not get" in stderr
    else:
        assert started.process.returncode == EXIT_CODES[sent]
        assert manifest["status"] == "interrupted"
        assert manifest["summary"]["exit_code"] == EXIT_CODES[sent]
        assert f"interrupted by {sent.name}" in stderr
        assert f"--resume {started.run_dir}" in stderr


def _check_that_it_goes_on(started: Running, where: Phase) -> None:
    (started.folder / f"{where.reached}.passed").touch()
    result, _, _ = run(started.config, resume=str(started.run_dir))
    assert (result.exit_code, result.reason) == (0, "")
    assert result.run_dir == started.run_dir
    rows = [
        json.loads(line)
        for line in (started.run_dir / "results.jsonl").read_text().split("\n")[:-1]
    ]
    assert sorted((row["stage"], row["index"], row["outcome"]) for row in rows) == [
        (stage, row, "ok") for stage in ("edit", "score") for row in range(SAMPLES)
    ]


@pytest.mark.parametrize("sent", SIGNALS)
def test_a_signal_before_there_is_a_run_directory_leaves_none(
    tmp_path: Path, sent: signal.Signals
) -> None:
    # A config that cannot be read to its end is as early as a test can be sure of.
    fifo = tmp_path / "run.yaml"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "editgauge", "run", str(fifo)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    with fifo.open("w"):
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=PATIENCE)
    # A shell says 128 + N of a process that ended by signal N.
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    assert code == 128 + sent
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == [fifo]
