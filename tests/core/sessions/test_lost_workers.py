"""Workers of a session crash, hang and are replaced as in a run; what ends it is said as there."""

import os
import signal
from pathlib import Path

import pytest

import editgauge
from editgauge.core.hooks.events import WorkerLost, WorkerReady
from tests.core.sessions.opened import open_editor, picture, seed_in, sleeping
from tests.support import plugin
from tests.support.processes import wait_until
from tests.support.pythons import make_bare_python
from tests.support.runs import Recorder, run, run_config


def test_a_lost_worker_is_replaced_and_its_image_tried_again(tmp_path: Path) -> None:
    recorder = Recorder()
    misbehave = {"once": "once:kill", "deadly": "kill", "slow": "hang"}
    with open_editor(
        tmp_path,
        reporters=[recorder],
        misbehave=misbehave,
        workers={"request_timeout": 1.0, "max_restarts": 9},
    ) as editor:
        results = editor.edit([picture()] * 4, "x", ids=["once", "deadly", "slow", "fine"])
        assert [result.outcome for result in results] == ["ok", "crashed", "timeout", "ok"]
        assert [result.attempt for result in results] == [2, 2, 2, 1]
        assert [result.image is None for result in results] == [False, True, True, False]
        assert "killed by SIGKILL" in results[1].reason
        assert "gave no answer within 1 s" in results[2].reason
        assert seed_in(results[3]) == 45
    assert len(recorder.of(WorkerLost)) == 5


def test_a_worker_that_dies_while_nothing_is_asked_is_replaced_at_once(tmp_path: Path) -> None:
    recorder = Recorder()
    with open_editor(tmp_path, reporters=[recorder]) as editor:
        (first,) = tmp_path.glob("load-*")
        os.kill(int(first.name.removeprefix("load-")), signal.SIGKILL)
        assert wait_until(lambda: len(recorder.of(WorkerReady)) == 2, 60)
        assert [result.outcome for result in editor.edit(picture(), "x")] == ["ok"]


def test_a_session_that_has_no_worker_left_ends_and_says_why(tmp_path: Path) -> None:
    with open_editor(tmp_path, misbehave={"deadly": "kill"}, workers={"max_restarts": 0}) as editor:
        folder = editor.folder
        with pytest.raises(editgauge.SessionError, match="no edit worker is left") as caught:
            editor.edit([picture()] * 2, "x", ids=["deadly", "never"])
        assert caught.value.exit_code == editgauge.ExitCode.WORKERS_LOST
        assert "killed by SIGKILL" in str(caught.value)
        assert editor.closed
        with pytest.raises(editgauge.SessionError, match="has ended: no edit worker is left"):
            editor.edit(picture(), "x")
    # The error names a log, so it is there, in a temporary folder too.
    assert (folder / "logs" / "edit-0.log").is_file()


def test_a_session_that_lost_too_many_workers_ends(tmp_path: Path) -> None:
    config = {
        "edit": sleeping(tmp_path, misbehave={"deadly": "kill"}),
        "max_lost_workers": 1,
    }
    with (
        editgauge.open_edit_model(config, plugins=[plugin]) as editor,
        pytest.raises(editgauge.SessionError, match="2 workers were lost, and max_lost_workers"),
    ):
        editor.edit([picture()] * 2, "x", ids=["deadly", "fine"])


def test_a_model_that_cannot_be_loaded_is_told_as_by_a_run(tmp_path: Path) -> None:
    misbehave = {"load": "raise"}
    result, _, _ = run(run_config(tmp_path, edit={"misbehave": misbehave}, reward=None))
    with pytest.raises(editgauge.SessionError) as caught:
        open_editor(tmp_path, devices=2, misbehave=misbehave)
    assert caught.value.exit_code == result.exit_code == editgauge.ExitCode.WORKERS_LOST
    told = str(caught.value)
    assert told.startswith("no edit worker could be started: edit-")
    assert "could not load its model: RuntimeError: told to raise" in told
    assert told.partition("its log is")[0].replace("edit-1", "edit-0") == (
        result.reason.partition("its log is")[0].replace("edit-1", "edit-0")
    )


def test_an_environment_that_cannot_be_used_is_told_as_by_a_run(tmp_path: Path) -> None:
    misbehave = {"check": "raise"}
    result, _, _ = run(run_config(tmp_path, edit={"misbehave": misbehave}, reward=None))
    with pytest.raises(editgauge.PreflightError) as caught:
        open_editor(tmp_path, misbehave=misbehave)
    assert str(caught.value) == result.reason
    assert "told to raise" in result.reason


def test_an_interpreter_that_does_not_exist_is_told_before_anything_is_made(
    tmp_path: Path,
) -> None:
    missing = str(tmp_path / "none" / "python")
    config = sleeping(tmp_path, workers={"python": missing})
    with pytest.raises(editgauge.PreflightError, match=r"edit\.workers\.python: .*none/python"):
        editgauge.open_edit_model(config, plugins=[plugin], folder=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_workers_of_another_python_have_nothing_but_pillow(tmp_path: Path) -> None:
    python = make_bare_python(tmp_path / "env")
    with open_editor(tmp_path, workers={"python": str(python)}) as editor:
        (result,) = editor.edit(picture(), "x", seeds=4)
    assert seed_in(result) == 4


def test_an_image_that_cannot_be_written_ends_the_session(tmp_path: Path) -> None:
    with open_editor(tmp_path) as editor:
        images = editor.folder / "images"
        images.rmdir()
        images.write_text("a file, where the folder was")
        with pytest.raises(editgauge.SessionError, match="cannot write") as caught:
            editor.edit(picture(), "x")
        assert caught.value.exit_code == editgauge.ExitCode.WRITE_ERROR
