"""The dataset `jsonl`."""

import json
from pathlib import Path

import pytest

from editgauge.config_schemas.datasets import JsonlConfig
from editgauge.core.datasets import DatasetError
from editgauge.core.samples import Sample
from editgauge.plugins.datasets import jsonl
from editgauge.plugins.datasets.jsonl import JsonlDataset
from tests.plugins.datasets.reading import Everything, read


def dataset(path: Path) -> JsonlDataset:
    return JsonlDataset(JsonlConfig(type="jsonl", path=str(path)))


def write(folder: Path, *lines: object) -> Path:
    path = folder / "data.jsonl"
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines),
        encoding="utf-8",
    )
    return path


def test_a_row_becomes_a_sample_with_image_paths_relative_to_the_file(tmp_path: Path) -> None:
    row = {
        "id": "cup",
        "image": "pictures/cup.png",
        "instruction": "Tilt it.",
        "category": "physical",
        "description": "A cup.",
        "rationale": "Coffee stays level.",
        "seed": 3,
        "nested": {"unknown": [1]},
    }
    samples, bad = read(dataset(write(tmp_path, row)), tmp_path)
    assert bad == []
    assert samples == [
        Sample(
            id="cup",
            index=0,
            images=(str(tmp_path / "pictures/cup.png"),),
            instruction="Tilt it.",
            category="physical",
            description="A cup.",
            rationale="Coffee stays level.",
        )
    ]


def test_several_images_and_absolute_paths_keep_their_order(tmp_path: Path) -> None:
    row = {"images": ["b.png", "/data/a.png"], "instruction": "Join them."}
    samples, _ = read(dataset(write(tmp_path, row)), tmp_path)
    assert samples[0].images == (str(tmp_path / "b.png"), "/data/a.png")


def test_whole_numbers_are_ids_and_a_missing_id_is_the_row_number(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"id": 70, "image": "a.png", "instruction": "x"},
        {"image": "a.png", "instruction": "x"},
        {"id": None, "image": "a.png", "instruction": "x", "category": None},
    )
    samples, _ = read(dataset(path), tmp_path)
    assert [sample.id for sample in samples] == ["70", "1", "2"]


def test_empty_lines_are_no_rows_and_a_byte_order_mark_is_none_either(tmp_path: Path) -> None:
    row = json.dumps({"image": "a.png", "instruction": "x"})
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{row}\r\n\n   \n{row}".encode())
    samples, bad = read(dataset(path), tmp_path)
    assert [sample.index for sample in samples] == [0, 1]
    assert bad == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "expected a JSON object, got a list"),
        ('"text"', "got a string"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"id": ' + "9" * 5000 + "}", "cannot be read as JSON"),
        ({"image": "a.png"}, "'instruction' is missing"),
        ({"image": "a.png", "instruction": "  "}, "'instruction' is empty"),
        ({"image": "a.png", "instruction": 3}, "'instruction' should be a string, got a number"),
        ({"instruction": "x"}, "'image' is missing"),
        ({"image": "a", "images": ["b"], "instruction": "x"}, "not both"),
        ({"image": "", "instruction": "x"}, "got an empty string"),
        ({"image": {"path": "a"}, "instruction": "x"}, "got an object"),
        ({"images": [], "instruction": "x"}, "got an empty one"),
        ({"images": "a.png", "instruction": "x"}, "should be a list of paths, got a string"),
        ({"images": ["a.png", None], "instruction": "x"}, "got null"),
        ({"image": "https://host/a.png", "instruction": "x"}, "addresses are not fetched"),
        ({"image": "data:image/png;base64,AA", "instruction": "x"}, "addresses are not fetched"),
        ({"id": True, "image": "a", "instruction": "x"}, "got true or false"),
        ({"id": 1.5, "image": "a", "instruction": "x"}, "'id' should be a string or a whole"),
        ({"id": "", "image": "a", "instruction": "x"}, "'id' is empty"),
        ({"image": "a", "instruction": "x", "category": 4}, "'category' should be a string"),
        ({"image": "a", "instruction": "x", "rationale": ["y"]}, "got a list"),
    ],
)
def test_a_bad_row_names_its_line_and_reason_and_the_next_is_read(
    tmp_path: Path, line: object, reason: str
) -> None:
    good = {"image": "a.png", "instruction": "x"}
    samples, bad = read(dataset(write(tmp_path, good, "", line, good)), tmp_path)
    assert [sample.index for sample in samples] == [0, 2]
    assert len(bad) == 1
    assert (bad[0].index, bad[0].where) == (1, "line 3")
    assert reason in bad[0].reason


def test_a_line_that_is_not_utf_8_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"instruction": "caf\xe9"}\n{"image": "a", "instruction": "x"}\n')
    samples, bad = read(dataset(path), tmp_path)
    assert "not UTF-8" in bad[0].reason
    assert [sample.index for sample in samples] == [1]


def test_an_endless_line_is_a_bad_row_and_never_held_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 100)
    path = write(
        tmp_path,
        {"image": "a", "instruction": "x" * 1000},
        {"image": "a", "instruction": "x"},
        {"image": "a", "instruction": "y" * 1000},
    )
    samples, bad = read(dataset(path), tmp_path)
    assert [row.where for row in bad] == ["line 1", "line 3"]
    assert "longer than 100 bytes" in bad[0].reason
    assert [sample.index for sample in samples] == [1]


def test_only_wanted_rows_come_and_every_readable_row_is_asked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        *({"id": name, "image": "a", "instruction": "x", "category": "c"} for name in "abc"),
    )
    selection = Everything(only=["b"])
    rows = list(dataset(path).read(selection, tmp_path))
    assert [row.id for row in rows if isinstance(row, Sample)] == ["b"]
    assert selection.asked == [(0, "a", "c"), (1, "b", "c"), (2, "c", "c")]


def test_a_missing_file_is_reported_early_with_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError) as caught:
        dataset(Path("missing.jsonl")).check()
    assert str(tmp_path / "missing.jsonl") in str(caught.value)
    assert "current directory" in str(caught.value)


@pytest.mark.parametrize("name", ["", "\0"])
def test_a_path_that_is_no_file_is_reported(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match=r"should be a file|possible path"):
        dataset(Path(f"{tmp_path}/{name}")).check()


def test_a_home_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, {"image": "a.png", "instruction": "x"})
    samples, _ = read(dataset(Path("~/data.jsonl")), tmp_path)
    assert samples[0].images == (str(tmp_path / "a.png"),)
