"""Whether a long run costs more a sample than a short one: time, and memory of the parent.

    python -m benchmarks.scale [--small N] [--large N]

Edit and score with models that answer at once, so nothing but the framework's own work is left.
"""

import argparse
import statistics
import tempfile
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
    say,
)

AIM = 1.2
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost.

    Attributes:
        dataset: seconds a sample of reading and checking the dataset.
        edit: seconds a sample from ready worker to last edit on disk.
        score: seconds a sample from ready worker to last score on disk.
        cpu: processor seconds a sample of the parent, its start included.
        peak: greatest resident memory of the parent in bytes, or None.
        undelivered: events that a reporter did not get.
    """

    dataset: float
    edit: float
    score: float
    cpu: float
    peak: int | None
    undelivered: int

    @property
    def seconds(self) -> float:
        """Seconds a sample, without the start of processes."""
        return self.dataset + self.edit + self.score


def production_reporters(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the reporters of a production profile: `json` and `file`, each to a file."""
    return {
        "json": {"path": str(folder / "events.jsonl")},
        "file": {"path": str(folder / "detail.log")},
    }


def run_of(folder: Path, dataset: Path, samples: int, *, reporters: bool) -> Cost:
    """Run so many samples and return what a sample cost.

    Raises:
        BenchmarkError: not every sample was edited and scored.
    """
    config: dict[str, Any] = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {"type": "timed", "side": 8, "workers": {"devices": ["cpu"]}},
        "reward": {"type": "instant", "batch_size": 4, "workers": {"devices": ["cpu"]}},
    }
    chosen = production_reporters(folder) if reporters else {}
    measured = measure(folder, config, reporters=chosen)
    for stage in ("edit", "score"):
        if measured.stages[stage].ok != samples:
            raise BenchmarkError(
                f"expected {samples} samples out of the {stage} stage, "
                f"got {measured.stages[stage].ok}"
            )
    return _cost(measured, samples)


def _cost(measured: Measured, samples: int) -> Cost:
    edit, score = measured.stages["edit"], measured.stages["score"]
    return Cost(
        dataset=measured.phases["dataset"] / samples,
        edit=(edit.last_finished - edit.first_ready) / samples,
        score=(score.last_finished - score.first_ready) / samples,
        cpu=measured.cpu_seconds / samples,
        peak=measured.peak_memory,
        undelivered=measured.undelivered,
    )


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the run with the median time, and the median of the peaks."""
    ordered = sorted(costs, key=lambda cost: cost.seconds)
    chosen = ordered[len(ordered) // 2]
    peaks = [cost.peak for cost in costs if cost.peak is not None]
    return Cost(
        dataset=chosen.dataset,
        edit=chosen.edit,
        score=chosen.score,
        cpu=chosen.cpu,
        peak=round(statistics.median(peaks)) if peaks else None,
        undelivered=max(cost.undelivered for cost in costs),
    )


def compare(
    folder: Path, small: int, large: int, *, small_runs: int
) -> dict[str, tuple[Cost, Cost]]:
    """Return the costs of the small and the large run, without reporters and with them.

    The small run is measured `small_runs` times: it is short, so its figures vary more.
    """
    data = folder / "data"
    datasets = {number: make_dataset(data, number) for number in (small, large)}
    # The large run stands between small ones: the machine may become slower meanwhile.
    before = small_runs // 2
    order = [small] * before + [large] + [small] * (small_runs - before)
    found = {}
    for name, reporters in (("no reporters", False), ("json and file", True)):
        costs: dict[int, list[Cost]] = {small: [], large: []}
        for number, samples in enumerate(order, start=1):
            say(f"{name}: {samples:,} samples, run {number} of {len(order)}")
            place = folder / f"{name.replace(' ', '-')}-{number}"
            cost = run_of(place, datasets[samples], samples, reporters=reporters)
            say(f"  {cost.seconds * 1000:.2f} ms a sample, {_memory(cost.peak)}")
            costs[samples].append(cost)
        found[name] = (middle(costs[small]), middle(costs[large]))
    return found


def _memory(peak: int | None) -> str:
    return "peak not told by this system" if peak is None else f"peak {peak / _MEBIBYTE:.1f} MiB"


def report(found: dict[str, tuple[Cost, Cost]], small: int, large: int) -> str:
    """Return the figures as a small table."""
    rows = [
        (
            f"{small:,} and {large:,} samples, aim {AIM} for every ratio of time and memory; "
            f"{load_average()}"
        ),
    ]
    for name, (short, long) in found.items():
        rows += ["", f"{name:<28} {f'{small:,}':>10} {f'{large:,}':>10} {'ratio':>7}"]
        figures = (
            ("ms a sample", short.seconds, long.seconds),
            ("  dataset", short.dataset, long.dataset),
            ("  edit", short.edit, long.edit),
            ("  score", short.score, long.score),
            ("parent's processor ms", short.cpu, long.cpu),
        )
        for label, first, second in figures:
            ratio = f"{second / first:>7.3f}" if first else f"{'-':>7}"
            rows.append(f"{label:<28} {first * 1000:>10.3f} {second * 1000:>10.3f} {ratio}")
        if short.peak is not None and long.peak is not None:
            rows.append(
                f"{'peak memory of parent, MiB':<28} {short.peak / _MEBIBYTE:>10.1f} "
                f"{long.peak / _MEBIBYTE:>10.1f} {long.peak / short.peak:>7.3f}"
            )
        rows.append(
            f"{'events not delivered':<28} {short.undelivered:>10,} {long.undelivered:>10,}"
        )
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale",
        description="Time a sample and memory of the parent in a short and a long run.",
    )
    parser.add_argument("--small", type=int, default=1_000, help="samples (default 1000)")
    parser.add_argument("--large", type=int, default=20_000, help="samples (default 20000)")
    parser.add_argument(
        "--small-runs", type=int, default=3, help="small runs, of which the median counts (3)"
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.small < options.large or options.small_runs < 1:
        parser.error("give at least 1 sample and run, and more for --large than for --small")
    with tempfile.TemporaryDirectory(prefix="editgauge-scale-") as folder:
        found = compare(Path(folder), options.small, options.large, small_runs=options.small_runs)
    print(report(found, options.small, options.large))


if __name__ == "__main__":
    main()
