import errno
import fcntl
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.latest import LatestLink
from editgauge.core.run.results import EditResult, ScoreResult, result_from_row
from editgauge.core.run.store import (
    RunDirectoryError,
    RunStore,
    WriteError,
    find_run,
    read_manifest,
    read_results,
)
from editgauge.core.samples import Sample


def edit(index: int = 0, **changes: Any) -> EditResult:
    fields: dict[str, Any] = {
        "id": f"s{index}",
        "index": index,
        "category": "c",
        "reason": "",
        "seconds": 1.5,
        "attempt": 1,
        "worker": "edit-0",
        "outcome": EditOutcome.OK,
        "image": "images/x.png",
        "instruction": "make it \ud800 blue\n✓",
        "sources": ("/a.png", "/b.png"),
        "seed": 42,
    }
    return EditResult(**(fields | changes))


def score(index: int = 0) -> ScoreResult:
    return ScoreResult(
        id=f"s{index}",
        index=index,
        category="c",
        reason="two scores",
        seconds=0.1,
        attempt=2,
        worker="score-0",
        outcome=ScoreOutcome.UNPARSED,
        reply="Score: 1\nScore: 2",
        rubric="general",
        minimum=0.0,
        maximum=10.0,
        score_by="text",
    )


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.create(tmp_path, "test")


def test_a_run_directory_is_named_by_time_and_name_and_latest_points_at_it(
    store: RunStore, tmp_path: Path
) -> None:
    assert store.run_id.endswith("Z-test-" + store.run_id[-6:])
    assert not (tmp_path / "latest").exists()
    LatestLink(store.folder, tmp_path).point()
    assert (tmp_path / "latest").resolve() == store.folder
    assert {path.name for path in store.folder.iterdir()} >= {"images", "logs", "sources"}


def test_a_run_elsewhere_leaves_no_link_behind(tmp_path: Path) -> None:
    store = RunStore.create(tmp_path / "runs", "x", folder=tmp_path / "elsewhere" / "mine")
    LatestLink(store.folder, tmp_path / "runs").point()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["mine"]


def test_results_come_back_as_they_were_written(store: RunStore) -> None:
    results: list[EditResult | ScoreResult] = [
        edit(0),
        score(0),
        edit(1, outcome=EditOutcome.CRASHED, image=None),
    ]
    for result in results:
        store.append(result)
    assert list(read_results(store.folder)) == results
    first = json.loads((store.folder / "results.jsonl").read_text().splitlines()[0])
    assert next(iter(first)) == "stage"


def test_rows_with_keys_of_a_later_version_are_read(store: RunStore) -> None:
    row = edit().to_row() | {"new_key": 1}
    (store.folder / "results.jsonl").write_text(json.dumps(row) + "\n")
    assert list(read_results(store.folder)) == [edit()]


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"stage": "edit"}', '{"stage": "x"}'])
def test_a_damaged_row_is_named(store: RunStore, line: str) -> None:
    (store.folder / "results.jsonl").write_text(line + "\n")
    with pytest.raises(RunDirectoryError, match=r"results\.jsonl, line 1: .* delete that line"):
        list(read_results(store.folder))


def test_a_torn_last_line_is_not_read_and_cut_off_when_the_run_goes_on(store: RunStore) -> None:
    store.append(edit(0))
    store.append(edit(1))
    store.write_manifest({})
    store.close()
    path = store.folder / "results.jsonl"
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    for end in range(second, len(whole)):
        path.write_bytes(whole[:end])
        assert list(read_results(store.folder)) == [edit(0)]
        again = RunStore.reopen(store.folder)
        assert path.read_bytes() == whole[:end], "it may still be refused"
        assert again.cut_torn_line() == end - second
        again.append(edit(1))
        again.close()
        assert list(read_results(store.folder)) == [edit(0), edit(1)]


def test_a_file_that_is_one_torn_line_is_emptied(store: RunStore) -> None:
    store.write_manifest({})
    store.close()
    path = store.folder / "results.jsonl"
    path.write_bytes(b"x" * 200_000)
    again = RunStore.reopen(store.folder)
    assert again.cut_torn_line() == 200_000
    assert path.stat().st_size == 0
    again.close()


def test_two_processes_cannot_write_to_one_run(store: RunStore) -> None:
    store.write_manifest({})
    with pytest.raises(RunDirectoryError, match="another editgauge process writes to"):
        RunStore.reopen(store.folder)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(RunDirectoryError, match=r"holds no run .* missing or empty") as refused:
        RunStore.create(tmp_path, "x", folder=tmp_path / "mine")
    assert "--resume" not in str(refused.value), "there is nothing to go on with"
    with pytest.raises(RunDirectoryError, match="is a file"):
        RunStore.create(tmp_path, "x", folder=tmp_path / "mine" / "thesis.txt")


def test_a_run_directory_that_cannot_be_made_is_a_write_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"cannot write .*file"):
        RunStore.create(tmp_path / "file", "x")


def test_a_full_disk_is_a_write_error_that_names_the_file(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store.append(edit(0))
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(WriteError, match=r"results\.jsonl: No space left on device"):
        store.append(edit(1))
    assert list(read_results(store.folder)) == [edit(0)]


def test_a_manifest_is_replaced_whole_or_not_at_all(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_manifest({"status": "running"})

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left on device"):
        store.write_manifest({"status": "finished"})
    assert read_manifest(store.folder) == {"status": "running"}


def test_image_names_stay_in_their_folder(store: RunStore) -> None:
    for sample_id in ("../../etc/passwd", "/etc/passwd", "a\0b", "..", "", "x" * 5000):
        sample = Sample(id=sample_id, index=0, images=(), instruction="")
        path = store.image_path(sample)
        assert path.resolve().parent == store.folder / "images"
        assert len(path.name) < 80


def test_a_run_is_found_by_name_path_and_latest(store: RunStore, tmp_path: Path) -> None:
    store.write_manifest({})
    LatestLink(store.folder, tmp_path).point()
    for name in (store.run_id, str(store.folder), "latest"):
        assert find_run(name, tmp_path) == store.folder
    with pytest.raises(RunDirectoryError, match="no run called 'nothing'"):
        find_run("nothing", tmp_path)


def test_sweeping_removes_half_written_images_only(store: RunStore) -> None:
    (store.folder / "images" / ".x.png.123.tmp").touch()
    (store.folder / "images" / "x.png").touch()
    store.sweep()
    assert [path.name for path in (store.folder / "images").iterdir()] == ["x.png"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": -1}, "'index' should be a row number, not -1"),
        ({"index": "0"}, "'index' should be a row number, not '0'"),
        ({"index": True}, "'index' should be a row number, not True"),
        ({"score": 5.0}, "5.0 as the score of 'unparsed'"),
        ({"outcome": "ok"}, "'score' should be a finite number, not None"),
        ({"outcome": "ok", "score": float("nan")}, "'score' should be a finite number, not nan"),
        ({"outcome": "ok", "score": "8"}, "'score' should be a finite number, not '8'"),
    ],
)
def test_a_row_that_would_falsify_the_figures_is_refused(
    store: RunStore, changes: dict[str, Any], message: str
) -> None:
    row = json.dumps(score().to_row() | changes)
    (store.folder / "results.jsonl").write_text(row + "\n")
    with pytest.raises(RunDirectoryError, match=re.escape(message)):
        list(read_results(store.folder))


def test_a_file_system_without_locks_can_hold_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_arguments: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", flock)
    store = RunStore.create(tmp_path, "test")
    store.append(edit())
    assert list(read_results(store.folder)) == [edit()]


def test_rows_that_are_taken_out_move_to_a_file_of_their_own(store: RunStore) -> None:
    rows: list[EditResult | ScoreResult] = [edit(0), edit(1), score(0), score(1)]
    for result in rows:
        store.append(result)
    assert store.supersede(bytearray([1, 0, 1, 0])) == 2
    assert list(read_results(store.folder)) == [rows[0], rows[2]]
    archive = (store.folder / "superseded.jsonl").read_text("utf-8").splitlines()
    assert [result_from_row(json.loads(line)) for line in archive] == [rows[1], rows[3]]
    store.append(rows[1])
    assert list(read_results(store.folder)) == [rows[0], rows[2], rows[1]]


def test_nobody_else_gets_the_run_directory_while_rows_are_taken_out(store: RunStore) -> None:
    store.append(edit(0))
    store.write_manifest({})
    store.supersede(bytearray([0]))
    with pytest.raises(RunDirectoryError, match="another editgauge process"):
        RunStore.reopen(store.folder)
    store.close()
    RunStore.reopen(store.folder).close()


def test_who_opened_the_file_before_it_was_replaced_is_refused(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(edit(0))
    store.write_manifest({})
    real = os.open

    def open_late(path: Any, *arguments: Any, **options: Any) -> int:
        descriptor = real(path, *arguments, **options)
        if str(path).endswith("results.jsonl"):
            monkeypatch.setattr(os, "open", real)
            store.supersede(bytearray([0]))
            store.close()
        return descriptor

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(RunDirectoryError, match="another editgauge process"):
        RunStore.reopen(store.folder)


def test_a_manifest_that_is_held_stays_as_it_is(store: RunStore) -> None:
    store.write_manifest({"a": 1})
    store.hold_manifest()
    store.write_manifest({"a": 2})
    assert read_manifest(store.folder) == {"a": 1}
    store.release_manifest()
    store.write_manifest({"a": 2})
    assert read_manifest(store.folder) == {"a": 2}
