"""How well workers are kept busy: pulling against a static split and against a barrier.

    python -m benchmarks.scheduling [--lists N]

All three are measured with real worker processes that sleep, on the same lists of service times.
"""

import argparse
import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.launching import (
    BenchmarkError,
    load_average,
    make_dataset,
    measure,
    meeting_place,
    say,
)
from benchmarks.policies import STAGES, computed_seconds

WORKERS = 4
VARIATION = 0.3
PULL_AIM = 0.95


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Ideal time through the time taken, measured, and computed as if handing out were free."""

    measured: float
    computed: float


def service_times(samples: int, mean: float, seed: int) -> list[float]:
    """Return gamma-distributed seconds, standard deviation 0.3 of the mean, rounded to 0.1 ms."""
    shape = 1 / VARIATION**2
    numbers = random.Random(seed)  # noqa: S311 - nothing secret
    return [round(numbers.gammavariate(shape, mean / shape), 4) for _ in range(samples)]


def run_policy(folder: Path, dataset: Path, times: list[float], policy: str) -> float:
    """Run the list through real workers; return seconds from first start to last end.

    Raises:
        BenchmarkError: not every sample was edited.
    """
    folder.mkdir()
    config: dict[str, Any] = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {
            "type": "timed",
            "seconds_of_row": times,
            "meeting": meeting_place(folder),
            "workers_to_meet": WORKERS,
            "workers": {"devices": ["cpu"] * WORKERS, "parallel_loads": WORKERS},
        },
    }
    marks = measure(folder, config, reporters={}, policy=policy).stages["edit"]
    if marks.ok != len(times):
        raise BenchmarkError(f"expected {len(times)} edits, got {marks.ok}")
    return marks.last_finished - marks.first_started


def compare(
    folder: Path, *, samples: int, mean: float, lists: int, seed: int
) -> dict[str, list[Efficiency]]:
    """Return the efficiencies of each policy, one for each list of service times."""
    dataset = make_dataset(folder / "data", samples)
    found: dict[str, list[Efficiency]] = {policy: [] for policy in STAGES}
    for number in range(lists):
        times = service_times(samples, mean, seed + number)
        ideal = sum(times) / WORKERS
        for policy in STAGES:
            say(f"list {number + 1} of {lists}: {policy} (ideal {ideal:.1f} s)")
            seconds = run_policy(folder / f"{number}-{policy}", dataset, times, policy)
            efficiency = Efficiency(
                ideal / seconds, ideal / computed_seconds(policy, times, WORKERS)
            )
            found[policy].append(efficiency)
            say(f"  {efficiency.measured:.3f} of ideal")
    return found


def report(found: dict[str, list[Efficiency]], *, samples: int, mean: float) -> str:
    """Return the figures as a small table."""
    lists = len(found["pull"])
    rows = [
        (
            f"{lists} lists of {samples} service times, mean {mean:g} s, coefficient of variation "
            f"{VARIATION}; {WORKERS} workers; {load_average()}"
        ),
        "",
        f"{'efficiency (1 is ideal)':<36} {'measured':>8} {'least':>8} {'computed':>8}",
    ]
    names = {
        "pull": f"pull, aim {PULL_AIM}",
        "static": f"static split, i mod {WORKERS}",
        "barrier": f"batches of {WORKERS} with a barrier",
    }
    for policy, name in names.items():
        measured = [efficiency.measured for efficiency in found[policy]]
        computed = statistics.median(efficiency.computed for efficiency in found[policy])
        rows.append(
            f"{name:<36} {statistics.median(measured):>8.3f} {min(measured):>8.3f} {computed:>8.3f}"
        )
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scheduling",
        description="Pulling against a static split and a barrier, with real workers that sleep.",
    )
    parser.add_argument("--lists", type=int, default=3, help="lists of times (default 3)")
    parser.add_argument("--samples", type=int, default=100, help="samples of a list (default 100)")
    parser.add_argument("--mean", type=float, default=0.5, help="mean seconds (default 0.5)")
    parser.add_argument("--seed", type=int, default=20, help="seed of the first list (default 20)")
    options = parser.parse_args(arguments)
    if options.lists < 1 or options.samples < WORKERS or options.mean <= 0:
        parser.error(f"give at least 1 list, {WORKERS} samples, and a mean above 0")
    with tempfile.TemporaryDirectory(prefix="editgauge-scheduling-") as folder:
        found = compare(
            Path(folder),
            samples=options.samples,
            mean=options.mean,
            lists=options.lists,
            seed=options.seed,
        )
    print(report(found, samples=options.samples, mean=options.mean))


if __name__ == "__main__":
    main()
