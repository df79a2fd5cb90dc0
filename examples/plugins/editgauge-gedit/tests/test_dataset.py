from collections.abc import Iterator
from pathlib import Path
from typing import Any

import editgauge
import pytest
from conftest import ROWS, row, write_rows
from editgauge.testing import check_dataset

from editgauge_gedit.config import GEditBenchConfig
from editgauge_gedit.dataset import GEditBench


class Everything:
    """A selection that wants every row."""

    def wants(self, *, index: int, sample_id: str, category: str) -> bool:
        del index, sample_id, category
        return True


def read(path: Path, images: Path, **options: Any) -> list[editgauge.Sample | editgauge.BadRow]:
    images.mkdir(exist_ok=True)
    config = GEditBenchConfig(type="gedit-bench", path=str(path), **options)
    return list(GEditBench(config).read(Everything(), images))


def ids(rows: list[editgauge.Sample | editgauge.BadRow]) -> Iterator[tuple[int, str]]:
    for found in rows:
        assert isinstance(found, editgauge.Sample), found
        yield found.index, found.id


def test_it_keeps_what_a_dataset_promises(bench: Path) -> None:
    check_dataset({"type": "gedit-bench", "path": str(bench), "language": "both"})


def test_a_language_is_selected_and_rows_keep_their_numbers(bench: Path, tmp_path: Path) -> None:
    found = {
        language: list(ids(read(bench, tmp_path / "images", language=language)))
        for language in ("en", "cn", "both")
    }
    assert found["en"] == [
        (0, "color_alter/en/a"),
        (2, "style_change/en/bb"),
        (3, "style_change/en/ccc"),
    ]
    assert found["cn"] == [(1, "color_alter/cn/a"), (4, "style_change/cn/ddd")]
    assert sorted(found["en"] + found["cn"]) == found["both"]


def test_the_intersection_is_what_every_published_model_has(bench: Path, tmp_path: Path) -> None:
    found = read(bench, tmp_path / "images", intersection_only=True)
    assert [name for _, name in ids(found)] == ["color_alter/en/a", "style_change/en/ccc"]


def test_the_image_is_that_of_the_column_byte_for_byte(bench: Path, tmp_path: Path) -> None:
    for column in ("input_image_raw", "input_image"):
        first = read(bench, tmp_path / column, image=column)[0]
        assert isinstance(first, editgauge.Sample)
        assert Path(first.images[0]).read_bytes() == ROWS[0][column]["bytes"]
        assert (first.instruction, first.category) == ("Make it greyscale.", "color_alter")


def test_bare_bytes_are_an_image_as_well(tmp_path: Path) -> None:
    data = ROWS[0]["input_image_raw"]["bytes"]
    path = write_rows(tmp_path / "one.parquet", [ROWS[0] | {"input_image_raw": data}])
    (found,) = read(path, tmp_path / "images")
    assert isinstance(found, editgauge.Sample)
    assert Path(found.images[0]).read_bytes() == data


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"instruction": ""}, "expected a text in instruction"),
        ({"key": None}, "expected a text in key"),
        ({"instruction_language": "fr"}, "expected a text in instruction_language (en or cn)"),
        ({"input_image_raw": {"bytes": b"GIF89a", "path": ""}}, "no PNG, JPEG or WebP image"),
        ({"input_image_raw": {"bytes": None, "path": "x.png"}}, "expected the bytes of an image"),
    ],
)
def test_a_bad_row_says_what_is_wrong(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = write_rows(tmp_path / "one.parquet", [row("a", "t", "i") | change, row("bb", "t", "i")])
    bad, good = read(path, tmp_path / "images")
    assert isinstance(bad, editgauge.BadRow)
    assert reason in bad.reason
    assert bad.where.startswith("row 0 (one.parquet, key ")
    assert isinstance(good, editgauge.Sample)


def test_what_is_no_gedit_bench_is_refused_early(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.parquet").write_text("no parquet")
    write_rows(tmp_path / "other.parquet", [{"key": "a", "prompt": "b"}])
    for name, said in [
        ("gone", "there is no file or folder"),
        ("empty", "has no parquet files"),
        ("text.parquet", "is no parquet file that can be read"),
        ("other.parquet", "has no column task_type, instruction"),
    ]:
        config = GEditBenchConfig(type="gedit-bench", path=str(tmp_path / name))
        with pytest.raises(editgauge.DatasetError, match=said):
            GEditBench(config).check()


def test_a_damaged_file_is_an_error_of_the_dataset(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "one.parquet", ROWS)
    data = bytearray(path.read_bytes())
    # A parquet file ends with its schema, the schema's length in four bytes, and PAR1.
    rows_end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    data[4:rows_end] = bytes(rows_end - 4)
    path.write_bytes(data)
    with pytest.raises(editgauge.DatasetError, match=r"one\.parquet cannot be read"):
        read(path, tmp_path / "images")
