"""What a reporter costs a run that sleeps, blocks, computes, raises or cannot write.

    python -m benchmarks.blocking_sinks [--turns N]

Runs without it and with it take turns, in a changing order. The README of this folder says more.
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
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

AIM = 1.02
DRAIN_SECONDS = 0.2
_WORKERS = 2
_HEADS = f"{'median':>8} {'least':>8} {'greatest':>8} {'whole run':>10} {'missed':>8}"

QUIET = "quiet"
BAD: dict[str, dict[str, dict[str, Any]]] = {
    "sleeps 1 s per event": {"bad": {"does": "sleep"}},
    "blocks for ever": {"bad": {"does": "block"}},
    "computes 1 s per event": {"bad": {"does": "compute"}},
    "raises": {"bad": {"does": "raise"}},
    "full disk": {"file": {"path": "/dev/full", "steps": True}},
    "broken pipe": {"bad": {"does": "broken_pipe"}},
}
"""The reporters of each run."""

Turn = dict[str, Measured]


def one_run(
    folder: Path,
    dataset: Path,
    reporters: dict[str, dict[str, Any]],
    *,
    samples: int,
    steps: int,
    step_seconds: float,
) -> Measured:
    """Run the sleeping model with these reporters.

    Raises:
        BenchmarkError: the run did not end well, or a bad reporter was not told of at its end.
    """
    folder.mkdir()
    config: dict[str, Any] = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {
            "type": "timed",
            "steps": steps,
            "step_seconds": step_seconds,
            "meeting": meeting_place(folder),
            "workers_to_meet": _WORKERS,
            "workers": {"devices": ["cpu"] * _WORKERS, "parallel_loads": _WORKERS},
        },
        "drain_timeout": DRAIN_SECONDS,
    }
    measured = measure(folder, config, reporters=reporters, may_be_muted=True)
    if measured.stages["edit"].ok != samples:
        raise BenchmarkError(f"expected {samples} edits, got {measured.stages['edit'].ok}")
    told = bool(measured.muted) or measured.undelivered > 0
    if told is not bool(reporters):
        raise BenchmarkError(f"with {reporters}, the end says {measured.muted}, or nothing")
    return measured


def take_turns(
    folder: Path, *, turns: int, samples: int, steps: int, step_seconds: float
) -> list[Turn]:
    """Measure every kind so many times, interleaved, in an order that rotates."""
    dataset = make_dataset(folder / "data", samples)
    kinds: dict[str, dict[str, dict[str, Any]]] = {QUIET: {}} | BAD
    found = []
    for number in range(turns):
        first = number % len(kinds)
        turn: Turn = {}
        for place, kind in enumerate([*kinds][first:] + [*kinds][:first]):
            say(f"turn {number + 1} of {turns}: {kind}")
            turn[kind] = one_run(
                folder / f"{number}-{place}",
                dataset,
                kinds[kind],
                samples=samples,
                steps=steps,
                step_seconds=step_seconds,
            )
        found.append(turn)
    return found


def _work(measured: Measured) -> float:
    """Return seconds from the first ready worker to the last row on disk."""
    marks = measured.stages["edit"]
    return marks.last_finished - marks.first_ready


def report(turns: Sequence[Turn], what: str) -> str:
    """Return the ratios as a small table."""
    lines = [
        f"{len(turns)} turns; {what}; {load_average()}",
        "",
        f"{f'run time with / without, aim {AIM}':<36} {_HEADS}",
    ]
    for kind in BAD:
        ratios = [_work(turn[kind]) / _work(turn[QUIET]) for turn in turns]
        whole = statistics.median(
            turn[kind].run_seconds / turn[QUIET].run_seconds for turn in turns
        )
        missed = turns[0][kind].undelivered
        told = "muted" if turns[0][kind].muted else f"{missed:,}"
        lines.append(
            f"{kind:<36} {statistics.median(ratios):>8.4f} {min(ratios):>8.4f} "
            f"{max(ratios):>8.4f} {whole:>10.4f} {told:>8}"
        )
    works = [_work(turn[QUIET]) for turn in turns]
    middle, spread = statistics.median(works), max(works) / min(works)
    end = f"median seconds without: {middle:.3f}, the longest {spread:.4f} of the shortest"
    return "\n".join([*lines, "", end])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.blocking_sinks",
        description="Runs with a bad reporter against the same runs without.",
    )
    parser.add_argument("--turns", type=int, default=5, help="turns to take (default 5)")
    parser.add_argument("--samples", type=int, default=6, help="samples of a run (default 6)")
    parser.add_argument("--steps", type=int, default=40, help="steps of a sample (default 40)")
    parser.add_argument("--step-ms", type=float, default=50.0, help="sleep of a step (default 50)")
    options = parser.parse_args(arguments)
    if options.turns < 1 or options.samples < _WORKERS or options.steps < 1:
        parser.error(f"give at least 1 turn, 1 step and {_WORKERS} samples")
    with tempfile.TemporaryDirectory(prefix="editgauge-blocking-") as folder:
        turns = take_turns(
            Path(folder),
            turns=options.turns,
            samples=options.samples,
            steps=options.steps,
            step_seconds=options.step_ms / 1000,
        )
    what = (
        f"{_WORKERS} workers, {options.samples} samples of {options.steps} steps of "
        f"{options.step_ms:g} ms"
    )
    print(report(turns, what))


if __name__ == "__main__":
    main()
