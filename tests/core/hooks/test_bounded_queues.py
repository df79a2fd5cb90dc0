"""How much may wait for a plugin that is slow, and what it misses then."""

from editgauge.core.hooks.bus import QUEUE_LIMIT, QUEUE_SIZE, Undelivered
from editgauge.core.hooks.events import LogEmitted, RunFinished, SampleRetried, StepFinished
from tests.core.hooks.test_bus import (
    PATIENCE,
    RUN,
    SAMPLE,
    STEP,
    Gated,
    Recorder,
    make_bus,
    wait_until,
)

END = RunFinished(
    status="finished",
    exit_code=0,
    samples=1,
    edit_outcomes=(),
    score_outcomes=(),
    figures=None,
    categories=(),
    seconds=1.0,
)


def test_a_slow_listener_loses_steps_first_and_they_are_counted() -> None:
    slow, quick = Gated(), Recorder()
    bus = make_bus(slow, quick, queue_size=3, queue_limit=1000)
    bus.emit(RUN)
    assert slow.busy.wait(PATIENCE)
    for _ in range(10):
        bus.emit(STEP)
        bus.emit(SAMPLE)
        wait_until(lambda: not bus._listeners[1]._waiting)
    slow.gate.set()
    undelivered = bus.close(PATIENCE)
    assert undelivered == [Undelivered(reporter="plugin-0", events=8, hung=False, steps=8)]
    assert sum(isinstance(event, SampleRetried) for event in slow.heard) == 10
    assert sum(isinstance(event, StepFinished) for event in slow.heard) == 2
    assert [event.seq for event in slow.heard] == sorted(event.seq for event in slow.heard)
    assert len(quick.heard) == 21


def test_a_listener_that_hears_nothing_does_not_fill_the_memory() -> None:
    slow = Gated()
    bus = make_bus(slow, queue_size=3, queue_limit=5)
    bus.emit(RUN)
    assert slow.busy.wait(PATIENCE)
    for _ in range(100):
        bus.emit(SAMPLE)
    assert len(bus._listeners[0]._waiting) == 5
    slow.gate.set()
    assert bus.close(PATIENCE) == [Undelivered(reporter="plugin-0", events=95, hung=False)]
    assert len(slow.heard) == 6


def test_one_that_never_comes_back_keeps_as_much_as_the_limit_says_and_no_more() -> None:
    blocked = Gated()
    bus = make_bus(blocked)
    bus.emit(RUN)
    assert blocked.busy.wait(PATIENCE)
    for _ in range(20_000):
        bus.emit(STEP)
    assert len(bus._listeners[0]._waiting) == QUEUE_SIZE
    for _ in range(QUEUE_LIMIT):
        bus.emit(SAMPLE)
    assert len(bus._listeners[0]._waiting) == QUEUE_LIMIT
    missed = 20_000 + QUEUE_LIMIT
    assert bus.close(0.01) == [
        Undelivered(reporter="plugin-0", events=missed, hung=True, steps=20_000)
    ]
    assert len(bus._listeners[0]._waiting) == 0
    blocked.gate.set()


def test_long_texts_that_wait_do_not_fill_the_memory_either() -> None:
    slow = Gated()
    bus = make_bus(slow, queue_characters=10_000)
    bus.emit(RUN)
    assert slow.busy.wait(PATIENCE)
    for _ in range(100):
        bus.emit(LogEmitted(level="info", text="x" * 1000))
    assert 9 <= len(bus._listeners[0]._waiting) <= 10
    slow.gate.set()
    wait_until(lambda: not bus._listeners[0]._waiting)
    # There is room again, and a text that is longer than all of it has its turn, too.
    bus.emit(LogEmitted(level="info", text="y" * 100_000))
    (missed,) = bus.close(PATIENCE)
    assert missed.events == 100 - (len(slow.heard) - 2)
    assert isinstance(slow.heard[-1], LogEmitted)
    assert slow.heard[-1].text[0] == "y"


def test_the_end_of_the_run_is_queued_however_much_waits() -> None:
    slow = Gated()
    bus = make_bus(slow, queue_size=1, queue_limit=2)
    bus.emit(RUN)
    assert slow.busy.wait(PATIENCE)
    for _ in range(9):
        bus.emit(SAMPLE)
    bus.emit(END)
    slow.gate.set()
    assert bus.close(PATIENCE) == [Undelivered(reporter="plugin-0", events=7, hung=False)]
    assert [type(event) for event in slow.heard] == [
        LogEmitted, SampleRetried, SampleRetried, RunFinished,
    ]  # fmt: skip
