"""Log files: lines are never torn or lost, whoever rotates."""

import errno
import gc
import gzip
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters import LogFileConfig
from editgauge.reporters import log_file as module
from editgauge.reporters.log_file import LogFile
from tests.reporters.contexts import make_context
from tests.reporters.script import RUN_ID

LINE = "x" * 999 + "\n"


def open_log(pattern: Path | str, **options: Any) -> LogFile:
    context = make_context(run_dir=Path("/runs/{run_id}"))
    return LogFile(LogFileConfig.model_validate(options), str(pattern), context)


def numbered(count: int, *, first: int = 0, start: str = "") -> list[str]:
    return [f"{start}{number:06} {'x' * 90}\n" for number in range(first, first + count)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def in_order_of_age(path: Path) -> list[str]:
    """Return the lines of all backups and the file, the oldest first."""
    backups = [one for one in path.parent.iterdir() if one.name != path.name]
    backups.sort(key=lambda one: -int(one.name.removeprefix(path.name).split(".")[1]))
    return "".join(content(one) for one in [*backups, path]).splitlines(keepends=True)


def test_a_file_is_rotated_before_it_grows_beyond_its_size_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    lines = numbered(200)
    log = open_log(tmp_path / "log", max_bytes=4096, backups=100)
    for line in lines:
        log.write(line)
    log.close()
    assert in_order_of_age(tmp_path / "log") == lines
    assert names(tmp_path) == sorted(["log", *(f"log.{number}" for number in range(1, 5))])
    assert all(3500 < (tmp_path / f"log.{number}").stat().st_size <= 4096 for number in range(1, 5))


def test_so_many_backups_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    lines = numbered(300)
    log = open_log(tmp_path / "log", max_bytes=4096, backups=2)
    for line in lines:
        log.write(line)
    log.close()
    assert names(tmp_path) == ["log", "log.1", "log.2"]
    kept = in_order_of_age(tmp_path / "log")
    assert kept == lines[-len(kept) :]


def test_all_backups_but_the_newest_are_compressed_when_asked_for(tmp_path: Path) -> None:
    lines = numbered(200)
    log = open_log(tmp_path / "log", max_bytes=4096, backups=100, compress=True)
    for line in lines:
        log.write(line)
    log.close()
    assert names(tmp_path) == ["log", "log.1", "log.2.gz", "log.3.gz", "log.4.gz"]
    assert in_order_of_age(tmp_path / "log") == lines


def test_a_backup_that_cannot_be_compressed_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    lines = numbered(120)
    log = open_log(tmp_path / "log", max_bytes=4096, compress=True)
    for line in lines:
        log.write(line)
    log.close()
    assert names(tmp_path) == ["log", "log.1", "log.2"]
    assert in_order_of_age(tmp_path / "log") == lines


def test_a_line_that_is_longer_than_a_file_may_be_has_one_of_its_own(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", max_bytes=4096)
    for line in ("a\n", "b" * 9000 + "\n", "c\n"):
        log.write(line)
    log.close()
    assert [content(tmp_path / name)[0] for name in ("log.2", "log.1", "log")] == ["a", "b", "c"]


def test_without_a_size_a_file_is_never_rotated(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    for line in numbered(500):
        log.write(line)
    assert names(tmp_path) == ["log"]


def test_a_file_that_was_renamed_goes_on_under_its_name(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    log.write("one\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    log.write("two\n")
    (tmp_path / "log").rename(tmp_path / "log.2")
    (tmp_path / "log").touch()
    log.write("three\n")
    (tmp_path / "log").unlink()
    log.write("four\n")
    log.close()
    assert content(tmp_path / "log.1") == "one\n"
    assert content(tmp_path / "log.2") == "two\n"
    assert content(tmp_path / "log") == "four\n"


def test_a_file_that_was_moved_with_its_folder_goes_on_in_a_new_one(tmp_path: Path) -> None:
    log = open_log(tmp_path / "logs" / "log")
    log.write("one\n")
    (tmp_path / "logs").rename(tmp_path / "old")
    log.write("two\n")
    assert content(tmp_path / "old" / "log") == "one\n"
    assert content(tmp_path / "logs" / "log") == "two\n"


def test_a_file_that_was_copied_and_truncated_is_filled_from_its_beginning(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    log.write("one\n")
    os.truncate(tmp_path / "log", 0)
    log.write("two\n")
    assert content(tmp_path / "log") == "two\n"


def test_whoever_renames_a_file_has_the_time_to_make_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path / "log")
    log.write("one\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    made: list[int] = []

    def sleep_until_it_is_made(_seconds: float) -> None:
        (tmp_path / "log").touch(exist_ok=False)
        made.append((tmp_path / "log").stat().st_ino)

    monkeypatch.setattr(module, "_SUCCESSOR_SECONDS", 60.0)
    monkeypatch.setattr("time.sleep", sleep_until_it_is_made)
    log.write("two\n")
    assert made == [(tmp_path / "log").stat().st_ino]
    assert content(tmp_path / "log") == "two\n"


def test_several_writers_may_share_a_file_that_they_all_rotate(tmp_path: Path) -> None:
    path = tmp_path / "log"
    start = threading.Barrier(4)

    def write(writer: int) -> None:
        log = open_log(path, max_bytes=8192, backups=1000, compress=writer % 2 == 0)
        start.wait(20)
        for line in numbered(500, start=f"{writer} "):
            log.write(line)
        log.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    lines = in_order_of_age(path)
    assert sorted(lines) == sorted(
        line for writer in range(4) for line in numbered(500, start=f"{writer} ")
    )
    # Nobody rotated a file that another one had just begun.
    assert all(one.name == "log" or len(content(one)) > 8192 - 400 for one in tmp_path.iterdir())


def test_each_day_has_a_file(tmp_path: Path) -> None:
    log = open_log(tmp_path / "{date}" / "{run_id}-{date}.log", max_bytes=4096)
    assert names(tmp_path) == []
    for time in ("2026-11-23T23:59:59.999999Z", "2026-11-24T00:00:00.000000Z"):
        log.turn_to(time)
        log.write(f"{time}\n")
    log.close()
    for day in ("2026-11-23", "2026-11-24"):
        assert content(tmp_path / day / f"{RUN_ID}-{day}.log").startswith(day)


@pytest.mark.parametrize("time", ["", "yesterday", "../../etc/x", "2026-11-2", "\uff12026-11-23"])
def test_a_time_of_another_form_has_no_place_in_a_path(tmp_path: Path, time: str) -> None:
    log = open_log(tmp_path / "logs" / "{date}.log")
    log.turn_to(time)
    log.write("one\n")
    log.turn_to("2026-11-23T00:00:00Z")
    log.turn_to(time)
    log.write("two\n")
    assert names(tmp_path / "logs") == ["2026-11-23.log", "unknown-date.log"]


def test_a_line_that_a_kill_has_torn_is_ended_first(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("half a li")
    log = open_log(tmp_path / "log")
    log.write("two\n")
    assert content(tmp_path / "log") == "half a li\ntwo\n"


def test_a_full_disk_is_told_with_the_path() -> None:
    log = open_log("/dev/full")
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        log.write(LINE)
    log.close()


def test_a_named_pipe_that_nobody_reads_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError, match="No such device"):
        open_log(tmp_path / "log")


def test_what_is_no_file_is_never_rotated() -> None:
    log = open_log("/dev/null", max_bytes=4096)
    for _ in range(10):
        log.write(LINE)
    assert not Path("/dev/null.1").exists()


def test_a_folder_that_is_none_is_an_error_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        open_log(tmp_path / "file" / "{date}.log")
    with pytest.raises(OSError, match="file"):
        open_log(tmp_path / "file" / "log")


def test_a_folder_that_takes_no_backups_is_an_error_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="no backup can be made in this folder"):
        open_log(tmp_path / "log", max_bytes=4096)
    with pytest.raises(PermissionError, match="no file can be made in this folder"):
        open_log(tmp_path / "{date}.log")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell")
def test_a_file_that_nobody_closes_is_closed_with_its_owner(tmp_path: Path) -> None:
    def is_open() -> bool:
        links = list(Path("/proc/self/fd").iterdir())
        return any(link.resolve() == tmp_path / "log" for link in links)

    log = open_log(tmp_path / "log")
    assert is_open()
    del log
    gc.collect()
    assert not is_open()


def test_lines_are_as_long_as_they_are(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log")
    long = "ö" * 3_000_000 + "\n"
    assert log.write(long) == len(long)
    assert content(tmp_path / "log") == long
