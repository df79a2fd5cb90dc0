"""A recording played to reporters: all of it, in order, whatever state it is in."""

import errno
import io
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager
from editgauge.core.hooks.recording import RecordingError
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.player import Player, ReplayResult, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.surroundings import Surroundings
from tests.core.replay import recordings
from tests.core.replay.recordings import Listener, Registered, end, log, start, step, write


def play(
    path: Path,
    *objects: object,
    listener: dict[str, str] | None = None,
    speed: float | None = None,
    handle_signals: bool = False,
) -> ReplayResult:
    plugins = PluginManager()
    plugins.register(Registered(), "registered")
    for number, found in enumerate(objects):
        plugins.register(found, f"object-{number}")
    choices = [] if listener is None else [ReporterChoice("listener", listener)]
    return Player(
        find_recording(str(path), path.parent),
        choose(choices, plugins, surroundings=Surroundings()),
        plugins,
        Screen(stderr=io.StringIO(), stdout=io.StringIO()),
        objects=objects,
        speed=speed,
    ).play(handle_signals=handle_signals)


def heard(listener: Listener) -> list[str]:
    return [text for text, _ in listener.heard]


def test_every_event_is_heard_at_its_own_time(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), log("a", 1.5), step(1, 2.5), end(3.0)])
    result = play(path, listener={})
    ((listener, context),) = recordings.made
    assert listener.heard == [
        ("RunStarted", 0.0),
        ("a", 1.5),
        ("StepFinished", 2.5),
        ("RunFinished", 3.0),
    ]
    assert listener.ticks == [1.5, 2.5, 3.0]
    assert listener.closed == 1
    assert context.run_id == recordings.RUN_ID
    assert (result.events, result.starts, result.finished, result.exit_code) == (4, 1, True, 0)


def test_steps_are_not_thinned_however_many(tmp_path: Path) -> None:
    events = [start(), *(step(number, number / 1000) for number in range(12_000)), end(12.0)]
    listener = Listener()
    play(write(tmp_path / "events.jsonl", events), listener)
    assert len(listener.heard) == 12_002


def test_the_end_of_the_run_has_no_part_in_the_exit_code(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), end(exit_code=101)])
    assert play(path, Listener()).exit_code == 0


def test_each_start_of_a_resumed_run_has_reporters_of_its_own(tmp_path: Path) -> None:
    events = [start(), log("first", 9.0), start(resumed=True), log("second", 0.5), end(1.0)]
    shared = Listener()
    result = play(write(tmp_path / "events.jsonl", events), shared, listener={})
    (first, context), (second, again) = recordings.made
    assert heard(first) == ["RunStarted", "first"]
    assert second.heard == [("RunStarted", 0.0), ("second", 0.5), ("RunFinished", 1.0)]
    assert (first.closed, second.closed, shared.closed) == (1, 1, 1)
    assert heard(shared) == heard(first) + heard(second)
    assert (context.new_files, again.new_files) == (True, False)
    assert (result.starts, result.finished) == (2, True)


def test_a_recording_without_an_end_is_replayed_and_said_to_have_none(tmp_path: Path) -> None:
    listener = Listener()
    result = play(write(tmp_path / "events.jsonl", [start(), log("a")], rest='{"kind'), listener)
    assert heard(listener) == ["RunStarted", "a"]
    assert (result.finished, listener.closed, result.exit_code) == (False, 1, 0)


def test_a_damaged_line_is_named_after_what_stands_before_it(tmp_path: Path) -> None:
    listener = Listener()
    path = write(tmp_path / "events.jsonl", [start(), log("a")], rest="{}}\n")
    with pytest.raises(RecordingError, match=r"^line 4: not JSON"):
        play(path, listener)
    assert heard(listener) == ["RunStarted", "a"]
    assert listener.closed == 1


@pytest.mark.parametrize("text", ["", "no recording\n", '{"format": "editgauge-events"}\n', "\0"])
def test_of_what_is_no_recording_nothing_is_made(text: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(text)
    with pytest.raises(RecordingError):
        play(path, listener={})
    assert recordings.made == []


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start()])
    with path.open("r+b") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(RecordingError, match=r"^line 3: longer than"):
        play(path, Listener())


def test_a_header_without_an_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(RecordingError, match=r"^line 1: longer than"):
        play(path, Listener())


def raising(error: BaseException) -> Any:
    def raises(event: Event) -> BaseException | None:
        return error if getattr(event, "text", "") == "a" else None

    return raises


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 110),
        (ValueError("odd"), 1),
        (SystemExit(0), 1),
    ],
    ids=["full disk", "mistake", "exit"],
)
def test_a_reporter_that_raises_is_muted_and_the_others_go_on(
    error: BaseException, code: int, tmp_path: Path
) -> None:
    bad, good = Listener(raises=raising(error)), Listener()
    events = [start(), log("a"), log("b"), start(resumed=True), log("c"), end()]
    result = play(write(tmp_path / "events.jsonl", events), bad, good)
    assert heard(bad) == ["RunStarted", "a"]
    assert len(good.heard) == 6
    assert (bad.closed, good.closed) == (1, 1)
    (failure,) = result.reporter_failures
    assert (failure.reporter, failure.hook) == ("object-0", "run_event")
    assert type(error).__name__ in failure.error
    assert result.exit_code == code


def test_nothing_more_is_read_once_nobody_listens(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), log("a")], rest="damaged\n")
    bad = Listener(raises=raising(ValueError("odd")))
    assert play(path, bad).exit_code == 1


def test_a_pipe_whose_reader_has_left_ends_it_as_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), log("a"), end()])
    with pytest.raises(BrokenPipeError):
        play(path, Listener(raises=raising(BrokenPipeError(errno.EPIPE, "Broken pipe"))))


def test_a_file_may_not_be_the_recording_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), end()])
    (tmp_path / "link.jsonl").symlink_to(path)
    for name in ("events.jsonl", "link.jsonl"):
        with pytest.raises(PluginError, match="the recording that is read; name another file"):
            play(path, listener={"path": str(tmp_path / name)})
    assert recordings.made == []


def test_without_a_run_directory_files_need_names(tmp_path: Path) -> None:
    path = write(tmp_path / "events.jsonl", [start(), end()])
    with pytest.raises(PluginError, match="lies in no run directory; name a file, as in"):
        play(path, listener={"path": "{run_dir}/out"})


def test_a_signal_ends_it_in_good_order(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if getattr(event, "text", "") == "a":
            os.kill(os.getpid(), signal.SIGINT)

    listener = Listener(raises=interrupt)
    path = write(tmp_path / "events.jsonl", [start(), log("a", 1.0), log("b", 3600.0)])
    result = play(path, listener, speed=5.0, handle_signals=True)
    assert heard(listener) == ["RunStarted", "a"]
    assert (listener.closed, result.exit_code, result.is_interrupted) == (1, 130, True)


def test_reporters_of_the_last_start_may_write_what_a_recording_without_an_end_holds(
    tmp_path: Path,
) -> None:
    events = [start(), log("killed"), start(resumed=True), log("killed again")]
    result = play(write(tmp_path / "events.jsonl", events), listener={})
    (first, _), (second, _) = recordings.made
    assert (first.ended_unfinished, second.ended_unfinished, second.closed) == (0, 1, 1)
    assert result.partial == ("listener",)


def test_where_the_run_ends_in_the_recording_nothing_is_partial(tmp_path: Path) -> None:
    listener = Listener()
    result = play(write(tmp_path / "events.jsonl", [start(), log("a"), end()]), listener)
    assert (listener.ended_unfinished, result.partial) == (0, ())


def test_before_a_damaged_line_reporters_write_what_they_have(tmp_path: Path) -> None:
    good, bad = Listener(), Listener(raises=raising(ValueError("odd")))
    path = write(tmp_path / "events.jsonl", [start(), log("a")], rest="{}}\n")
    with pytest.raises(RecordingError):
        play(path, good, bad)
    assert (good.ended_unfinished, bad.ended_unfinished) == (1, 0)


def test_a_replay_that_is_interrupted_writes_no_partial_report(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if getattr(event, "text", "") == "a":
            os.kill(os.getpid(), signal.SIGINT)

    listener = Listener(raises=interrupt)
    path = write(tmp_path / "events.jsonl", [start(), log("a"), log("b")])
    result = play(path, listener, handle_signals=True)
    assert (result.exit_code, result.partial, listener.ended_unfinished) == (130, (), 0)
