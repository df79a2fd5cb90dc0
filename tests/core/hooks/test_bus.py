"""What the bus promises reporters, and what it endures from them."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from editgauge.core.hooks import bus as bus_module
from editgauge.core.hooks.bus import Bus, Failure, Undelivered
from editgauge.core.hooks.events import (
    BatchFinished,
    Event,
    LogEmitted,
    ReporterFailed,
    SampleRetried,
    StepFinished,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.plugin_manager import PluginManager

PATIENCE = 20.0
"""Seconds after which a test gives up; none of them waits so long when it passes."""

STEP = StepFinished(sample="a", index=0, step=1, of=8)
RUN = LogEmitted(level="info", text="hello")
BATCH = BatchFinished(stage="edit", number=1, of=1, samples=1, seconds=1.0)
SAMPLE = SampleRetried(stage="edit", sample="a", index=0, attempt=1, reason="lost")
ONE_OF_EACH: dict[str, Event] = {
    "run_event": RUN,
    "batch_event": BATCH,
    "sample_event": SAMPLE,
    "step_event": STEP,
}


class Recorder:
    """Hears everything and keeps it."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.threads: set[int] = set()

    def _keep(self, event: Event) -> None:
        self.heard.append(event)
        self.threads.add(threading.get_ident())

    @hookimpl
    def run_event(self, event: Event) -> None:
        self._keep(event)

    @hookimpl
    def batch_event(self, event: Event) -> None:
        self._keep(event)

    @hookimpl
    def sample_event(self, event: Event) -> None:
        self._keep(event)

    @hookimpl
    def step_event(self, event: Event) -> None:
        self._keep(event)


class Gated(Recorder):
    """Stops in its first event until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = threading.Event()
        self.gate = threading.Event()

    def _keep(self, event: Event) -> None:
        self.busy.set()
        assert self.gate.wait(PATIENCE)
        super()._keep(event)


class Silent:
    """Observes runs and does nothing; tests add methods to it."""

    @hookimpl
    def run_event(self, event: Event) -> None:
        pass


def make_bus(*plugins: object, **options: Any) -> Bus:
    manager = PluginManager()
    for number, plugin in enumerate(plugins):
        manager.register(plugin, f"plugin-{number}")
    return Bus(manager, run_id="run", clock=lambda: 1.25, **options)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_events_arrive_stamped_in_order_in_one_thread_per_plugin() -> None:
    first, second = Recorder(), Recorder()
    bus = make_bus(first, second)
    for event in [RUN, STEP, SAMPLE, STEP, BATCH]:
        bus.emit(event)
    assert bus.close(PATIENCE) == []
    assert first.heard == second.heard
    assert [type(event) for event in first.heard] == [
        LogEmitted, StepFinished, SampleRetried, StepFinished, BatchFinished,
    ]  # fmt: skip
    assert [event.seq for event in first.heard] == [1, 2, 3, 4, 5]
    assert {(event.run_id, event.elapsed) for event in first.heard} == {("run", 1.25)}
    assert all(len(event.time) == len("2026-01-01T00:00:00.000000Z") for event in first.heard)
    assert len(first.threads) == len(second.threads) == 1
    assert not first.threads & second.threads
    assert threading.get_ident() not in first.threads


def test_emitting_leaves_the_event_as_it_was() -> None:
    bus = make_bus(Recorder())
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert RUN.seq == 0


def test_concurrent_emitters_keep_one_order_without_gaps() -> None:
    listeners = [Recorder(), Recorder()]
    bus = make_bus(*listeners)
    start = threading.Barrier(8)

    def emit(emitter: int) -> None:
        start.wait(PATIENCE)
        for number in range(200):
            bus.emit(LogEmitted(level="info", text=str(number), worker=str(emitter)))

    threads = [threading.Thread(target=emit, args=(emitter,)) for emitter in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert bus.close(PATIENCE) == []
    for listener in listeners:
        assert [event.seq for event in listener.heard] == list(range(1, 1601))
        for emitter in range(8):
            texts = [
                event.text
                for event in listener.heard
                if isinstance(event, LogEmitted) and event.worker == str(emitter)
            ]
            assert texts == [str(number) for number in range(200)]


@pytest.mark.parametrize("hook", ONE_OF_EACH)
def test_a_plugin_that_raises_is_muted_and_the_others_are_told(hook: str) -> None:
    calls = []

    def raise_error(event: Event) -> None:
        calls.append(event)
        raise ValueError("first line\nsecond  line")

    broken = type("Broken", (), {hook: staticmethod(hookimpl(raise_error))})()
    recorder = Recorder()
    bus = make_bus(broken, recorder)
    for _ in range(3):
        for event in ONE_OF_EACH.values():
            bus.emit(event)
    wait_until(lambda: any(isinstance(event, ReporterFailed) for event in recorder.heard))
    bus.emit(ONE_OF_EACH[hook])
    assert bus.close(PATIENCE) == []
    assert len(calls) == 1
    told = [event for event in recorder.heard if isinstance(event, ReporterFailed)]
    assert [(event.reporter, event.hook) for event in told] == [("plugin-0", hook)]
    assert told[0].error.startswith("ValueError: first line second line (")
    assert "test_bus.py, line " in told[0].error
    assert bus.failures == [Failure(reporter="plugin-0", hook=hook, error=told[0].error)]
    assert len(recorder.heard) == 3 * 4 + 1 + 1


def test_plugins_that_raise_in_every_hook_leave_the_others_alone() -> None:
    def raise_error() -> None:
        raise RuntimeError("no")

    def raise_in_a_hook() -> None:
        raise_error()

    methods = {name: staticmethod(hookimpl(raise_in_a_hook)) for name in ONE_OF_EACH}
    methods |= {name: staticmethod(raise_error) for name in ("tick", "close")}
    plugins = [type("Broken", (), methods)() for _ in range(3)]
    recorder = Recorder()
    bus = make_bus(*plugins, recorder)
    for event in ONE_OF_EACH.values():
        bus.emit(event)
    wait_until(lambda: len(recorder.heard) == 4 + 3)
    assert bus.close(PATIENCE) == []
    assert sorted(failure.reporter for failure in bus.failures) == [
        "plugin-0", "plugin-1", "plugin-2",
    ]  # fmt: skip


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_no_exception_of_a_plugin_ends_its_thread_in_silence(error: BaseException) -> None:
    class Leaving:
        @hookimpl
        def run_event(self) -> None:
            raise error

    bus = make_bus(Leaving())
    bus.emit(RUN)
    assert bus.close(PATIENCE) == []
    assert [failure.error.split(":")[0] for failure in bus.failures] == [type(error).__name__]


def test_an_error_that_cannot_be_shown_is_a_failure_like_others() -> None:
    class UnshowableError(Exception):
        def __str__(self) -> str:
            raise ValueError

    class Plugin:
        @hookimpl
        def run_event(self) -> None:
            raise UnshowableError

    bus = make_bus(Plugin())
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert "UnshowableError: (its message cannot be shown: ValueError)" in bus.failures[0].error


def test_a_long_error_is_cut() -> None:
    class Plugin:
        @hookimpl
        def run_event(self) -> None:
            raise ValueError("x" * 1_000_000)

    bus = make_bus(Plugin())
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert len(bus.failures[0].error) == 1000


def test_a_generator_async_or_wrapper_implementation_is_refused_not_ignored() -> None:
    class Generator:
        @hookimpl  # type: ignore[type-var]  # on purpose
        def run_event(self) -> Iterator[None]:
            yield

    class Async:
        @hookimpl  # type: ignore[type-var]  # on purpose
        async def run_event(self) -> None: ...

    class Wrapper:
        @hookimpl(wrapper=True)  # type: ignore[call-overload, untyped-decorator]  # on purpose
        def run_event(self) -> Any:
            return (yield)

    bus = make_bus(Generator(), Async(), Wrapper())
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert len(bus.failures) == 3
    assert all("an observing hook is a plain function" in f.error for f in bus.failures)


def test_implementations_may_take_no_argument() -> None:
    class Counter:
        calls = 0

        @hookimpl
        def run_event(self) -> None:
            self.calls += 1

    counter = Counter()
    bus = make_bus(counter)
    bus.emit(RUN)
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert counter.calls == 2
    assert bus.failures == []


def test_two_implementations_of_a_hook_in_one_plugin_are_both_called() -> None:
    class Twice:
        def __init__(self) -> None:
            self.calls: list[str] = []

        @hookimpl
        def run_event(self) -> None:
            self.calls.append("one")

        @hookimpl(specname="run_event")
        def another(self) -> None:
            self.calls.append("two")

    twice = Twice()
    bus = make_bus(twice)
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert sorted(twice.calls) == ["one", "two"]


def test_a_plugin_that_observes_nothing_gets_no_thread() -> None:
    class Registers:
        @hookimpl
        def register_datasets(self, register: Any) -> None:
            pass

    before = threading.active_count()
    bus = make_bus(Registers())
    assert threading.active_count() == before
    bus.close(PATIENCE)


def test_an_error_of_the_system_is_told_in_its_words() -> None:
    class Full:
        @hookimpl
        def run_event(self) -> None:
            raise OSError(28, "No space left on device", "/logs/run.log")

    class Left:
        @hookimpl
        def run_event(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    bus = make_bus(Full(), Left())
    bus.emit(RUN)
    bus.close(PATIENCE)
    told = sorted(failure.error.partition(" (")[0] for failure in bus.failures)
    assert told == [
        "Broken pipe: whoever read what it writes has left",
        "No space left on device: /logs/run.log",
    ]


def test_a_hanging_listener_is_given_up_at_the_deadline_and_hears_nothing_more() -> None:
    hanging, quick = Gated(), Recorder()
    bus = make_bus(hanging, quick)
    bus.emit(RUN)
    assert hanging.busy.wait(PATIENCE)
    for _ in range(4):
        bus.emit(SAMPLE)
    wait_until(lambda: len(quick.heard) == 5)
    started = time.monotonic()
    assert bus.close(0.05) == [Undelivered(reporter="plugin-0", events=4, hung=True)]
    assert time.monotonic() - started < PATIENCE / 2
    hanging.gate.set()
    bus._listeners[0].thread.join(PATIENCE)
    assert len(hanging.heard) == 1


def test_what_waits_at_the_end_is_still_delivered() -> None:
    slow = Gated()
    bus = make_bus(slow)
    for _ in range(50):
        bus.emit(STEP)
    assert slow.busy.wait(PATIENCE)
    threading.Timer(0.01, slow.gate.set).start()
    assert bus.close(PATIENCE) == []
    assert len(slow.heard) == 50


def test_events_after_the_end_are_ignored() -> None:
    recorder = Recorder()
    bus = make_bus(recorder)
    bus.emit(RUN)
    bus.close(PATIENCE)
    bus.emit(RUN)
    assert bus.close(PATIENCE) == []
    assert len(recorder.heard) == 1


def test_plugins_are_closed_once_after_their_last_event_in_their_thread() -> None:
    class Closes(Recorder):
        def close(self) -> None:
            self.heard.append(RUN)
            self.threads.add(threading.get_ident())

    plugin = Closes()
    bus = make_bus(plugin)
    bus.emit(STEP)
    bus.close(PATIENCE)
    bus.close(PATIENCE)
    assert [type(event) for event in plugin.heard] == [StepFinished, LogEmitted]
    assert len(plugin.threads) == 1


def test_a_close_that_raises_is_recorded() -> None:
    class Closes(Silent):
        def close(self) -> None:
            raise OSError(28, "No space left on device")

    bus = make_bus(Closes())
    bus.close(PATIENCE)
    assert [(failure.hook, failure.error[:34]) for failure in bus.failures] == [
        ("close", "No space left on device (OSError, ")
    ]


def test_a_muted_plugin_is_closed_too_and_fails_once() -> None:
    closed = []

    class Fails:
        @hookimpl
        def run_event(self) -> None:
            raise ValueError("first")

        def close(self) -> None:
            closed.append(True)
            raise ValueError("second")

    bus = make_bus(Fails())
    bus.emit(RUN)
    bus.close(PATIENCE)
    assert closed == [True]
    assert [failure.hook for failure in bus.failures] == ["run_event"]


@pytest.fixture
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "TICK_SECONDS", 0.001)


class Ticks(Recorder):
    ticks = 0

    def tick(self) -> None:
        self.ticks += 1
        self.threads.add(threading.get_ident())


@pytest.mark.usefixtures("quick_ticks")
def test_ticks_come_without_events() -> None:
    plugin = Ticks()
    bus = make_bus(plugin)
    wait_until(lambda: plugin.ticks >= 3)
    bus.close(PATIENCE)
    assert len(plugin.threads) == 1


@pytest.mark.usefixtures("quick_ticks")
def test_ticks_come_however_many_events_there_are() -> None:
    class Busy(Ticks):
        def _keep(self, event: Event) -> None:
            super()._keep(event)
            if self.ticks < 3:
                bus.emit(event)  # so its queue is never empty

    plugin = Busy()
    bus = make_bus(plugin)
    bus.emit(STEP)
    wait_until(lambda: plugin.ticks >= 3)
    bus.close(PATIENCE)
    assert [event.seq for event in plugin.heard] == sorted(event.seq for event in plugin.heard)


@pytest.mark.usefixtures("quick_ticks")
def test_a_tick_that_raises_mutes_the_plugin() -> None:
    class Fails(Recorder):
        def tick(self) -> None:
            raise ZeroDivisionError

    fails, recorder = Fails(), Recorder()
    bus = make_bus(fails, recorder)
    wait_until(lambda: len(recorder.heard) == 1)
    bus.emit(STEP)
    bus.close(PATIENCE)
    assert [failure.hook for failure in bus.failures] == ["tick"]
    assert fails.heard == []
