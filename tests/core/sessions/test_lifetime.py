"""Opened, used by many, interrupted, forgotten: a session ends in good order and leaves nothing."""

import asyncio
import gc
import os
import signal
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import editgauge
from editgauge.core.hooks.events import RunFinished, SampleStarted
from tests.core.sessions.opened import open_editor, picture, seed_in
from tests.support.processes import descendants, wait_until
from tests.support.runs import Recorder

FILES = Path("/proc/self/fd")


def test_a_session_is_closed_once_and_then_of_no_use(tmp_path: Path) -> None:
    before = set(descendants(os.getpid()))
    files, threads = len(list(FILES.iterdir())), set(threading.enumerate())
    editor = open_editor(tmp_path, reporters=[Recorder()])
    assert not editor.closed
    assert set(descendants(os.getpid())) > before
    assert "open" in repr(editor)
    editor.close()
    editor.close()
    assert editor.closed
    assert "closed" in repr(editor)
    assert set(descendants(os.getpid())) <= before
    assert not editor.folder.exists()
    assert wait_until(lambda: set(threading.enumerate()) <= threads, 60)
    assert len(list(FILES.iterdir())) <= files
    for use in (lambda: editor.edit(picture(), "x"), lambda: editor.iter_edits([], "x")):
        with pytest.raises(editgauge.SessionError, match="this session is closed; open a new one"):
            use()
    with pytest.raises(editgauge.SessionError, match="closed"), editor:
        pass


def test_many_threads_use_one_session(tmp_path: Path) -> None:
    with open_editor(tmp_path, devices=2) as editor, ThreadPoolExecutor(8) as threads:
        seeds = [[10 * call + number for number in range(3)] for call in range(16)]
        calls = threads.map(lambda each: editor.edit([picture()] * 3, "x", seeds=each), seeds)
        assert [[seed_in(result) for result in call] for call in calls] == seeds


def test_an_event_loop_uses_a_session_through_threads(tmp_path: Path) -> None:
    async def edit_all(editor: editgauge.EditSession) -> list[list[editgauge.EditedImage]]:
        calls = [asyncio.to_thread(editor.edit, picture(), "x", seeds=seed) for seed in (4, 5, 6)]
        return await asyncio.gather(*calls)

    with open_editor(tmp_path) as editor:
        calls = asyncio.run(edit_all(editor))
    assert [seed_in(result) for (result,) in calls] == [4, 5, 6]


def test_who_waits_hears_that_the_session_is_closed(tmp_path: Path) -> None:
    recorder = Recorder()
    editor = open_editor(tmp_path, reporters=[recorder], misbehave={"long": "hang"})
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(editor.edit, [picture()] * 2, "x", ids=["long", "b"])
        assert wait_until(lambda: bool(recorder.of(SampleStarted)), 60)
        editor.close()
        with pytest.raises(editgauge.SessionError, match="this session is closed"):
            waiting.result(60)
    (finished,) = recorder.of(RunFinished)
    assert (finished.status, finished.exit_code, finished.samples) == ("finished", 0, 0)


@pytest.fixture
def handled_interrupts() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, also where the tests were started without a terminal."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("handled_interrupts")
def test_ctrl_c_in_a_call_leaves_the_session_open(tmp_path: Path) -> None:
    recorder = Recorder()
    misbehave = {"held": "hold:held", "never": "exit"}
    with open_editor(tmp_path, reporters=[recorder], misbehave=misbehave) as editor:

        def interrupt() -> None:
            wait_until(lambda: bool(recorder.of(SampleStarted)), 60)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            editor.edit([picture()] * 2, "x", ids=["held", "never"])
        thread.join()
        (tmp_path / "held.go").touch()
        (result,) = editor.edit(picture(), "x", seeds=7)
        assert seed_in(result) == 7
    assert {event.sample for event in recorder.of(SampleStarted)} == {"held", "3"}


@pytest.mark.usefixtures("handled_interrupts")
@pytest.mark.parametrize("what", ["check", "load"])
def test_ctrl_c_while_it_opens_leaves_no_process(tmp_path: Path, what: str) -> None:
    before = set(descendants(os.getpid()))
    recorder = Recorder()

    def interrupt() -> None:
        wait_until((tmp_path / "waits.reached").exists, 60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        open_editor(tmp_path, reporters=[recorder], misbehave={what: "stall:waits"})
    thread.join()
    assert wait_until(lambda: set(descendants(os.getpid())) <= before, 60)
    (finished,) = recorder.of(RunFinished)
    assert (finished.status, finished.exit_code) == ("interrupted", 130)


def test_ctrl_c_out_of_the_block_ends_as_an_interrupted_run(tmp_path: Path) -> None:
    recorder = Recorder()
    with pytest.raises(KeyboardInterrupt), open_editor(tmp_path, reporters=[recorder]):
        raise KeyboardInterrupt
    (finished,) = recorder.of(RunFinished)
    assert (finished.status, finished.exit_code) == ("interrupted", 130)


def test_a_forgotten_session_warns_and_ends_its_workers(tmp_path: Path) -> None:
    before = set(descendants(os.getpid()))
    editor = open_editor(tmp_path)
    folder, gone = editor.folder, weakref.ref(editor)
    holders = [editor]
    del editor
    with pytest.warns(ResourceWarning, match="unclosed session <EditSession 'editgauge-sleeping-"):
        holders.clear()
    gc.collect()
    assert gone() is None
    assert wait_until(lambda: set(descendants(os.getpid())) <= before, 60)
    assert wait_until(lambda: not folder.exists(), 60)


def test_a_process_that_was_forked_off_is_told_so(tmp_path: Path) -> None:
    with open_editor(tmp_path) as editor:
        (kept,) = editor.edit(picture(), "x")
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                del kept
                gc.collect()
                editor.edit(picture(), "x")
            except editgauge.SessionError as error:
                os.write(writer, str(error).encode())
            finally:
                editor.close()
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read().decode()
        os.waitpid(child, 0)
        assert f"was opened by process {os.getpid()} and cannot be used in another one" in told
        # What the child let go of and closed is its copy.
        assert seed_in(kept) == 42
        assert [result.outcome for result in editor.edit(picture(), "x")] == ["ok"]
