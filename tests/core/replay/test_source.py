"""Where a recording is found, and what reporters are told is its run directory."""

import json
from pathlib import Path

import pytest

from editgauge.core.replay.source import Source, find_recording, place_of
from editgauge.core.run.store import RunDirectoryError
from tests.core.replay.recordings import RUN_ID, log, start, write


def make_run(folder: Path, *, run_id: str = RUN_ID, recording: bool = True) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run_id": run_id}))
    if recording:
        write(folder / "events.jsonl", [start()])
    return folder


def test_a_run_is_found_by_path_name_and_latest(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "runs" / RUN_ID)
    (tmp_path / "runs" / "latest").symlink_to(RUN_ID)
    for name in (str(folder), RUN_ID, "latest", str(folder / "events.jsonl")):
        found = find_recording(name, tmp_path / "runs")
        assert found.path.samefile(folder / "events.jsonl")
        assert found.run_dir == folder


def test_a_file_elsewhere_has_no_run_directory(tmp_path: Path) -> None:
    path = write(tmp_path / "kept.jsonl", [start()])
    assert find_recording(str(path), tmp_path) == Source(path=path, run_dir=None)


def test_a_folder_with_nothing_but_a_recording_is_enough(tmp_path: Path) -> None:
    path = write(tmp_path / "sent" / "events.jsonl", [start()])
    assert find_recording(str(path.parent), tmp_path) == Source(path=path, run_dir=None)


def test_a_run_without_a_recording_says_how_to_keep_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path / RUN_ID, recording=False)
    with pytest.raises(RunDirectoryError, match=r"no recording .*reporters: \{events: \{\}\}"):
        find_recording(str(folder), tmp_path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no recording to read: no run called 'nothing'"):
        find_recording("nothing", tmp_path)


def test_reporters_are_told_the_folder_by_the_name_that_the_run_knew(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "real" / RUN_ID)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    known = tmp_path / "link" / RUN_ID
    place = place_of(
        Source(path=folder / "events.jsonl", run_dir=folder), start(run_dir=str(known))
    )
    assert (place.run_dir, place.exists) == (known, True)


def test_a_run_directory_that_was_moved_is_where_it_is_now(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "moved" / RUN_ID)
    place = place_of(Source(path=folder / "events.jsonl", run_dir=folder), start())
    assert (place.run_dir, place.exists) == (folder, True)


def test_a_recording_kept_elsewhere_finds_its_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "runs" / RUN_ID, recording=False)
    source = Source(path=tmp_path / "logs" / "kept.jsonl", run_dir=None)
    place = place_of(source, start(run_dir=str(folder)))
    assert (place.run_dir, place.exists) == (folder, True)


def test_a_folder_that_is_not_the_runs_own_is_left_alone(tmp_path: Path) -> None:
    source = Source(path=tmp_path / "sent.jsonl", run_dir=None)
    other = make_run(tmp_path / "runs" / "other", run_id="other")
    private = tmp_path / "private"
    private.mkdir()
    for folder in (other, private):
        place = place_of(source, start(run_dir=str(folder)))
        assert (place.run_dir, place.exists) == (tmp_path / RUN_ID, False)


@pytest.mark.parametrize("name", ["..", "~root", ".ssh", "a/../..", "a\0b", "", "x" * 5000])
def test_no_name_in_a_recording_leads_anywhere(name: str, tmp_path: Path) -> None:
    source = Source(path=tmp_path / "sent.jsonl", run_dir=None)
    place = place_of(source, start(run_dir=f"/nowhere/{name}"))
    assert place.exists is False
    assert place.run_dir.name not in ("..", "~root", ".ssh", "", name)
    assert place_of(source, log("no start")).run_dir == tmp_path / RUN_ID
    assert place_of(source, None).run_dir == tmp_path / "run"
