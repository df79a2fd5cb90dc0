"""Worker processes are killed (`kill -9`) at random all through a run.

Few times in the ordinary tests; EDITGAUGE_CHAOS says how many (`make chaos`: 200).
"""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.disturbed_runs import (
    PATIENCE,
    Disturbed,
    Undisturbed,
    chaos_config,
    kills_of_tests,
    luck_of,
)
from tests.support.runs import run as run_here

_ENDED_BY_KILLS = (0, 2, 100, 101)
"""All ok; a worker environment that died while it was tried; samples that took two workers down;
no worker could be started."""


def _workers(run: Disturbed) -> list[int]:
    """Return the worker processes, without their guards and without what they started."""
    found = []
    for pid in run.processes():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if any(word.endswith(b"workers/child.py") for word in words):
                found.append(pid)
    return found


def _run_among_killers(
    run: Disturbed, luck: random.Random, most: int, undisturbed: Undisturbed
) -> int:
    """Go on with the run and kill workers until it ends.

    Args:
        run: the run.
        luck: when, and which.
        most: how many at most.
        undisturbed: within the life of such a run, by its time or its events, the killing begins.

    Returns:
        How many were killed.
    """
    former = run.recorded()
    process, killed = run.start(), 0
    pause = luck.choice([0.05, 0.2, 0.6])
    most = min(most, luck.randint(1, 8))
    # More by events: one that is killed while it is tried, before the first stage, ends the run.
    by_time = luck.random() < 0.3
    next_kill = time.monotonic() + luck.uniform(0, undisturbed.seconds if by_time else 0)
    first = 0 if by_time else luck.randint(1, undisturbed.events)
    while process.poll() is None:
        time.sleep(0.002)
        if killed >= most or time.monotonic() < next_kill:
            continue
        if not killed and run.recorded() - former < first:
            continue
        workers = _workers(run)
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(luck.choice(workers), signal.SIGKILL)
                killed += 1
                run.note_phase()
            next_kill = time.monotonic() + luck.expovariate(1 / pause)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode in _ENDED_BY_KILLS, stderr
    assert "internal error" not in stderr
    run.check_what_is_there()
    return killed


@pytest.mark.parametrize(("number", "wanted"), list(enumerate(kills_of_tests())))
def test_runs_whose_workers_are_killed_come_to_the_same_results(
    number: int,
    wanted: int,
    tmp_path: Path,
    undisturbed: Undisturbed,
    record_property: Callable[[str, object], None],
) -> None:
    luck = luck_of(number)
    kills = runs = resumes = 0
    while kills < wanted:
        folder = tmp_path / str(runs)
        run = Disturbed(folder, chaos_config(folder, undisturbed.dataset))
        # Several times, since a run whose worker environment dies while it is tried ends with it.
        for start in range(luck.randint(1, 3)):
            killed = _run_among_killers(run, luck, wanted - kills, undisturbed)
            kills += killed
            resumes += start > 0
            if kills >= wanted or not killed:
                break
        runs += 1
        # A sample that was alone with two killed workers is set aside, until it is asked for.
        result, _, _ = run_here(run.config, resume=str(run.run_dir), retry_failed=True)
        resumes += 1
        assert (result.exit_code, result.reason) == (0, "")
        run.check_what_is_there()
        run.check_equals(undisturbed)
        for phase in run.phases:
            record_property("chaos phase of workers", phase)
    record_property("chaos kills of workers", kills)
    record_property("chaos runs with killed workers", runs)
    record_property("chaos resumes", resumes)
