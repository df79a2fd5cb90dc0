"""The ways of handing out samples that the benchmark compares."""

from collections.abc import Iterator

import pytest
from benchmarks.policies import BarrierScheduler, computed_seconds
from benchmarks.scheduling import VARIATION, service_times

from editgauge.core.run.scheduler import Assignment, Task
from editgauge.core.samples import Sample


def samples(number: int) -> Iterator[Sample]:
    return (
        Sample(id=f"s{row}", index=row, images=("a.png",), instruction="x") for row in range(number)
    )


def rows(tasks: tuple[Task, ...]) -> list[int]:
    return [task.sample.index for task in tasks]


def test_the_barrier_holds_the_next_batch_back_until_all_of_one_is_done() -> None:
    scheduler = BarrierScheduler(samples(3), 2)
    first, second = scheduler.next_tasks(), scheduler.next_tasks()
    assert (rows(first), rows(second)) == ([0], [1])
    assert scheduler.next_tasks() == ()
    assert scheduler.has_work()
    first[0].batch.open -= 1
    assert scheduler.next_tasks() == ()
    second[0].batch.open -= 1
    assert rows(scheduler.next_tasks()) == [2]
    assert not scheduler.has_work()


def test_a_lost_worker_ends_the_comparison() -> None:
    scheduler = BarrierScheduler(samples(2), 2)
    with pytest.raises(RuntimeError, match="a worker was lost"):
        scheduler.give_back(Assignment(scheduler.next_tasks(), started=0.0), strike=True)


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        # Two workers: 5 | 1 + 1 + 3 side by side.
        ("pull", 5.0),
        # 5 + 1 | 1 + 3.
        ("static", 6.0),
        # max(5, 1) + max(1, 3).
        ("barrier", 8.0),
    ],
)
def test_computed_times_follow_the_policy(policy: str, seconds: float) -> None:
    assert computed_seconds(policy, [5.0, 1.0, 1.0, 3.0], 2) == seconds


def test_one_worker_needs_the_same_time_by_every_policy() -> None:
    times = [0.5, 1.5, 1.0]
    assert {computed_seconds(policy, times, 1) for policy in ("pull", "static", "barrier")} == {3.0}


def test_service_times_are_the_same_for_the_same_seed_and_vary_as_stated() -> None:
    times = service_times(20_000, 2.0, 7)
    assert times == service_times(20_000, 2.0, 7)
    assert times != service_times(20_000, 2.0, 8)
    mean = sum(times) / len(times)
    deviation = (sum((time - mean) ** 2 for time in times) / len(times)) ** 0.5
    assert mean == pytest.approx(2.0, rel=0.01)
    assert deviation / mean == pytest.approx(VARIATION, rel=0.02)
    assert min(times) > 0
