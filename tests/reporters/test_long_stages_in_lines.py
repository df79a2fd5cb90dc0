"""What `plain` writes in stages of many samples: from time to time a line, and every failure."""

import io
import re

from editgauge.config_schemas.reporters import PlainConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.reporters.plain_lines import PlainReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, Script, add_steps, play, start_sample


def _plain(stream: list[Event], **options: object) -> list[str]:
    stderr = io.StringIO()
    context = make_context(stderr=stderr, interactive=False)
    reporter = PlainReporter(PlainConfig.model_validate(options), context)
    play(reporter, stream, Clock())
    reporter.close()
    return stderr.getvalue().splitlines()


def _stage(samples: int, seconds: float, *, failed: tuple[int, ...] = ()) -> list[Event]:
    """Return a score stage of two workers that finishes a sample every so many seconds."""
    script = Script()
    script.add(
        events.StageStarted(
            stage="score", samples=samples, batch_size=1, batches=samples, workers=2
        )
    )
    for number in range(samples):
        name = f"score-{number % 2}"
        start_sample(script, name, "score", f"s{number}", number)
        ok = number not in failed
        script.add(
            events.SampleFinished(
                worker=name,
                stage="score",
                sample=f"s{number}",
                index=number,
                category="",
                outcome="ok" if ok else "unparsed",
                seconds=1.0,
                attempt=1,
                done=number + 1,
                of=samples,
                ok=number + 1,
                score=7.0 if ok else None,
                reply="fine",
                mean=7.0,
            ),
            after=seconds,
        )
        script.add(
            events.BatchFinished(
                worker=name, stage="score", number=number + 1, of=samples, samples=1, seconds=1.0
            )
        )
    return script.events


def test_ten_thousand_samples_are_a_few_lines_and_each_failure_one() -> None:
    lines = _plain(_stage(10_000, 0.05, failed=(77, 5_000)))
    assert len(lines) < 30
    assert [line for line in lines if "no score, unparsed" in line] == [
        "#3 [score-1] 78/10,000 s77: no score, unparsed  fine",
        "#2 [score-0] 5,001/10,000 s5000: no score, unparsed  fine",
    ]
    progress = [line for line in lines if line.startswith("#1 Scoring: ")]
    assert len(progress) == 19
    assert progress[0] == (
        "#1 Scoring: 500 of 10,000 (5 %), mean 7.00, 500 of 500 scored, 1,200 images/min, "
        "about 7 min 54 s left"
    )


def test_lines_of_progress_are_at_least_five_seconds_apart() -> None:
    lines = _plain(_stage(1_000, 0.02))
    assert len([line for line in lines if line.startswith("#1 Scoring: ")]) == 3


def test_in_a_slow_stage_something_is_said_every_minute() -> None:
    lines = _plain(_stage(1_000, 20.0))
    progress = [line for line in lines if line.startswith("#1 Scoring: ")]
    assert len(progress) == 333


def test_a_short_stage_and_the_detail_full_have_a_line_for_each_sample() -> None:
    scored = re.compile(r"#\d \[score-\d\] \d+/\d+ s\d+: 7\.00")
    short = [line for line in _plain(_stage(20, 1.0)) if scored.match(line)]
    long = [line for line in _plain(_stage(21, 1.0)) if scored.match(line)]
    full = [line for line in _plain(_stage(21, 1.0), detail="full") if scored.match(line)]
    assert (len(short), len(long), len(full)) == (20, 0, 21)


def test_a_step_is_told_if_nothing_else_was_for_a_minute() -> None:
    script = Script()
    start_sample(script, "edit-0", "edit", "boat", 0)
    add_steps(script, "edit-0", "boat", 0, 300, of=300)
    assert _plain(script.events) == [
        "#1 [edit-0] boat: step 120/300",
        "#1 [edit-0] boat: step 240/300",
    ]
    assert _plain(script.events, steps=False) == []


def test_a_silent_worker_is_told_once_when_another_one_says_something() -> None:
    script = Script()
    start_sample(script, "edit-0", "edit", "boat", 0)
    start_sample(script, "edit-1", "edit", "house", 1)
    add_steps(script, "edit-0", "boat", 0, 200, of=200)
    lines = _plain(script.events, steps=False)
    assert lines == ["#2 [edit-1] silent for 1 min 00 s"]
    assert _plain(script.events, steps=False, level="quiet") == []


def test_hidden_lines_of_a_worker_are_told_when_its_sample_fails() -> None:
    script = Script()
    script.add(events.StageStarted(stage="edit", samples=2, batch_size=1, batches=2, workers=1))
    start_sample(script, "edit-0", "edit", "old", 0)
    script.add(events.LogEmitted(worker="edit-0", level="info", text="of the sample before"))
    start_sample(script, "edit-0", "edit", "boat", 1)
    for number in range(15):
        script.add(events.LogEmitted(worker="edit-0", level="info", text=f"line {number}\x1b[2J"))
    script.add(
        events.SampleFinished(
            worker="edit-0",
            stage="edit",
            sample="boat",
            index=1,
            category="",
            outcome="failed",
            seconds=1.0,
            attempt=1,
            done=1,
            of=2,
            ok=0,
            reason="ValueError: no",
        )
    )
    lines = _plain(script.events, logs="none")
    assert lines[-11] == "#2 [edit-0] 1/2 boat: failed: ValueError: no"
    assert lines[-10:] == [f"#2     │ line {number}\\x1b[2J" for number in range(5, 15)]
    assert "│" not in "".join(_plain(script.events))
