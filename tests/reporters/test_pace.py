"""How long the rest of a stage takes, and who has been silent for long."""

import pytest

from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.reporters.pace import Pace
from editgauge.reporters.silence import Silence


def _started(worker: str, sample: str, at: float) -> events.SampleStarted:
    return events.SampleStarted(
        worker=worker,
        stage="edit",
        sample=sample,
        index=0,
        category="",
        instruction="",
        attempt=1,
        elapsed=at,
    )


def _finished(worker: str, sample: str, at: float) -> events.SampleFinished:
    return events.SampleFinished(
        worker=worker,
        stage="edit",
        sample=sample,
        index=0,
        category="",
        outcome="ok",
        seconds=1.0,
        attempt=1,
        done=1,
        of=100,
        ok=1,
        elapsed=at,
    )


def _lost(worker: str, at: float) -> events.WorkerLost:
    return events.WorkerLost(worker=worker, stage="edit", reason="killed", elapsed=at)


def _step(worker: str, sample: str, at: float) -> events.StepFinished:
    return events.StepFinished(worker=worker, sample=sample, index=0, step=1, of=9, elapsed=at)


def _pace(*stream: Event, batch_size: int = 1) -> Pace:
    pace = Pace(batch_size)
    for event in stream:
        pace.hear(event)
    return pace


def test_nothing_is_said_before_the_first_finished_sample() -> None:
    pace = _pace(_started("a", "1", 100.0), _step("a", "1", 101.0))
    assert pace.seconds_left(9, 110.0) is None


def test_the_first_finished_sample_of_four_workers_speaks_for_all_of_them() -> None:
    stream: list[Event] = [_started(name, name, 0.0) for name in "abcd"]
    pace = _pace(*stream, _finished("a", "a", 10.0))
    assert pace.seconds_left(40, 10.0) == pytest.approx(100.0)
    # It counts down, and never below nothing.
    assert pace.seconds_left(40, 30.0) == pytest.approx(80.0)
    assert pace.seconds_left(40, 500.0) == 0.0


def test_a_lost_worker_does_no_more_and_a_replacement_does() -> None:
    stream = [_started("a", "1", 0.0), _started("b", "2", 0.0)]
    done: list[Event] = [_finished("a", "1", 10.0), _finished("b", "2", 10.0)]
    pace = _pace(*stream, *done, _lost("b", 10.0))
    assert pace.seconds_left(10, 10.0) == pytest.approx(100.0)
    pace.hear(events.WorkerReady(worker="b", stage="edit", seconds=1.0, elapsed=10.0))
    assert pace.seconds_left(10, 10.0) == pytest.approx(50.0)


def test_samples_that_no_worker_did_are_no_sign_of_speed() -> None:
    free = [_finished("", str(number), 0.1) for number in range(50)]
    pace = _pace(_started("a", "1", 0.0), *free, _finished("a", "1", 10.0))
    assert pace.seconds_left(2, 10.0) == pytest.approx(20.0)


def test_a_last_sample_takes_as_long_as_any_however_many_workers_are_idle() -> None:
    stream: list[Event] = [_started(name, name, 0.0) for name in "abcd"]
    pace = _pace(*stream, *(_finished(name, name, 10.0) for name in "abcd"))
    assert pace.seconds_left(1, 10.0) == pytest.approx(10.0)


def test_a_batch_is_one_piece_of_work() -> None:
    stream: list[Event] = [_started("a", str(number), 0.0) for number in range(4)]
    stream += [_finished("a", str(number), 8.0) for number in range(4)]
    pace = _pace(*stream, batch_size=4)
    assert pace.seconds_left(8, 8.0) == pytest.approx(16.0)


def test_waiting_between_two_samples_is_part_of_the_speed() -> None:
    stream = [_started("a", "1", 0.0), _finished("a", "1", 10.0), _started("a", "2", 15.0)]
    pace = _pace(*stream, _finished("a", "2", 20.0))
    assert pace.seconds_left(3, 20.0) == pytest.approx(30.0)


def test_the_time_that_a_worker_was_lost_is_none_of_its_own() -> None:
    stream = [_started("a", "1", 0.0), _finished("a", "1", 10.0), _lost("a", 11.0)]
    pace = _pace(*stream, _started("a", "2", 500.0), _finished("a", "2", 510.0))
    assert pace.seconds_left(3, 510.0) == pytest.approx(30.0)


def _silence(*stream: Event) -> Silence:
    silence = Silence()
    for event in stream:
        silence.hear(event)
    return silence


def test_a_first_sample_may_be_silent_for_a_minute() -> None:
    silence = _silence(_started("a", "1", 10.0))
    assert silence.seconds("a", 69.0) is None
    assert silence.seconds("a", 70.0) == 60.0


def test_later_half_a_minute_is_long_but_not_for_models_that_are_always_silent() -> None:
    quick = _silence(_started("a", "1", 0.0), _finished("a", "1", 5.0), _started("a", "2", 5.0))
    assert quick.seconds("a", 34.0) is None
    assert quick.seconds("a", 35.0) == 30.0
    slow = _silence(_started("a", "1", 0.0), _finished("a", "1", 50.0), _started("a", "2", 50.0))
    assert slow.seconds("a", 199.0) is None
    assert slow.seconds("a", 200.0) == 150.0


def test_any_sign_of_a_worker_ends_its_silence() -> None:
    silence = _silence(_started("a", "1", 0.0))
    for event in (
        _step("a", "1", 100.0),
        events.LogEmitted(worker="a", level="info", text="x", elapsed=100.0),
    ):
        assert silence.seconds("a", 99.0) is not None
        heard = _silence(_started("a", "1", 0.0), event)
        assert heard.seconds("a", 110.0) is None


def test_who_loads_or_has_nothing_to_do_is_not_called_silent() -> None:
    started = events.WorkerStarted(
        worker="a", stage="edit", devices=("cpu",), pid=1, python="p", threads=1
    )
    assert _silence(started).seconds("a", 9999.0) is None
    idle = _silence(_started("a", "1", 0.0), _finished("a", "1", 5.0))
    assert idle.seconds("a", 9999.0) is None
    assert _silence(_started("a", "1", 0.0), _lost("a", 5.0)).seconds("a", 9999.0) is None
