"""What killed workers leave behind is removed at the end of a run, and nothing else."""

from pathlib import Path

from editgauge.core.run.store import RunStore


def test_half_written_images_are_removed_and_finished_ones_stay(tmp_path: Path) -> None:
    store = RunStore.create(tmp_path, "test", folder=tmp_path / "run")
    images = store.folder / "images"
    for name in (".a.png.12.tmp", ".b.png.13.tmp", "a.png", "b.tmp", ".hidden"):
        (images / name).touch()
    (images / ".folder.tmp").mkdir()
    store.sweep()
    store.close()
    assert {path.name for path in images.iterdir()} == {"a.png", "b.tmp", ".hidden", ".folder.tmp"}


def test_a_run_directory_without_images_can_be_swept(tmp_path: Path) -> None:
    store = RunStore.create(tmp_path, "test", folder=tmp_path / "run")
    (store.folder / "images").rmdir()
    store.sweep()
    store.close()
    assert not (store.folder / "images").exists()
