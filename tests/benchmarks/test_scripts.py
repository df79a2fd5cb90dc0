"""Every benchmark runs to its end at a tiny size, and its table has its figures."""

import re
from pathlib import Path

import pytest
from benchmarks import blocking_sinks, durability, html_report, overhead, scale, scheduling
from benchmarks.launching import BenchmarkError, make_dataset, measure


def figures(table: str, row: str, number: int) -> list[float]:
    """Return the numbers at the end of a row."""
    line = next(line for line in table.splitlines() if line.strip().startswith(row))
    return [float(figure.replace(",", "")) for figure in line.split()[-number:]]


def test_overhead_compares_runs_with_a_bare_loop(capsys: pytest.CaptureFixture[str]) -> None:
    overhead.main(["--pairs", "1", "--samples", "2", "--steps", "4", "--step-ms", "10"])
    out, err = capsys.readouterr()
    for row in ("(a) events", "(b) whole", "(c) start"):
        middle, least, greatest = figures(out, row, 3)
        assert middle == least == greatest > 0
    # A run cannot be faster than its sleeps.
    bare = re.search(r"bare loop ([\d.]+), without reporters ([\d.]+), with all ([\d.]+)", out)
    assert bare is not None
    assert all(float(seconds) >= 0.04 for seconds in bare.groups())
    assert [line for line in err.splitlines() if line.startswith("turn")] == [
        f"turn 1 of 1: {kind}" for kind in ("bare", "none", "all")
    ]


def test_scheduling_measures_three_policies(capsys: pytest.CaptureFixture[str]) -> None:
    scheduling.main(["--lists", "1", "--samples", "9", "--mean", "0.02"])
    out, _ = capsys.readouterr()
    for row in ("pull", "static split", "batches of 4"):
        measured, least, computed = figures(out, row, 3)
        assert 0 < least == measured <= 1
        assert 0 < computed <= 1
        # Sleeps are never shorter than asked for. Only pulling may gain by that: it may take the
        # samples in luckier turns.
        assert measured <= computed or row == "pull"


def test_scale_compares_time_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    scale.main(["--small", "4", "--large", "9", "--small-runs", "1"])
    out, _ = capsys.readouterr()
    assert out.count("ms a sample") == 2
    for block in out.split("\n\n")[1:]:
        small, large, ratio = figures(block, "ms a sample", 3)
        assert ratio == pytest.approx(large / small, rel=0.01)
        assert figures(block, "events not delivered", 2) == [0.0, 0.0]


def test_durability_compares_flushing_with_not_flushing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    durability.main(["--samples", "3", "--size", "16"])
    out, _ = capsys.readouterr()
    process, power = figures(out, "process", 3), figures(out, "power", 3)
    assert all(0 < middle <= greatest for middle, _, greatest in (process, power))
    (ratio,) = figures(out, "power / process", 1)
    assert ratio == pytest.approx(power[0] / process[0], rel=0.1)


def test_blocking_sinks_compares_runs_with_and_without_a_bad_reporter(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("blocks for ever", "raises")
    monkeypatch.setattr(blocking_sinks, "BAD", {kind: blocking_sinks.BAD[kind] for kind in kinds})
    blocking_sinks.main(["--turns", "1", "--samples", "2", "--steps", "3", "--step-ms", "5"])
    out, _ = capsys.readouterr()
    middle, least, greatest, whole, missed = figures(out, "blocks for ever", 5)
    assert middle == least == greatest > 0
    assert whole > 0
    assert missed > 2 * 3
    assert re.search(r"raises .* muted$", out, flags=re.MULTILINE)


@pytest.mark.parametrize("script", [overhead, scheduling, scale, durability, blocking_sinks])
def test_help_says_what_is_measured(script: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        script.main(["--help"])  # type: ignore[attr-defined]
    assert end.value.code == 0
    assert "usage: python -m benchmarks." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        (overhead, ["--samples", "3"]),
        (overhead, ["--pairs", "0"]),
        (scheduling, ["--samples", "3"]),
        (scale, ["--small", "10", "--large", "10"]),
    ],
)
def test_sizes_that_measure_nothing_are_refused(
    script: object, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        script.main(arguments)  # type: ignore[attr-defined]
    assert end.value.code == 2
    assert "give " in capsys.readouterr().err


def test_a_run_that_fails_gives_no_figure(tmp_path: Path) -> None:
    config = {
        "dataset": {"type": "jsonl", "path": str(make_dataset(tmp_path / "data", 1))},
        "edit": {"type": "timed", "seconds_of_row": [], "workers": {"devices": ["cpu"]}},
        "reward": {"type": "no-such-judge"},
    }
    with pytest.raises(BenchmarkError, match="no-such-judge"):
        measure(tmp_path / "run", config, reporters={})


def test_html_report_measures_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--samples", "3", "12", "--pictures", "2", "--size", "32", "--openings", "1"]
    html_report.main(sizes)
    out, _ = capsys.readouterr()
    for row in ("3", "12"):
        assert all(figure > 0 for figure in figures(out, row, 5))
