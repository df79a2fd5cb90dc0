from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.run.scheduler import MAX_STRIKES, Assignment, Scheduler, Task
from editgauge.core.samples import Sample


def _samples(number: int) -> Iterator[Sample]:
    for index in range(number):
        yield Sample(id=f"s{index}", index=index, images=("x.png",), instruction="do")


def _ids(tasks: tuple[Task, ...]) -> list[str]:
    return [task.sample.id for task in tasks]


def test_batches_are_cut_in_row_order() -> None:
    scheduler = Scheduler(_samples(5), 2)
    assert [_ids(scheduler.next_tasks()) for _ in range(4)] == [
        ["s0", "s1"],
        ["s2", "s3"],
        ["s4"],
        [],
    ]
    assert not scheduler.has_work()


def test_a_lost_batch_comes_back_one_by_one_before_anything_new() -> None:
    scheduler = Scheduler(_samples(5), 3)
    lost = Assignment(scheduler.next_tasks(), started=0.0)
    assert scheduler.give_back(lost, strike=True) == []
    assert [_ids(scheduler.next_tasks()) for _ in range(4)] == [
        ["s0"],
        ["s1"],
        ["s2"],
        ["s3", "s4"],
    ]


def test_samples_that_were_done_do_not_come_back() -> None:
    scheduler = Scheduler(_samples(3), 3)
    lost = Assignment(scheduler.next_tasks(), started=0.0)
    del lost.open[1]
    scheduler.give_back(lost, strike=True)
    assert _ids(scheduler.next_tasks()) == ["s0"]
    assert _ids(scheduler.next_tasks()) == ["s2"]


def test_only_a_sample_that_was_alone_counts_a_strike() -> None:
    scheduler = Scheduler(_samples(2), 2)
    lost = Assignment(scheduler.next_tasks(), started=0.0)
    scheduler.give_back(lost, strike=True)
    for expected in ([], ["s0"]):
        assignment = Assignment(scheduler.next_tasks(), started=0.0)
        set_aside = scheduler.give_back(assignment, strike=True)
        assert [task.sample.id for task in set_aside] == expected
    (innocent,) = scheduler.next_tasks()
    assert (innocent.sample.id, innocent.strikes, innocent.attempt) == ("s1", 0, 2)


def test_samples_are_read_lazily() -> None:
    read = []

    def samples() -> Iterator[Sample]:
        for sample in _samples(1000):
            read.append(sample.id)
            yield sample

    scheduler = Scheduler(samples(), 4)
    scheduler.next_tasks()
    assert len(read) == 4


@given(
    number=st.integers(0, 12),
    batch_size=st.integers(1, 5),
    losses=st.lists(st.booleans(), max_size=60),
)
def test_every_sample_leaves_exactly_once(number: int, batch_size: int, losses: list[bool]) -> None:
    scheduler = Scheduler(_samples(number), batch_size)
    left: list[str] = []
    luck = iter(losses)
    while scheduler.has_work():
        assignment = Assignment(scheduler.next_tasks(), started=0.0)
        if next(luck, False):
            set_aside = scheduler.give_back(assignment, strike=True)
            assert all(task.strikes == MAX_STRIKES for task in set_aside)
            left += [task.sample.id for task in set_aside]
        else:
            left += assignment.sample_ids()
    assert sorted(left) == sorted(f"s{index}" for index in range(number))
    assert scheduler.next_tasks() == ()
