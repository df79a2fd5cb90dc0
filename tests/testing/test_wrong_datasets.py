"""Planted faults of datasets: each is found by the check that is meant for it."""

from pathlib import Path

import pytest
from PIL import Image

from editgauge.core.conformance.api import examine
from tests.testing import wrong_datasets
from tests.testing.planted import assert_found, examine_for

FAULTS = [
    ("Trusting", "missing-file", "`check` of a missing file raised nothing"),
    ("RaisingInCheck", "missing-file", "raised FileNotFoundError"),
    ("MisspeltTarget", "reads", "wrong_datasets' does not have. Did you mean 'Right'?"),
    ("RaisingAtBadRows", "reads", "raised ValueError: line 4 is empty; what is wrong with a row"),
    ("GivingPaths", "plain-samples", "`images` of row 0 is (PosixPath("),
    ("SameIds", "ids", "the id 'line 0' comes twice, in rows 0 and 1"),
    ("CountingFromOne", "indexes", "expected indexes 0, 1, 2, ...; got 1, 2, 3"),
    ("CountingWanted", "indexes", "is row 1, and row 0 when other rows are not wanted"),
    ("GivingAll", "selection", "was given although it was not wanted"),
    ("NotAsking", "selection", "nobody was asked whether it is wanted"),
    ("Shuffling", "same-again", "the second reading gave"),
    ("Relative", "image-paths", "row 0 has the relative path 'source.png'"),
    ("ImageLost", "image-paths", "row 0 has an image that a run would refuse"),
    ("StoringById", "image-folder", "the file image0.png is not named by safe_name"),
    ("StoringAll", "image-folder", "is of a row that nobody wanted"),
    ("NotStopping", "stops-early", "RuntimeError: generator ignored GeneratorExit"),
    ("ReadingAllFirst", "lazy", "rows were read before the first one was given"),
    ("Printing", "quiet", "it printed 'reading"),
]


@pytest.fixture
def lines(tmp_path: Path) -> str:
    Image.new("RGB", (8, 6), "green").save(tmp_path / "source.png")
    rows = [f"do {number}" for number in range(12)]
    rows[3] = ""
    (tmp_path / "lines.txt").write_text("\n".join(rows), "utf-8")
    return str(tmp_path / "lines.txt")


@pytest.mark.parametrize(("dataset", "check", "said"), FAULTS)
def test_the_check_that_is_meant_for_it_finds_it(
    dataset: str, check: str, said: str, lines: str
) -> None:
    config = {"type": dataset, "path": lines}
    assert_found(examine_for(check, "dataset", config, wrong_datasets), check, said)


@pytest.mark.parametrize("dataset", ["Right", "Storing"])
@pytest.mark.parametrize("rows", [5, 200])
def test_what_is_right_passes_every_check(dataset: str, rows: int, lines: str) -> None:
    config = {"type": dataset, "path": lines}
    report = examine("dataset", config, plugins=[wrong_datasets], rows=rows)
    assert report.names("failed") == report.names("skipped") == [], str(report)


def test_a_dataset_without_its_file_is_found(tmp_path: Path) -> None:
    config = {"type": "Right", "path": str(tmp_path / "lines.txt")}
    report = examine("dataset", config, plugins=[wrong_datasets])
    assert_found(report, "reads", "there is no file")
