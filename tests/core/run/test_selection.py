"""The one pass over a dataset."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.core.datasets import BadRow, Dataset, DatasetError, Selection
from editgauge.core.run import selection as module
from editgauge.core.run.selection import RowSelection, SelectionResult, read_spool, select
from editgauge.core.samples import Sample


def config(**options: Any) -> DatasetConfig:
    return DatasetConfig(type="listed", **options)


class Listed(Dataset):
    """Rows from a list of samples and reasons; `reached` is how far it was read."""

    def __init__(self, rows: list[Sample | str]) -> None:
        super().__init__(None)
        self.rows = rows
        self.reached = 0
        self.closed = False

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        assert image_folder.is_dir()
        try:
            for index, row in enumerate(self.rows):
                self.reached = index + 1
                if isinstance(row, str):
                    yield BadRow(index=index, where=f"line {index + 1}", reason=row)
                elif selection.wants(index=index, sample_id=row.id, category=row.category):
                    yield row
        finally:
            self.closed = True


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "source.png"
    Image.new("RGB", (2, 2)).save(path)
    return str(path)


def rows(image: str, *names: str) -> list[Sample | str]:
    """Samples from `id/category`, bad rows from `!reason`."""
    made: list[Sample | str] = []
    for index, name in enumerate(names):
        sample_id, _, category = name.partition("/")
        made.append(
            name.removeprefix("!")
            if name.startswith("!")
            else Sample(
                id=sample_id, index=index, images=(image,), instruction="x", category=category
            )
        )
    return made


def run(
    folder: Path, dataset: Dataset, options: DatasetConfig, progress: list[int] | None = None
) -> tuple[SelectionResult, list[Sample]]:
    seen = progress if progress is not None else []
    spool = folder / "samples.jsonl"
    result = select(
        dataset,
        options,
        image_folder=folder / "images",
        spool=spool,
        on_progress=seen.append,
    )
    return result, list(read_spool(spool))


def test_every_sample_comes_back_from_the_spool_as_it_was(tmp_path: Path, image: str) -> None:
    odd = Sample(
        id="\u2028\ud800\x1b[31m",
        index=0,
        images=(image, image),
        instruction='a "b"\n\x00',
        category="因果",
        description="d",
        rationale="r",
    )
    result, samples = run(tmp_path, Listed([odd, *rows(image, "-", "b/c")[1:]]), config())
    assert samples[0] == odd
    assert samples[1].index == 1
    assert result == SelectionResult(
        samples=2, rows=2, skipped=0, skipped_rows=(), categories=(("因果", 1), ("c", 1))
    )
    lines = (tmp_path / "samples.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line)["index"] for line in lines if line] == [0, 1]


def test_categories_and_ids_select_and_the_row_number_stays(tmp_path: Path, image: str) -> None:
    dataset = Listed(rows(image, "a/x", "b/y", "c/x", "d/y", "e/z"))
    result, samples = run(tmp_path, dataset, config(categories=["y", "z"]))
    assert [(sample.id, sample.index) for sample in samples] == [("b", 1), ("d", 3), ("e", 4)]
    assert result.categories == (("y", 2), ("z", 1))
    assert result.rows == 5
    _, samples = run(tmp_path, dataset, config(ids=["d", "a"]))
    assert [sample.id for sample in samples] == ["a", "d"]
    result, samples = run(tmp_path, dataset, config(ids=["a"], categories=["y"]))
    assert (result.samples, samples) == (0, [])


def test_reading_stops_at_the_limit_and_the_dataset_is_closed(tmp_path: Path, image: str) -> None:
    dataset = Listed(rows(image, "a/x", "b/y", "c/x", "d/x", "!bad"))
    result, samples = run(tmp_path, dataset, config(limit=2, categories=["x"]))
    assert [sample.id for sample in samples] == ["a", "c"]
    assert (result.rows, dataset.reached, dataset.closed) == (3, 3, True)


def test_a_double_id_names_both_rows_even_if_neither_is_selected(
    tmp_path: Path, image: str
) -> None:
    dataset = Listed(rows(image, "a/x", "b/x", "c/y", "b/x"))
    with pytest.raises(DatasetError, match=r"'b' comes twice, in rows 1 and 3"):
        run(tmp_path, dataset, config(categories=["y"]))
    assert dataset.closed
    assert not (tmp_path / "samples.jsonl").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "source.png"]


def test_a_failed_pass_leaves_an_earlier_spool_alone(tmp_path: Path, image: str) -> None:
    run(tmp_path, Listed(rows(image, "a")), config())
    with pytest.raises(DatasetError):
        run(tmp_path, Listed(rows(image, "b", "!bad")), config())
    assert [sample.id for sample in read_spool(tmp_path / "samples.jsonl")] == ["a"]


def test_bad_rows_are_named_with_reason_and_total(tmp_path: Path, image: str) -> None:
    with pytest.raises(DatasetError) as caught:
        run(tmp_path, Listed(rows(image, "a", "!no instruction", "b", "!no image")), config())
    text = str(caught.value)
    assert "the dataset has 2 bad rows" in text
    assert "line 2: no instruction" in text
    assert "line 4: no image" in text
    assert "on_bad_row: skip" in text


def test_after_ten_bad_rows_reading_stops(tmp_path: Path, image: str) -> None:
    dataset = Listed(rows(image, *(f"!reason {number}" for number in range(30))))
    with pytest.raises(DatasetError) as caught:
        run(tmp_path, dataset, config())
    assert "at least 10 bad rows" in str(caught.value)
    assert "reason 9" in str(caught.value)
    assert "reason 10" not in str(caught.value)
    assert dataset.reached == 10


def test_skipped_rows_are_counted_and_the_first_hundred_kept(tmp_path: Path, image: str) -> None:
    dataset = Listed(rows(image, *(f"!reason {number}" for number in range(150)), "a"))
    result, samples = run(tmp_path, dataset, config(on_bad_row="skip"))
    assert [(sample.id, sample.index) for sample in samples] == [("a", 150)]
    assert (result.skipped, len(result.skipped_rows), result.rows) == (150, 100, 151)
    assert result.skipped_rows[99] == "line 100: reason 99"


def test_a_source_image_that_cannot_be_used_makes_a_bad_row(tmp_path: Path, image: str) -> None:
    (tmp_path / "fake.png").write_bytes(b"GIF89a")
    samples = rows(image, "good", "missing", "fake")
    samples[1:] = [
        Sample(id=name, index=index, images=(image, f"{tmp_path}/{name}.png"), instruction="x")
        for index, name in enumerate(("missing", "fake"), start=1)
    ]
    with pytest.raises(DatasetError) as caught:
        run(tmp_path, Listed(samples), config())
    assert "row 1 ('missing'): source image: " in str(caught.value)
    assert "No such file" in str(caught.value)
    assert "fake.png is no PNG, JPEG or WebP image" in str(caught.value)
    result, kept = run(tmp_path, Listed(samples), config(on_bad_row="skip"))
    assert [sample.id for sample in kept] == ["good"]
    assert result.skipped == 2
    assert result.categories == (("", 1),)


def test_an_unknown_category_or_id_is_named_with_the_nearest(tmp_path: Path, image: str) -> None:
    dataset = Listed(rows(image, "coffee/physical", "moon/causal", "!bad"))
    with pytest.raises(DatasetError) as caught:
        run(tmp_path, dataset, config(categories=["causal", "phisical"], on_bad_row="skip"))
    text = str(caught.value)
    assert "no sample has the category 'phisical'. Did you mean 'physical'?" in text
    assert "The dataset's categories: physical, causal." in text
    assert "1 bad row could not be looked at" in text
    with pytest.raises(DatasetError, match=r"no sample has the id 'cofee'.*Did you mean 'coffee'"):
        run(tmp_path, dataset, config(ids=["moon", "cofee"], on_bad_row="skip"))


def test_unknown_names_are_no_error_where_the_limit_ended_the_reading(
    tmp_path: Path, image: str
) -> None:
    dataset = Listed(rows(image, "a/x", "b/y"))
    result, _ = run(tmp_path, dataset, config(categories=["x", "y"], limit=1))
    assert result.samples == 1


def test_progress_counts_every_row(tmp_path: Path, image: str) -> None:
    progress: list[int] = []
    dataset = Listed(rows(image, "a/x", "!bad", "b/y", "c/x"))
    run(tmp_path, dataset, config(categories=["x"], on_bad_row="skip"), progress)
    assert progress == [1, 2, 3, 4]


def test_a_dataset_that_never_asks_is_refused(tmp_path: Path, image: str) -> None:
    class Careless(Listed):
        def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:  # noqa: ARG002 - that is its fault
            yield from (row for row in self.rows if isinstance(row, Sample))

    with pytest.raises(DatasetError, match="without asking"):
        run(tmp_path, Careless(rows(image, "a")), config())


def test_ids_of_any_length_take_little_memory() -> None:
    chosen = RowSelection(config())
    chosen.wants(index=0, sample_id="first", category="c")
    tracemalloc.start()
    try:
        for index in range(1, 20_001):
            chosen.wants(index=index, sample_id=f"{index:0200d}", category="c")
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / 20_000 < 300


def test_few_names_are_remembered_for_suggestions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NAMES_KEPT", 3)
    chosen = RowSelection(config(ids=["sample-9", "sample-2x"]))
    for index in range(10):
        chosen.wants(index=index, sample_id=f"sample-{index}", category="")
    assert len(chosen._names) == 3
    with pytest.raises(DatasetError, match=r"'sample-2x'\. Did you mean 'sample-2'"):
        chosen.check_names(skipped=0)
