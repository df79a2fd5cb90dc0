"""The clock of a replay, driven by a wall clock that the test moves."""

from editgauge.core.replay.pace import EventClock, Pace


class Wall:
    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def paced(speed: float | None) -> tuple[Pace, EventClock, Wall, list[float]]:
    clock, wall, ticks = EventClock(), Wall(), list[float]()
    pace = Pace(
        clock,
        speed=speed,
        tick=lambda: ticks.append(round(clock.now, 6)),
        check=lambda: None,
        wall=wall,
        wait=wall.wait,
    )
    pace.begin()
    return pace, clock, wall, ticks


def test_without_a_speed_nothing_is_waited_for() -> None:
    pace, clock, wall, _ = paced(None)
    for elapsed in (0.0, 3600.0, 1e300):
        pace.reach(elapsed)
        assert clock() == elapsed
    assert wall.waits == []


def test_without_a_speed_there_is_one_tick_before_an_event_that_comes_late() -> None:
    pace, _, _, ticks = paced(None)
    for elapsed in (0.0, 0.05, 5.0, 5.05, 5.09, 5.2):
        pace.reach(elapsed)
    assert ticks == [5.0, 5.2]


def test_at_speed_one_a_second_takes_a_second_with_ticks_on_the_way() -> None:
    pace, clock, wall, ticks = paced(1.0)
    pace.reach(2.0)
    assert wall.now == 1000.0, "the first event is not waited for"
    pace.reach(3.0)
    assert round(wall.now, 6) == 1001.0
    assert clock() == 3.0
    assert ticks[:9] == [round(2 + tenth / 10, 6) for tenth in range(1, 10)]


def test_twice_as_fast_takes_half_the_time_and_ticks_as_often_a_second() -> None:
    pace, _, wall, ticks = paced(2.0)
    pace.reach(0.0)
    pace.reach(4.0)
    assert round(wall.now, 6) == 1002.0
    assert 19 <= len(ticks) <= 20


def test_slow_reporters_are_caught_up_with() -> None:
    pace, clock, wall, _ = paced(1.0)
    pace.reach(0.0)
    wall.now += 10
    for elapsed in (1.0, 5.0, 9.0):
        pace.reach(elapsed)
        assert clock() == elapsed
    assert wall.waits == []


def test_time_never_goes_back_within_a_start() -> None:
    pace, clock, _, _ = paced(None)
    pace.reach(5.0)
    pace.reach(-3.0)
    assert clock() == 5.0
    pace.begin()
    pace.reach(0.5)
    assert clock() == 0.5


def test_a_second_start_is_paced_from_its_own_first_event() -> None:
    pace, _, wall, _ = paced(1.0)
    pace.reach(0.0)
    pace.reach(1.0)
    pace.begin()
    pace.reach(0.0)
    assert round(wall.now, 6) == 1001.0
    pace.reach(2.0)
    assert round(wall.now, 6) == 1003.0
