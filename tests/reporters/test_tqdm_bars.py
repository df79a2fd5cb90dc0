"""The terminal reporter through a terminal emulator.

Whole screens are compared with the text files in `screens/`. After a wanted change of the display,
`EDITGAUGE_RENEW=1 pytest tests/reporters/test_tqdm_bars.py` writes them anew; read the difference
before you commit it.
"""

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.reporters.tqdm_bars import TqdmReporter
from tests.reporters.contexts import make_context
from tests.reporters.screens_of import Terminal
from tests.reporters.script import (
    Clock,
    Script,
    add_steps,
    play,
    send,
    start_sample,
    whole_run,
)

SCREENS = Path(__file__).parent / "screens"
SIZES = [(100, 30), (60, 15)]


def _reporter(
    terminal: Terminal, clock: Clock, *, color: bool = False, **options: object
) -> TqdmReporter:
    context = replace(
        make_context(stderr=terminal, clock=clock, color=color), size=lambda: terminal.size
    )
    return TqdmReporter(TqdmConfig.model_validate(options), context)


def _is_moment(event: Event) -> bool:
    """Return whether the screen after an event is worth keeping."""
    kinds = (
        events.PhaseProgressed,
        events.LogEmitted,
        events.WorkerReady,
        events.WorkerLost,
        events.SampleRetried,
        events.SampleFinished,
        events.StageFinished,
    )
    last_step = isinstance(event, events.StepFinished) and event.step in (1, 4)
    return last_step or isinstance(event, kinds)


def _capture(columns: int, rows: int) -> str:
    terminal, clock = Terminal(columns, rows), Clock()
    reporter = _reporter(terminal, clock)
    parts: list[str] = []

    def keep(event: Event) -> None:
        if _is_moment(event):
            head = f"==== {event.seq} {type(event).__name__} at {event.elapsed:.1f} s"
            parts.append("\n".join([head, *terminal.lines()]))

    play(reporter, whole_run(), clock, after_each=keep)
    reporter.close()
    parts.append("\n".join(["==== closed, all that was printed", *terminal.everything()]))
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_screens_are_as_kept(columns: int, rows: int) -> None:
    path = SCREENS / f"{columns}x{rows}.txt"
    captured = _capture(columns, rows)
    if os.environ.get("EDITGAUGE_RENEW"):
        path.write_text(captured, encoding="utf-8")
    assert captured == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_each_worker_has_one_row_and_the_stage_one_more(columns: int, rows: int) -> None:
    terminal, clock = Terminal(columns, rows), Clock()
    reporter = _reporter(terminal, clock)
    workers: dict[str, set[str]] = {}
    compared = 0

    def check(event: Event) -> None:
        nonlocal compared
        match event:
            case events.StageStarted():
                workers[event.stage] = set()
            case events.WorkerStarted():
                workers[event.stage].add(event.worker)
            case events.StageFinished():
                del workers[event.stage]
            case _ if workers and not isinstance(event, events.PhaseStarted):
                block = terminal.block()
                labels = sum(line.startswith("[GPU ") for line in block)
                totals = sum(line.startswith(("Editing:", "Scoring:")) for line in block)
                assert (labels, totals) == (len(workers[next(iter(workers))]), 1), block
                assert len(block) == labels + totals, block
                compared += 1

    play(reporter, whole_run(), clock, after_each=check)
    assert compared > 50


def test_lines_above_the_bars_are_whole_and_in_order() -> None:
    # Wide enough that no line is folded, low enough that most of them scroll away.
    terminal, clock = Terminal(200, 8), Clock()
    reporter = _reporter(terminal, clock, detail="full")
    play(reporter, whole_run(), clock)
    reporter.close()
    printed = terminal.everything()
    evil, reason = "c\\x1b[2J\\n\\u202eevil", "the worker was killed by SIGKILL"
    expected = [
        "[GPU 0] loading\\rshards \\x1b[31m\\x9b2J 100%\\x07",
        "[GPU 0] 1/4 boat: edited in 3.1 s",
        "[GPU 1] Killed",
        f"[GPU 1] lost: killed by SIGKILL, with {evil} in hand; a replacement is started",
        f"[GPU 1] {evil} goes back into the queue after attempt 1: {reason}",
        f"[GPU 1] 3/4 {evil}: edited in 3.1 s",
        "[GPU 0+1] 2/4 boat: 8.50",
        "    │ the boat is untouched.",
        "    │ Score: 8.500",
        "[GPU 0+1] Batch 1/2: mean 8.50, 1 of 2 scored, 4.0 s",
        "  mean 7.75, 95 % interval -1.78 to 17.28, 2 of 4 scored",
        "  edited   3 of 4 (1 failed)",
    ]
    places = [printed.index(line) for line in expected]
    assert places == sorted(places)
    assert not [line for line in printed if "Denoising" in line or "idle" in line]


def test_nothing_is_left_when_closed_in_the_middle_of_a_stage() -> None:
    terminal, clock = Terminal(100, 30), Clock()
    reporter = _reporter(terminal, clock)
    stream = whole_run()
    middle = next(i for i, event in enumerate(stream) if isinstance(event, events.WorkerLost))
    play(reporter, stream[:middle], clock)
    assert terminal.block()
    above = terminal.lines()[: -len(terminal.block())]
    reporter.close()
    assert terminal.lines() == above
    assert terminal.screen.cursor.x == 0
    assert terminal.screen.cursor.y == len(above)


def _busy(workers: int, *, devices: str = "cuda") -> Script:
    script = Script()
    script.add(
        events.StageStarted(stage="edit", samples=99, batch_size=1, batches=99, workers=workers)
    )
    for number in range(workers):
        name = f"edit-{number}"
        script.add(
            events.WorkerStarted(
                worker=name,
                stage="edit",
                devices=(f"{devices}:{number}" if devices == "cuda" else devices,),
                pid=number + 1,
                python="python",
                threads=1,
            )
        )
        script.add(events.WorkerReady(worker=name, stage="edit", seconds=1.0))
        start_sample(script, name, "edit", f"s{number}", number)
    return script


def test_more_workers_than_rows_are_counted() -> None:
    terminal, clock = Terminal(60, 15), Clock()
    reporter = _reporter(terminal, clock)
    play(reporter, _busy(40).events, clock)
    block = terminal.block()
    assert len(block) <= 15 - 3
    shown = sum(line.startswith("[GPU ") for line in block)
    assert block[shown] == f"+{40 - shown} more"
    assert block[-1].startswith("Editing:")


def test_the_bar_reads_like_a_bar_of_tqdm() -> None:
    terminal, clock = Terminal(80, 10), Clock()
    reporter = _reporter(terminal, clock)
    script = _busy(1)
    add_steps(script, "edit-0", "s0", 0, 26, of=30)
    play(reporter, script.events, clock)
    clock.now += 2.0
    reporter.tick()
    row = terminal.block()[0]
    assert row.startswith("[GPU 0] Denoising:  87%|█")
    assert row.endswith("| 26/30 [00:15<00:02]")
    assert len(row) == 79


def test_workers_that_share_a_device_or_a_cpu_are_told_apart() -> None:
    terminal, clock = Terminal(80, 12), Clock()
    reporter = _reporter(terminal, clock)
    script = Script()
    script.add(events.StageStarted(stage="edit", samples=9, batch_size=1, batches=9, workers=6))
    devices = [("cuda:3",), ("cuda:3",), ("cpu",), ("cpu",), ("cuda:0", "cuda:12"), ("mps",)]
    for number, each in enumerate(devices):
        script.add(
            events.WorkerStarted(
                worker=f"w{number}", stage="edit", devices=each, pid=1, python="p", threads=None
            )
        )
    play(reporter, script.events, clock)
    labels = [line.split("]")[0] + "]" for line in terminal.block()[:-1]]
    assert labels == ["[GPU 3]", "[GPU 3 #2]", "[CPU 0]", "[CPU 1]", "[GPU 0+12]", "[MPS]"]


def test_without_steps_the_seconds_are_shown() -> None:
    terminal, clock = Terminal(80, 12), Clock()
    reporter = _reporter(terminal, clock, steps=False)
    script = _busy(1)
    add_steps(script, "edit-0", "s0", 0, 6, of=30)
    play(reporter, script.events, clock)
    assert terminal.block()[0] == "[GPU 0] Editing 3 s"


def test_events_alone_cause_at_most_ten_frames_a_second() -> None:
    terminal, clock = Terminal(80, 12), Clock()
    reporter = _reporter(terminal, clock)
    for event in _busy(2).events:
        send(reporter, event)
    before = terminal.writes
    script = Script()
    for step in range(1, 1001):
        event = script.add(
            events.StepFinished(worker="edit-0", sample="s0", index=0, step=step, of=1000),
            after=0.001,
        )
        clock.now = event.elapsed
        send(reporter, event)
    assert 5 <= terminal.writes - before <= 11


def test_a_frame_that_changes_nothing_is_not_written() -> None:
    terminal, clock = Terminal(80, 12), Clock()
    reporter = _reporter(terminal, clock)
    play(reporter, _busy(2).events, clock)
    before = terminal.writes
    for _ in range(5):
        reporter.tick()
    assert terminal.writes == before
    clock.now += 1.0
    reporter.tick()
    assert terminal.writes == before + 1


def test_a_terminal_made_narrower_gets_narrower_rows_and_keeps_no_old_ones() -> None:
    terminal, clock = Terminal(100, 12), Clock()
    reporter = _reporter(terminal, clock)
    script = _busy(3)
    add_steps(script, "edit-0", "s0", 0, 3)
    play(reporter, script.events, clock)
    terminal.resize(50, 12)
    reporter.tick()
    block = terminal.block()
    assert len(block) == 4
    assert max(map(len, block)) == 49


def test_ascii_terminals_get_ascii() -> None:
    class AsciiTerminal(Terminal):
        encoding = "ascii"

    terminal, clock = AsciiTerminal(60, 15), Clock()
    reporter = _reporter(terminal, clock, logs="none")
    bars = 0

    def look(_event: Event) -> None:
        nonlocal bars
        bars += any("Denoising:  80%|####" in line for line in terminal.block())

    play(reporter, whole_run(), clock, after_each=look)
    reporter.close()
    assert terminal.getvalue().isascii()
    assert bars
    assert "    | Killed" in terminal.everything()


def test_color_only_where_wanted() -> None:
    def colored(*, color: bool) -> bool:
        terminal, clock = Terminal(100, 30), Clock()
        play(_reporter(terminal, clock, color=color), whole_run(), clock)
        return "\x1b[31m[GPU 0] 2/4" in terminal.getvalue()

    assert colored(color=True)
    assert not colored(color=False)


@pytest.mark.parametrize("level", ["warning", "none"])
def test_log_lines_can_be_hidden_and_a_lost_workers_last_words_are_told_then(level: str) -> None:
    terminal, clock = Terminal(120, 30), Clock()
    reporter = _reporter(terminal, clock, logs=level)
    play(reporter, whole_run(), clock)
    printed = terminal.everything()
    assert not [line for line in printed if "shards" in line]
    assert "    │ Killed" in printed


def test_a_judge_beside_the_editors_has_rows_of_its_own() -> None:
    terminal, clock = Terminal(80, 15), Clock()
    reporter = _reporter(terminal, clock)
    script = _busy(2, devices="cpu")
    script.add(events.StageStarted(stage="score", samples=99, batch_size=4, batches=25, workers=1))
    script.add(
        events.WorkerStarted(
            worker="score-0", stage="score", devices=("cpu",), pid=9, python="p", threads=1
        )
    )
    play(reporter, script.events, clock)
    starts = [line[:8] for line in terminal.block()]
    assert starts == ["[CPU 0] ", "[CPU 1] ", "[CPU 2] ", "Editing:", "Scoring:"]


def test_without_a_terminal_it_says_what_to_use() -> None:
    with pytest.raises(ValueError, match="use the reporter 'plain'"):
        TqdmReporter(TqdmConfig(), make_context(stderr=io.StringIO(), interactive=False))
