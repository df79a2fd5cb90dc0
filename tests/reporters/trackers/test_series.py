"""The numbers of a run over time."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.core.hooks.events import Event, SampleFinished, StageStarted
from editgauge.reporters.trackers.series import Point, Series, name_of
from tests.hostile.texts import CORPUS
from tests.reporters.contexts import make_context
from tests.reporters.run_directories import write_run_directory
from tests.reporters.script import whole_run


def _points(events: list[Event], folder: Path = Path("/nowhere")) -> list[Point]:
    series = Series(make_context(run_dir=folder))
    return [point for event in events for point in series.points(event)]


def _of(points: list[Point], name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in points if point.name == name]


def test_the_series_are_those_of_the_events() -> None:
    points = _points(whole_run())
    assert _of(points, "edit/failures") == [(1, 0), (2, 1), (3, 1), (4, 1)]
    assert _of(points, "score/score") == [(2, 8.5), (4, 7.0)]
    assert _of(points, "score/mean") == [(2, 8.5), (3, 8.5), (4, 7.75)]
    assert _of(points, "run/mean") == [(0, 7.75)]
    assert _of(points, "run/coverage") == [(0, 0.5)]
    assert _of(points, "category/文化/mean") == [(0, 7.0)]


def test_images_a_minute_are_counted_from_the_start_of_the_stage() -> None:
    events = whole_run()
    (began,) = [e.elapsed for e in events if isinstance(e, StageStarted) and e.stage == "edit"]
    ends = [e for e in events if isinstance(e, SampleFinished) and e.stage == "edit"]
    steps, values = zip(*_of(_points(events), "edit/images_per_minute"), strict=True)
    assert steps == (1, 2, 3, 4)
    assert values == pytest.approx([60 * e.ok / (e.elapsed - began) for e in ends])
    # The second edit failed, which is no image.
    assert [e.ok for e in ends] == [1, 1, 2, 3]


def test_the_steps_of_a_resumed_run_go_on_where_the_first_start_ended(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    events: list[Event] = []
    for event in whole_run():
        if isinstance(event, StageStarted):
            events.append(replace(event, samples=2))
        elif isinstance(event, SampleFinished) and event.done > 2:
            events.append(replace(event, done=event.done - 2, ok=event.ok - 2, of=2))
    points = _points(events, tmp_path)
    assert [step for step, _ in _of(points, "edit/failures")] == [3, 4]


@pytest.mark.parametrize("category", ["physical", "文化", "a b-c_d.e", "x" * 80])
def test_a_harmless_category_keeps_its_name(category: str) -> None:
    assert name_of(category) == category


def test_categories_get_harmless_names_and_none_that_another_has() -> None:
    texts = [*CORPUS.values(), "a/b", "a b", "a_b", ".", "..", " x", "x ", "x" * 81, "x" * 82]
    names = [name_of(text) for text in texts]
    for one, other in itertools.combinations(range(len(texts)), 2):
        assert (names[one] == names[other]) == (texts[one] == texts[other])
    for name in names:
        assert 0 < len(name) < 100
        assert "/" not in name
        assert name.strip(". ")
