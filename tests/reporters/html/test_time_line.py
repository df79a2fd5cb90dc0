"""The time line: what workers did when, and how long they had nothing to do."""

import pytest

from editgauge.core.hooks.events import PhaseStarted
from editgauge.reporters.html.plots import draw_histogram, draw_line, histogram_of, nice_end
from editgauge.reporters.html.time_line import Span, TimeLine, WorkerLine
from tests.reporters.script import whole_run


def lines() -> dict[str, WorkerLine]:
    time_line = TimeLine()
    for event in whole_run():
        time_line.hear(event)
    return {line.worker: line for line in time_line.lines()}


def test_workers_load_work_and_are_lost_and_replaced() -> None:
    found = lines()
    assert {name: line.label for name, line in found.items()} == {
        "edit-0": "GPU 0",
        "edit-1": "GPU 1",
        "score-0": "GPU 0+1",
    }
    assert [span.kind for span in found["edit-0"].spans] == ["load", "work", "work", "work"]
    second = found["edit-1"]
    assert [span.kind for span in second.spans] == ["load", "work", "load", "work"]
    assert [loss.reason for loss in second.losses] == ["killed by SIGKILL"]
    # What was in hand when it was lost did not leave the stage at it.
    assert (found["edit-0"].samples, second.samples, found["score-0"].samples) == (3, 1, 3)


def test_idle_is_the_time_in_which_a_ready_worker_has_nothing_in_hand() -> None:
    found = lines()
    shutdown = next(
        event.elapsed
        for event in whole_run()
        if isinstance(event, PhaseStarted) and event.phase == "shutdown"
    )
    # `edit-0` is done last, at once before the end; `edit-1` has nothing to do for a while.
    first, second = (found[name] for name in ("edit-0", "edit-1"))
    assert second.idle == pytest.approx(shutdown - max(span.end for span in second.spans))
    assert second.idle > 0
    busy = sum(span.end - span.start for span in first.spans)
    started = min(span.start for span in first.spans)
    assert first.idle == pytest.approx(shutdown - started - busy)
    # It took its batches without a pause.
    assert found["score-0"].idle == pytest.approx(0.0, abs=0.01)


def test_thousands_of_spans_are_drawn_as_few() -> None:
    spans = [Span("work", at * 0.01, at * 0.01 + 0.009, 1) for at in range(10_000)]
    line = WorkerLine("edit", "edit-0", "GPU 0", spans=[*spans, Span("work", 150.0, 160.0, 1)])
    drawn = draw_line(line, end=200.0)
    assert drawn.count("<rect") == 2
    assert "style=" not in drawn


@pytest.mark.parametrize(
    ("seconds", "end"), [(0.0, 0.4), (7.9, 8.0), (33.0, 40.0), (240.0, 240.0), (9180.0, 9600.0)]
)
def test_the_axis_ends_at_a_round_number(seconds: float, end: float) -> None:
    assert nice_end(seconds) == pytest.approx(end)


def test_scores_are_counted_in_bins_of_their_range() -> None:
    assert histogram_of([0.0, 1.0, 1.0], 0.0, 1.0).counts == (1, 2)
    assert histogram_of([1.0, 5.0, 5.0, 3.0], 1.0, 5.0).counts == (1, 0, 1, 0, 2)
    fine = histogram_of([0.0, 0.49, 0.5, 9.99, 10.0], 0.0, 10.0)
    assert (fine.counts[0], fine.counts[1], fine.counts[-1]) == (2, 1, 2)
    assert sum(histogram_of([5.0], 5.0, 5.0).counts) == 1


def test_plots_hold_no_words_and_no_styles() -> None:
    histogram = histogram_of([1.5, 2.0, 9.0], 0.0, 10.0)
    drawn = draw_histogram(histogram, most=histogram.most, mean=4.2, interval=(-1.0, 12.0))
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "<text" not in drawn
