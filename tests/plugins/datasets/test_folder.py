"""The dataset `folder`."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.datasets import FolderConfig
from editgauge.core.datasets import DatasetError
from editgauge.plugins.datasets.folder import MAX_INSTRUCTION_BYTES, FolderDataset
from tests.plugins.datasets.reading import picture, read


def dataset(path: Path, instruction: str | None = None) -> FolderDataset:
    return FolderDataset(FolderConfig(type="folder", path=str(path), instruction=instruction))


def put(folder: Path, name: str, instruction: str | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture())
    if instruction is not None:
        path.with_suffix(".txt").write_text(instruction, encoding="utf-8")
    return path


def test_an_image_takes_the_text_beside_it_and_its_first_subfolder_as_category(
    tmp_path: Path,
) -> None:
    deep = put(tmp_path, "indoor/kitchen/cup.PNG", "\ufeffTilt it.\n")
    put(tmp_path, "cat.jpeg", "Wake it.")
    samples, bad = read(dataset(tmp_path), tmp_path)
    assert bad == []
    assert [(sample.id, sample.instruction, sample.category) for sample in samples] == [
        ("cat.jpeg", "Wake it.", ""),
        ("indoor/kitchen/cup.PNG", "Tilt it.", "indoor"),
    ]
    assert samples[1].images == (str(deep),)


def test_the_order_is_that_of_the_names_whatever_the_file_system_says(tmp_path: Path) -> None:
    names = ["b/2.png", "a.png", "c.png", "b/10.png", "b/1.webp", "B.jpg"]
    for name in names:
        put(tmp_path, name)
    samples, _ = read(dataset(tmp_path, "Do it."), tmp_path)
    assert [sample.id for sample in samples] == [
        "B.jpg",
        "a.png",
        "b/1.webp",
        "b/10.png",
        "b/2.png",
        "c.png",
    ]
    assert [sample.index for sample in samples] == [0, 1, 2, 3, 4, 5]


def test_the_config_s_instruction_is_for_images_without_a_text(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "Its own.")
    put(tmp_path, "b.png")
    samples, _ = read(dataset(tmp_path, "For all."), tmp_path)
    assert [sample.instruction for sample in samples] == ["Its own.", "For all."]


def test_an_image_without_any_instruction_is_a_bad_row(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    put(tmp_path, "b.png", " \n")
    put(tmp_path, "c.png").with_suffix(".txt").write_bytes(b"\xff\xfe")
    put(tmp_path, "d.png", "x" * (MAX_INSTRUCTION_BYTES + 1))
    put(tmp_path, "e.png").with_suffix(".txt").mkdir()
    put(tmp_path, "f.png", "good")
    samples, bad = read(dataset(tmp_path), tmp_path)
    assert [(sample.id, sample.index) for sample in samples] == [("f.png", 5)]
    assert [row.where for row in bad] == [f"image '{name}.png'" for name in "abcde"]
    for row, reason in zip(
        bad,
        ["no 'a.txt' beside it", "is empty", "not UTF-8", "longer than", "cannot be read"],
        strict=True,
    ):
        assert reason in row.reason


def test_an_image_of_another_format_is_a_bad_row_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    (tmp_path / "notes.md").write_text("no image", encoding="utf-8")
    put(tmp_path, ".hidden.png")
    put(tmp_path, ".cache/a.png")
    samples, bad = read(dataset(tmp_path, "x"), tmp_path)
    assert samples == []
    assert [row.where for row in bad] == ["image 'a.gif'"]
    assert "PNG, JPEG and WebP" in bad[0].reason


def test_a_linked_folder_that_leads_back_does_not_go_round(tmp_path: Path) -> None:
    put(tmp_path, "a/b.png", "x")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    samples, _ = read(dataset(tmp_path), tmp_path)
    assert [sample.id for sample in samples] == ["a/b.png"]


def test_a_missing_folder_and_a_file_in_its_place_are_reported_early(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no dataset folder"):
        dataset(tmp_path / "missing").check()
    with pytest.raises(DatasetError, match="should be a folder"):
        dataset(put(tmp_path, "a.png")).check()


def test_a_blank_instruction_is_refused_in_the_config(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        dataset(tmp_path, "  ")
