"""What the framework costs a step: runs with a sleeping model against a bare loop of the sleeps.

    python -m benchmarks.overhead [--pairs N]

Three things take turns, in a changing order: a bare loop in as many processes as there are
workers, a run without reporters, and a run with all four. The README of this folder says what is
inside of each figure.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.launching import (
    BenchmarkError,
    Measured,
    load_average,
    make_dataset,
    measure,
    meeting_place,
    say,
)

EVENTS_AIM = 1.005
FRAMEWORK_AIM = 1.02

_BARE_LOOP = """
import sys, time
steps, seconds = int(sys.argv[1]), float(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
started = time.monotonic()
for _ in range(steps):
    time.sleep(seconds)
print(started, time.monotonic(), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What is slept: `steps` of `step_seconds` for each of `samples`, shared by `workers`."""

    workers: int
    samples: int
    steps: int
    step_seconds: float

    @property
    def steps_of_worker(self) -> int:
        """Steps of one worker."""
        return self.samples // self.workers * self.steps


@dataclass(frozen=True, slots=True)
class Turn:
    """One bare loop, one run without reporters and one with all."""

    bare: float
    bare_total: float
    none: Measured
    all: Measured


def bare_loop(load: Load) -> tuple[float, float]:
    """Sleep in bare loops, one process per worker.

    Returns:
        Seconds from the first process's first sleep to the last one's last; and from the start of
        the processes to their end.
    """
    started = time.monotonic()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _BARE_LOOP, str(load.steps_of_worker), str(load.step_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(load.workers)
    ]
    for process in processes:
        if process.stdout is not None:
            process.stdout.readline()
    times = []
    for process in processes:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.flush()
    for process in processes:
        out, _ = process.communicate()
        times.append([float(word) for word in out.split()])
    total = time.monotonic() - started
    return max(end for _, end in times) - min(start for start, _ in times), total


def framework_run(folder: Path, dataset: Path, load: Load, *, reporters: bool) -> Measured:
    """Run the sleeping model, with all four reporters writing or with none.

    Raises:
        BenchmarkError: the run did not end well, or a reporter wrote less than it should.
    """
    folder.mkdir()
    config: dict[str, Any] = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {
            "type": "timed",
            "steps": load.steps,
            "step_seconds": load.step_seconds,
            "meeting": meeting_place(folder),
            "workers_to_meet": load.workers,
            "workers": {"devices": ["cpu"] * load.workers, "parallel_loads": load.workers},
        },
    }
    files = {name: folder / f"{name}.txt" for name in ("plain", "json", "file")}
    chosen: dict[str, dict[str, Any]] = {"tqdm": {}} | {
        name: {"path": str(path)} for name, path in files.items()
    }
    # The hardest case: by default this reporter leaves steps out.
    chosen["file"]["steps"] = True
    measured = measure(folder, config, reporters=chosen if reporters else {}, terminal=True)
    _check(measured, load)
    if reporters:
        _check_written(measured, load, files)
    return measured


def _check(measured: Measured, load: Load) -> None:
    done = measured.stages["edit"].ok
    if done != load.samples or measured.undelivered:
        raise BenchmarkError(
            f"expected {load.samples} edits and every event delivered, got {done} edits and "
            f"{measured.undelivered} events that were not"
        )


def _check_written(measured: Measured, load: Load, files: dict[str, Path]) -> None:
    lines = files["json"].read_text(encoding="utf-8").splitlines()
    steps = sum(json.loads(line)["event"] == "StepFinished" for line in lines)
    if steps != load.samples * load.steps:
        raise BenchmarkError(
            f"the json reporter wrote {steps} steps, not {load.samples * load.steps}"
        )
    silent = [name for name, path in files.items() if not path.stat().st_size]
    silent += [] if measured.terminal_bytes else ["tqdm"]
    if silent:
        raise BenchmarkError(f"these reporters wrote nothing: {', '.join(silent)}")


def take_turns(folder: Path, load: Load, turns: int) -> list[Turn]:
    """Measure everything so many times, interleaved, in an order that rotates."""
    dataset = make_dataset(folder / "data", load.samples)
    found = []
    for number in range(turns):
        bare: tuple[float, float] = (0.0, 0.0)
        runs: dict[str, Measured] = {}
        kinds = ("bare", "none", "all")
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            say(f"turn {number + 1} of {turns}: {kind}")
            if kind == "bare":
                bare = bare_loop(load)
            else:
                runs[kind] = framework_run(
                    folder / f"{number}-{kind}", dataset, load, reporters=kind == "all"
                )
        found.append(Turn(*bare, runs["none"], runs["all"]))
        say(f"  so far: {_sentence(found)}")
    return found


def _stage(measured: Measured) -> float:
    """Return seconds from ready workers to the last row on disk."""
    marks = measured.stages["edit"]
    return marks.last_finished - marks.first_ready


def _samples(measured: Measured) -> float:
    """Return seconds from the first sample's start to the last one's end."""
    marks = measured.stages["edit"]
    return marks.last_finished - marks.first_started


def _sentence(turns: Sequence[Turn]) -> str:
    events = statistics.median(_samples(turn.all) / _samples(turn.none) for turn in turns)
    framework = statistics.median(_stage(turn.all) / turn.bare for turn in turns)
    return f"events and reporters {events:.4f}, whole framework {framework:.4f}"


def report(turns: Sequence[Turn], load: Load) -> str:
    """Return the figures as a small table."""
    ratios = (
        (
            f"(a) events and reporters, aim {EVENTS_AIM}",
            [_samples(turn.all) / _samples(turn.none) for turn in turns],
        ),
        (
            f"(b) whole framework, aim {FRAMEWORK_AIM}",
            [_stage(turn.all) / turn.bare for turn in turns],
        ),
        ("    the same without reporters", [_stage(turn.none) / turn.bare for turn in turns]),
        ("(c) start to end of processes", [turn.all.total / turn.bare_total for turn in turns]),
    )
    cpu = statistics.median(turn.all.cpu_seconds - turn.none.cpu_seconds for turn in turns)
    rows = [
        (
            f"{len(turns)} turns; {load.workers} workers, {load.samples} samples of {load.steps} "
            f"steps of {load.step_seconds * 1000:g} ms; {load_average()}"
        ),
        "",
        f"{'ratio':<40} {'median':>8} {'least':>8} {'greatest':>8}",
    ]
    for name, values in ratios:
        middle = statistics.median(values)
        rows.append(f"{name:<40} {middle:>8.4f} {min(values):>8.4f} {max(values):>8.4f}")
    rows += [
        "",
        (
            f"median seconds: bare loop {statistics.median(turn.bare for turn in turns):.3f}, "
            f"without reporters {statistics.median(_stage(turn.none) for turn in turns):.3f}, "
            f"with all {statistics.median(_stage(turn.all) for turn in turns):.3f}"
        ),
        (
            f"before the first step (imports, dataset, preflight, workers): "
            f"{statistics.median(turn.all.total - _stage(turn.all) for turn in turns):.2f} s of "
            f"{statistics.median(turn.all.total for turn in turns):.2f} s, the end included"
        ),
        (
            f"processor time of four reporters, their import included: {cpu:.3f} s "
            f"for {load.samples * load.steps} steps"
        ),
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead",
        description="Runs with a sleeping model against a bare loop of the same sleeps.",
    )
    parser.add_argument("--pairs", type=int, default=10, help="turns to take (default 10)")
    parser.add_argument("--samples", type=int, default=6, help="samples of a run (default 6)")
    parser.add_argument("--steps", type=int, default=40, help="steps of a sample (default 40)")
    parser.add_argument("--step-ms", type=float, default=50.0, help="sleep of a step (default 50)")
    options = parser.parse_args(arguments)
    load = Load(2, options.samples, options.steps, options.step_ms / 1000)
    if options.pairs < 1 or options.samples < 2 or options.samples % 2 or options.steps < 1:
        parser.error("give at least 1 pair and 1 step, and an even number of samples")
    with tempfile.TemporaryDirectory(prefix="editgauge-overhead-") as folder:
        turns = take_turns(Path(folder), load, options.pairs)
    print(report(turns, load))


if __name__ == "__main__":
    main()
