"""Runs in processes of their own that are killed again and again, and what must hold after each."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from editgauge.core.hooks.recording import read_recording
from editgauge.core.run.result import sample_results
from editgauge.core.run.store import read_results
from tests.support.processes import is_alive, wait_until
from tests.support.runs import make_dataset, run_config

ROOT = Path(__file__).parents[2]
SAMPLES = 6
PATIENCE = 120.0
_POLL_SECONDS = 0.002
_NOT_COMPARED = ("seconds", "attempt", "worker")

Row = dict[str, Any]
Results = dict[tuple[str, int], Row]


def seed() -> int:
    """Return the seed of everything random: that of EDITGAUGE_CHAOS_SEED, or a new one."""
    given = os.environ.get("EDITGAUGE_CHAOS_SEED")
    return int(given) if given else random.SystemRandom().randrange(10**9)


def luck_of(number: int) -> random.Random:
    """Return the chance of one test, and print what repeats it (pytest shows it on failure)."""
    chosen = seed()
    print(f"EDITGAUGE_CHAOS_SEED={chosen}")  # noqa: T201 - see above
    return random.Random(f"{chosen} {number}")  # noqa: S311 - kills are no secrets


def kills_of_tests(share: int = 1) -> list[int]:
    """Return how many kills each of several tests makes: EDITGAUGE_CHAOS in all, else a few.

    Args:
        share: that number, or 6, is divided by this.
    """
    wanted = -(-int(os.environ.get("EDITGAUGE_CHAOS", "6")) // share)
    of_one = 10 if wanted >= 20 else 3
    return [min(of_one, wanted - start) for start in range(0, wanted, of_one)]


def chaos_config(folder: Path, dataset: Path, **changes: Any) -> dict[str, Any]:
    """Return the config of a run that no number of lost workers ends."""
    workers = {"max_restarts": 10_000}
    return run_config(
        folder,
        dataset={"type": "jsonl", "path": str(dataset)},
        edit={
            "type": "sleeping",
            "step_seconds": 0.02,
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2, **workers},
        },
        reward={
            "type": "counting",
            "batch_size": 3,
            "seconds": 0.03,
            "workers": {"devices": ["cpu"], **workers},
        },
        reporters={"events": {}},
        max_lost_workers=10_000,
        **changes,
    )


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """A run that nobody disturbed: what others must come to, and how long they take."""

    dataset: Path
    seconds: float
    events: int
    results: Results
    images: dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Kill:
    """When a parent is killed: after seconds, or after events of this start, or never."""

    seconds: float | None = None
    events: int | None = None


@dataclass
class Disturbed:
    """A run directory, over all the processes that work on it."""

    folder: Path
    config: dict[str, Any]
    lines: list[bytes] = field(default_factory=list)
    """The rows that were there after the last kill."""
    retry_failed: bool = False
    """Whether failed samples are done again when the run is gone on with."""
    phases: list[str] = field(default_factory=list)
    """The phase of each kill."""

    @cached_property
    def config_path(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config), encoding="utf-8")
        return path

    @property
    def run_dir(self) -> Path | None:
        """The run directory that can be gone on with, if there is one."""
        manifests = list((self.folder / "runs").glob("2*/run.json"))
        assert len(manifests) <= 1
        return manifests[0].parent if manifests else None

    @property
    def recording(self) -> Path | None:
        path = self.run_dir and self.run_dir / "events.jsonl"
        return path if path and path.exists() else None

    def start(self) -> subprocess.Popen[str]:
        """Start a process that begins the run, or goes on with it."""
        resume = [str(self.run_dir)] if self.run_dir is not None else []
        if resume and self.retry_failed:
            resume.append("--retry-failed")
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.run_main", str(self.config_path), *resume],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_until(self, kill: Kill, *, may_fail: bool = False) -> int:
        """Go on with the run until it is killed or ends; return the process's exit code.

        Args:
            kill: when it is killed.
            may_fail: whether exit code 100 is right, too.
        """
        former = self.recorded()
        process, started = self.start(), time.monotonic()
        while process.poll() is None and not self._is_time(kill, started, former):
            time.sleep(_POLL_SECONDS)
        process.kill()
        _, stderr = process.communicate(timeout=PATIENCE)
        if process.returncode == -signal.SIGKILL:
            self.note_phase(former)
            assert wait_until(lambda: not self.processes(), 10), self.processes()
        self.check_what_is_there()
        if process.returncode not in (0, -signal.SIGKILL, *([100] if may_fail else [])):
            raise AssertionError(f"exit code {process.returncode}: {stderr}")
        return process.returncode

    def _is_time(self, kill: Kill, started: float, former: int) -> bool:
        if kill.seconds is not None:
            return time.monotonic() - started >= kill.seconds
        return kill.events is not None and self.recorded() - former >= kill.events

    def recorded(self) -> int:
        """Return the number of lines of the recording."""
        return self.recording.read_bytes().count(b"\n") if self.recording is not None else 0

    def note_phase(self, former: int = 0) -> None:
        """Note what a process is at, of whose recording `former` lines are of earlier ones."""
        self.phases.append(self._phase(former))

    def _phase(self, former: int) -> str:
        phase = "start of a resume" if former else "start"
        if self.recording is None:
            return phase
        for line in self.recording.read_bytes().split(b"\n")[former:-1]:
            event = json.loads(line)
            phase = _PHASE_AFTER.get(
                (event["kind"], event.get("phase") or event.get("stage")), phase
            )
            phase = _PHASE_AFTER.get((event["kind"], None), phase)
        return phase

    def processes(self) -> list[int]:
        """Return the living processes of this run's workers: its path is in their environment."""
        wanted, found = str(self.folder).encode(), []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                if wanted in environment and is_alive(int(entry.name)):
                    found.append(int(entry.name))
        return found

    def check_what_is_there(self) -> None:
        """Check that all that was written can be read, and that no row was lost since."""
        if self.run_dir is None:
            return
        results = self.run_dir / "results.jsonl"
        lines = _whole_lines(results)
        kept = [line for line in self.lines if line in lines]
        assert lines[: len(kept)] == kept
        # Only what was done again may be gone, and it is gone to where such rows go.
        gone = set(self.lines) - set(lines)
        assert gone <= set(_whole_lines(self.run_dir / "superseded.jsonl"))
        assert not any(json.loads(line)["outcome"] == "ok" for line in gone)
        self.lines = lines
        for line in lines:
            json.loads(line)
        if results.exists():
            assert len(list(read_results(self.run_dir))) == len(lines)
            list(sample_results(self.run_dir))
        if self.recording is not None and self.recorded():
            list(read_recording(self.recording))

    def results(self) -> Results:
        """Return the final results: the last row of each sample and stage."""
        return {(row["stage"], row["index"]): _compared(row) for row in map(json.loads, self.lines)}

    def images(self) -> dict[str, bytes]:
        """Return the edited images."""
        assert self.run_dir is not None
        return {path.name: path.read_bytes() for path in (self.run_dir / "images").iterdir()}

    def check_equals(self, undisturbed: Undisturbed) -> None:
        """Check that no sample was lost, and that everything came out as it does undisturbed."""
        assert self.results() == undisturbed.results
        assert self.images() == undisturbed.images
        assert self.run_dir is not None
        manifest = json.loads((self.run_dir / "run.json").read_text(encoding="utf-8"))
        assert manifest["status"] == "finished"
        assert manifest["summary"]["figures"]["scored"] == SAMPLES
        assert not self.processes()

    def check_no_row_is_double(self) -> None:
        """Check that each sample left each stage once."""
        assert len(self.lines) == len(self.results())


_PHASE_AFTER = {
    ("RunStarted", None): "opening",
    ("PhaseStarted", "dataset"): "dataset",
    ("PhaseStarted", "preflight"): "preflight",
    ("StageStarted", "edit"): "editors load",
    ("SampleStarted", "edit"): "editing",
    ("StageFinished", "edit"): "between stages",
    ("StageStarted", "score"): "judges load",
    ("SampleStarted", "score"): "scoring",
    ("StageFinished", "score"): "end",
    ("RunFinished", None): "end",
}


def _whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def _compared(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _NOT_COMPARED}


def undisturbed_run(folder: Path) -> Undisturbed:
    """Run once, in peace, and measure."""
    dataset = make_dataset(folder / "data", SAMPLES, categories=("red", "blue"))
    run = Disturbed(folder / "undisturbed", chaos_config(folder / "undisturbed", dataset))
    started = time.monotonic()
    assert run.run_until(Kill()) == 0
    run.check_no_row_is_double()
    assert len(run.lines) == 2 * SAMPLES
    return Undisturbed(
        dataset=dataset,
        seconds=time.monotonic() - started,
        events=run.recorded(),
        results=run.results(),
        images=run.images(),
    )
