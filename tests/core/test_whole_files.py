"""Files that are replaced whole, and what is flushed to the disk before they count."""

import os
from pathlib import Path

import pytest
from PIL import Image

from editgauge.core.images import load_image, save_png
from editgauge.core.whole_files import make_folder, replacing, sync_entry, sync_tree
from tests.support.failing_writes import KINDS, SUPPORTED, FailingWrites

needs_shim = pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")


def kinds_of(shim: FailingWrites) -> list[str]:
    """Return what was done, repeated writes of one file told once, its process id left out."""
    told: list[str] = []
    for operation in shim.operations:
        text = operation.replace(f".{os.getpid()}.tmp", ".tmp")
        if not told or told[-1] != text:
            told.append(text)
    return told


@needs_shim
def test_without_sync_nothing_waits_for_the_disk(tmp_path: Path) -> None:
    with FailingWrites(tmp_path, at=0, kind="EIO").installed() as shim:
        save_png(Image.new("RGB", (8, 8), "red"), tmp_path / "a.png")
    assert kinds_of(shim) == [
        "open .a.png.tmp",
        "write .a.png.tmp",
        "close .a.png.tmp",
        "replace a.png",
    ]


@needs_shim
def test_with_sync_the_data_is_on_the_disk_before_the_name_and_the_name_at_the_end(
    tmp_path: Path,
) -> None:
    with FailingWrites(tmp_path, at=0, kind="EIO").installed() as shim:
        save_png(Image.new("RGB", (8, 8), "red"), tmp_path / "a.png", sync=True)
    assert kinds_of(shim) == [
        "open .a.png.tmp",
        "write .a.png.tmp",
        "fsync .a.png.tmp",
        "close .a.png.tmp",
        "replace a.png",
        "fsync .",
    ]


@needs_shim
@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_there_whole_or_as_it_was_whatever_fails(
    tmp_path: Path, kind: str, *, sync: bool
) -> None:
    path, number, failed = tmp_path / "a.png", 0, True
    while failed:
        number += 1
        save_png(Image.new("RGB", (64, 64), "red"), path)
        shim = FailingWrites(tmp_path, at=number, kind=kind)
        raised = False
        with shim.installed():
            try:
                save_png(Image.new("RGB", (64, 64), "blue"), path, sync=sync)
            except OSError:
                raised = True
        failed = bool(shim.failed)
        color = load_image(path).getpixel((63, 63))
        assert color in {(255, 0, 0), (0, 0, 255)}, shim.failed
        # No false success; what failed behind the rename may be there all the same.
        assert raised or color == (0, 0, 255), shim.failed
        assert raised == failed, shim.failed
        for left in tmp_path.glob(".*.tmp"):
            assert kind == "EROFS", f"{left} was left behind by {shim.failed}"
            left.unlink()
    assert number > 4


@needs_shim
def test_folders_are_made_with_their_names_on_the_disk(tmp_path: Path) -> None:
    with FailingWrites(tmp_path, at=0, kind="EIO").installed() as shim:
        make_folder(tmp_path / "a" / "b" / "c", sync=True)
    made = [operation for operation in shim.operations if operation.startswith("mkdir")]
    assert made[-1] == "mkdir a/b/c"
    flushed = {operation for operation in shim.operations if operation.startswith("fsync")}
    assert flushed == {"fsync .", "fsync a", "fsync a/b"}
    make_folder(tmp_path / "a" / "b" / "c")


@needs_shim
def test_a_tree_is_flushed_with_every_file_and_folder(tmp_path: Path) -> None:
    tree = tmp_path / "sources"
    (tree / "below").mkdir(parents=True)
    for name in ("one.png", "below/two.png"):
        (tree / name).write_bytes(b"x")
    (tree / "link").symlink_to("/nowhere")
    os.mkfifo(tree / "pipe")
    with FailingWrites(tmp_path, at=0, kind="EIO").installed() as shim:
        sync_tree(tree)
    assert sorted(shim.operations) == [
        "fsync .",
        "fsync sources",
        "fsync sources/below",
        "fsync sources/below/two.png",
        "fsync sources/one.png",
    ]


@needs_shim
def test_a_flush_that_fails_raises(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for flush in (sync_entry, sync_tree):
        with (
            FailingWrites(tmp_path, at=1, kind="EIO").installed(),
            pytest.raises(OSError, match="Input/output error"),
        ):
            flush(tmp_path / "a" if flush is sync_entry else tmp_path)


def test_a_tree_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sync_tree(tmp_path / "missing")


def test_what_raises_while_it_is_written_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")

    def interrupted() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "other"
    other.write_bytes(b"mine")
    temporary = tmp_path / f".a.{os.getpid()}.tmp"
    temporary.symlink_to(other)
    with replacing(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), other.read_bytes()) == (b"new", b"mine")
    assert not path.is_symlink()
