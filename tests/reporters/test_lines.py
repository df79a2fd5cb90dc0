"""The reporters that write lines: `plain` and `file`, and the wording that all share."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.config_schemas.reporters import Detail, FileConfig, PlainConfig, TqdmConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import EVENT_TYPES, Event
from editgauge.reporters.board import Board
from editgauge.reporters.closing import run_block
from editgauge.reporters.detail_file import FileReporter
from editgauge.reporters.labels import WorkerLabels
from editgauge.reporters.plain_lines import PlainReporter
from editgauge.reporters.tqdm_bars import TqdmReporter
from editgauge.reporters.widths import width
from editgauge.reporters.wording import Voice
from tests.reporters.contexts import make_context
from tests.reporters.script import (
    FIGURES,
    REPLY,
    RUN_DIR,
    RUN_ID,
    Clock,
    play,
    whole_run,
)

CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _plain(stream: list[Event], **options: object) -> str:
    stderr = io.StringIO()
    context = make_context(stderr=stderr, interactive=False)
    reporter = PlainReporter(PlainConfig.model_validate(options), context)
    play(reporter, stream, Clock())
    reporter.close()
    return stderr.getvalue()


def _file(folder: Path, stream: list[Event], **options: object) -> str:
    reporter = FileReporter(FileConfig.model_validate(options), make_context(run_dir=folder))
    play(reporter, stream, Clock())
    reporter.close()
    return (folder / "detail.log").read_text(encoding="utf-8")


def test_plain_tells_each_change_of_state_once() -> None:
    lines = _plain(whole_run()).splitlines()
    for expected in (
        f"Run {RUN_ID} started",
        "  edit with qwen-image-edit, score with qwen3-vl, seed 42",
        "#1 Checking the dataset: 4 samples (0.4 s)",
        "#3   4 images, 2 workers",
        "#5 [GPU 1] loading (pid 4002, start 2)",
        "#4 [GPU 0] 1/4 boat: edited in 3.1 s",
        "#4 [GPU 0] 2/4 写真-03: failed: OutOfMemoryError: tried to allocate\\n2 GiB \\x1b[1m画像",
        "#7   4 images, batch size 2, 2 batches, 1 worker",
        "#7   scores from 0 to 10",
        "#7 1/4 写真-03: no score, not_edited: edit failed",
        f"#8 [GPU 0+1] 2/4 boat: 8.50  {' '.join(REPLY.split())}",
        "#8 [GPU 0+1] Batch 1/2: mean 8.50, 1 of 2 scored, 4.0 s",
        "#7   total 4, scored 2, std 1.06, median 7.75, min 7.00, max 8.50",
        "#7   mean 7.75, 95 % interval -1.78 to 17.28, 2 of 4 scored",
        "  stages   edit 30 s, 5.9 images/min (slowest)",
        "           score 13 s, 9.2 images/min",
        "  文化          2       1      50 %  7.00              -",
        f"  results  {RUN_DIR}",
    ):
        assert lines.count(expected) == 1, expected


def test_plain_quiet_tells_problems_and_the_closing_block() -> None:
    lines = _plain(whole_run(), level="quiet").splitlines()
    closing = lines.index("Run finished: 4 samples in 50 s, exit code 100")
    starts = ["lost: ", "│ Killed", "goes back", "failed: Out", "no score, not", "no score, unp"]
    starts += ["run: scoring", "score-0 busy", "reporter '"]
    assert len(lines[:closing]) == len(starts)
    for line, start in zip(lines[:closing], starts, strict=True):
        assert start in line


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("scores", ["2/4 boat: 8.50"]),
        (
            "short",
            ["2/4 boat: 8.50  The sky is darker, as asked; the boat is untouched. Score: 8."],
        ),
        ("full", ["2/4 boat: 8.50", *(f"    │ {line}".rstrip() for line in REPLY.split("\n"))]),
    ],
)
def test_detail_says_how_much_of_a_reply_is_shown(detail: Detail, shown: list[str]) -> None:
    lines = [
        line.removeprefix("#8 ").removeprefix("[GPU 0+1] ").rstrip()
        for line in _plain(whole_run(), detail=detail).splitlines()
    ]
    place = next(i for i, line in enumerate(lines) if line.startswith("2/4 boat: 8.50"))
    for line, expected in zip(lines[place:], shown, strict=False):
        assert line.startswith(expected)
    assert ("sky" in "".join(lines)) == (detail != "scores")


def test_a_long_reply_is_cut_at_80_characters_in_short() -> None:
    voice = Voice(run_dir=RUN_DIR, detail="short", logs="info")
    line = voice.tell(_scored(reply="word " * 10_000))[0].text
    behind = line.split("8.00  ")[1]
    assert len(behind) == 80
    assert behind.endswith("…")


def _scored(
    *, reply: str, sample: str = "a", outcome: str = "ok", reason: str = ""
) -> events.SampleFinished:
    return events.SampleFinished(
        worker="score-0",
        stage="score",
        sample=sample,
        index=0,
        category="",
        outcome=outcome,
        seconds=1.0,
        attempt=1,
        done=1,
        of=2,
        ok=1,
        score=8.0 if outcome == "ok" else None,
        reply=reply,
        reason=reason,
    )


def test_plain_writes_to_a_file_whose_folders_it_makes(tmp_path: Path) -> None:
    path = str(tmp_path / "a" / "{run_id}" / "plain.log")
    assert _plain(whole_run(), path=path) == ""
    written = tmp_path / "a" / RUN_ID / "plain.log"
    assert "mean 7.75, 95 % interval" in written.read_text(encoding="utf-8")


def test_relative_paths_begin_in_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _plain(whole_run(), path="logs/plain.log")
    assert (tmp_path / "logs" / "plain.log").stat().st_size > 0


def test_the_file_holds_every_reply_whole_and_a_time_on_each_line(tmp_path: Path) -> None:
    long_reply = "\n".join(f"line {i} " + "x" * 200 for i in range(300))
    last = replace(_scored(reply=long_reply), time=whole_run()[-1].time)
    text = _file(tmp_path, [*whole_run(), last])
    assert all(f"│ {line}\n" in text for line in long_reply.split("\n"))
    stamped = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (debug|info|warning|error)")
    assert all(stamped.match(line) for line in text.splitlines())
    assert "make it\\x1b[5m darker (0)" in text
    assert "step" not in text.replace("step_event", "")


def test_the_file_goes_on_where_an_earlier_run_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "detail.log").write_text("an earlier line, torn", encoding="utf-8")
    text = _file(tmp_path, whole_run(), steps=True)
    assert text.startswith("an earlier line, torn\n2026-11-23T03:10:00.000000Z info    Run ")
    assert text.count(": step ") == sum(
        isinstance(event, events.StepFinished) for event in whole_run()
    )


def test_piped_output_holds_no_control_character(tmp_path: Path) -> None:
    for detail in ("short", "full"):
        assert not CONTROL.search(_plain(whole_run(), detail=detail))
    assert not CONTROL.search(_file(tmp_path, whole_run(), steps=True))


def test_streams_of_another_encoding_are_served() -> None:
    raw = io.BytesIO()
    stderr = io.TextIOWrapper(raw, encoding="latin-1", errors="strict", newline="\n")
    reporter = PlainReporter(PlainConfig(), make_context(stderr=stderr, interactive=False))
    play(reporter, whole_run(), Clock())
    text = raw.getvalue().decode("latin-1")
    assert "    | Killed" in text
    assert "\\u5199\\u771f-03" in text


def test_every_kind_of_event_is_told_and_the_script_holds_every_kind() -> None:
    voice = Voice(run_dir=RUN_DIR, detail="full", logs="debug", limit=None)
    silent = {type(event).__name__ for event in whole_run() if not voice.tell(event)}
    assert not silent
    assert {type(event).__name__ for event in whole_run()} == set(EVENT_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewRun(events.RunEvent):
    text: str = "\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewBatch(events.BatchEvent):
    text: str = "\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewSample(events.SampleEvent):
    text: str = "\x1b[2J"


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewStep(events.StepEvent):
    text: str = "\x1b[2J"


NEW_KINDS: list[Event] = [
    kind(worker="edit-0") for kind in (_NewRun, _NewBatch, _NewSample, _NewStep)
]


def test_events_of_unknown_kind_are_passed_over(tmp_path: Path) -> None:
    assert _plain(NEW_KINDS) == ""
    assert _file(tmp_path, NEW_KINDS, steps=True) == ""
    stderr = io.StringIO()
    reporter = TqdmReporter(TqdmConfig(), make_context(stderr=stderr))
    play(reporter, NEW_KINDS, Clock())
    reporter.close()
    assert stderr.getvalue() == ""


def _finished(categories: int, **changes: object) -> events.RunFinished:
    values: dict[str, object] = {
        "status": "finished",
        "exit_code": 0,
        "samples": 4,
        "edit_outcomes": (events.Count("ok", 4),),
        "score_outcomes": (events.Count("ok", 2), events.Count("unparsed", 2)),
        "figures": FIGURES,
        "categories": tuple(
            events.CategoryFigures(f"category {i}", FIGURES) for i in range(categories)
        ),
        "seconds": 60.0,
    }
    return events.RunFinished(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("screen", [(100, 30), (60, 15), (45, 14)])
def test_the_closing_block_fits_one_screen(screen: tuple[int, int]) -> None:
    lines = run_block(_finished(50, advice="do this " * 5), RUN_DIR, screen=screen)
    assert sum(-(-width(line) // screen[0]) for line in lines) <= screen[1]
    shown = sum(line.startswith("  category ") and line[11].isdigit() for line in lines)
    assert f"  and {50 - shown} more categories, see run.json" in lines


def test_the_closing_block_lists_every_category_where_there_is_no_screen() -> None:
    lines = run_block(_finished(50), RUN_DIR)
    assert sum(line.startswith("  category ") for line in lines) == 51


def test_without_a_score_there_is_no_mean() -> None:
    nothing = events.Figures(4, 0, None, None, None, None, None)
    unparsed = (events.Count("unparsed", 4),)
    lines = run_block(_finished(0, figures=nothing, score_outcomes=unparsed), RUN_DIR)
    assert "  score    no mean, 0 of 4 scored" in lines
    assert not [line for line in lines if "0.00" in line]


def test_a_review_says_of_how_many_samples_and_not_how_many_are_to_do() -> None:
    voice = Voice(run_dir=Path(), detail="short", logs="info")
    (line,) = voice.tell(events.PhaseStarted(phase="review", of=12))
    assert line.text == "Reviewing earlier results of 12 samples"


def test_the_reason_of_a_run_that_failed_is_told() -> None:
    lines = run_block(_finished(0, status="failed", exit_code=101, reason="no\nworker"), RUN_DIR)
    assert lines[0] == "Run failed: 4 samples in 1 min 00 s, exit code 101"
    assert lines[1:3] == ["  reason   no", "           worker"]


def test_an_interrupted_run_says_how_many_samples_it_did_and_how_many_not() -> None:
    start = next(event for event in whole_run() if isinstance(event, events.RunStarted))
    voice = Voice(run_dir=RUN_DIR, detail="short", logs="info")
    voice.tell(start)
    cut = {"status": "interrupted", "exit_code": 130, "samples": 10, "figures": None}
    edits = (events.Count("ok", 2), events.Count("failed", 1))
    lines = voice.tell(_finished(0, **cut, edit_outcomes=edits, score_outcomes=()))
    assert [line.text for line in lines][:3] == [
        "Run interrupted: 3 of 10 samples in 1 min 00 s, exit code 130",
        "  edited   2 of 10 (1 failed, 7 not reached)",
        "  scored   0 of 10 (10 not reached)",
    ]
    scores = (events.Count("ok", 1), events.Count("not_edited", 1))
    lines = voice.tell(_finished(0, **cut, edit_outcomes=edits, score_outcomes=scores))
    assert lines[0].text.startswith("Run interrupted: 2 of 10 samples in")
    assert lines[2].text == "  scored   1 of 10 (1 not_edited, 8 not reached)"


def test_samples_that_fail_or_were_never_asked_are_no_images_a_minute() -> None:
    stream: list[Event] = []
    for event in whole_run():
        changed = event
        if isinstance(event, events.SampleFinished):
            # As where every edit raises: nothing is judged, either.
            outcome = "failed" if event.stage == "edit" else "not_edited"
            changed = replace(event, outcome=outcome, ok=0, score=None, mean=None, image=None)
        stream.append(changed)
    lines = _plain(stream).splitlines()
    assert "  stages   edit 30 s (slowest)" in lines
    assert not [line for line in lines if "/min" in line]


def test_a_resumed_run_says_the_speed_of_this_start() -> None:
    voice = Voice(run_dir=RUN_DIR, detail="short", logs="info")
    stream = [replace(event, ok=1) if isinstance(event, events.SampleFinished) else event
              for event in whole_run()]  # fmt: skip
    texts = [line.text for event in stream for line in voice.tell(event)]
    # The outcomes at the end are of all starts.
    assert "Editing finished in 30 s (2.0 images/min): 3 ok, 1 failed" in texts


any_text = st.text(max_size=120)


@given(sample=any_text, reply=any_text, reason=any_text, log=any_text, worker=any_text)
def test_no_text_from_outside_brings_a_control_character_into_a_line(
    sample: str, reply: str, reason: str, log: str, worker: str
) -> None:
    stream: list[Event] = [
        events.LogEmitted(worker=worker, level=log, text=log),
        _scored(reply=reply, sample=sample, outcome="unparsed", reason=reason),
        events.WorkerLost(worker=worker, stage=log, reason=reason, samples=(sample,)),
        events.PhaseStarted(phase=reason),
        events.StageStarted(
            stage=log, samples=1, batch_size=1, batches=1, workers=1, detail=reason
        ),
    ]
    for detail in ("short", "full"):
        voice = Voice(run_dir=Path(sample.replace("\0", "")), detail=detail, logs="debug")
        for line in (line for event in stream for line in voice.tell(event)):
            assert not CONTROL.search(line.text)
            assert "\n" not in line.text


@given(
    size=st.tuples(st.integers(1, 130), st.integers(1, 40)),
    text=st.text(max_size=80),
    upto=st.integers(0, len(whole_run())),
    ascii_only=st.booleans(),
)
def test_rows_never_reach_the_last_column_nor_more_rows_than_the_screen_has(
    size: tuple[int, int], text: str, upto: int, *, ascii_only: bool
) -> None:
    labels = WorkerLabels()
    board = Board(labels, steps=True, ascii_only=ascii_only)
    for event in _with_text(text, whole_run()[:upto]):
        labels.hear(event)
        board.hear(event)
    rows = board.rows(100.0, size)
    assert all(width(text) <= max(1, size[0] - 1) for text, _ in rows)
    assert len(rows) <= max(1, size[1] - 1)
    assert not any(CONTROL.search(text) or "\n" in text for text, _ in rows)


def _with_text(text: str, stream: list[Event]) -> Iterator[Event]:
    yield from stream
    yield events.PhaseStarted(phase=text)
    yield events.StageStarted(stage=text, samples=0, batch_size=1, batches=0, workers=1)
    yield events.WorkerStarted(
        worker=text, stage=text, devices=(text,), pid=1, python=text, threads=1
    )
    yield events.WorkerLost(worker="edit-0", stage="edit", reason=text)
