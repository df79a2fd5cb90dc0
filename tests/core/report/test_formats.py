"""Key figures and rows, written for programs and for people."""

import csv
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.report import formats
from editgauge.core.report.figures import report_of
from editgauge.core.report.rows import COLUMNS, SampleRow, sample_rows
from editgauge.core.report.tables import MissingLibraryError, csv_lines, parquet
from tests.core.report.run_folders import RUN_ID, edit, make_run, score
from tests.core.report.test_figures import WHOLE
from tests.hostile.texts import SHORT, harm_in


def test_the_table_has_a_row_for_the_run_and_one_for_each_category(tmp_path: Path) -> None:
    records = list(formats.to_records(report_of(make_run(tmp_path, WHOLE))))
    assert [(record["scope"], record["category"]) for record in records] == [
        ("run", ""),
        ("category", "even"),
        ("category", "odd"),
    ]
    assert all(list(record) == list(formats.COLUMNS) for record in records)
    run = records[0]
    assert (run["run_id"], run["exit_code"], run["coverage"], run["mean"]) == (RUN_ID, 0, 0.5, 6.5)
    assert (run["edit_failed"], run["edit_timeout"], run["score_unparsed"]) == (1, 0, 1)
    assert (run["edit_images_per_minute"], run["score_seconds"]) == (3.0, 30.0)
    assert records[1]["edit_seconds"] is None


def test_the_document_is_strict_json_with_the_same_figures(tmp_path: Path) -> None:
    document = formats.to_document(report_of(make_run(tmp_path, WHOLE)))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["mean"], document["coverage"], document["samples"]) == (6.5, 0.5, 4)
    assert document["stages"]["edit"] == {
        "samples": 4,
        "ok": 3,
        "seconds": 60.0,
        "images_per_minute": 3.0,
    }
    assert document["categories"][0]["mean"] == 8.0
    assert set(document) >= {"low", "high", "std", "median", "min", "max", "missing", "reason"}


def test_markdown_has_a_table_and_says_that_a_run_was_stopped(tmp_path: Path) -> None:
    summary = {"exit_code": 130, "seconds": 1.0, "reason": "interrupted by SIGINT"}
    folder = make_run(tmp_path, WHOLE[:6], status="interrupted", summary=summary)
    text = formats.to_markdown(report_of(folder))
    assert "Status: **interrupted**, exit code 130." in text
    assert (
        "not of a whole run: the run was interrupted; of 4 samples, 2 edited and not judged, "
        "2 without a good result." in text
    )
    assert "| even | 2 | 1 | 50.0% | 8.000 |" in text
    assert "| **all** | 4 | 1 | 25.0% |" in text
    assert "| edit | 3 ok, 1 failed | 1 min 00 s | 3.0 |" in text


def test_a_time_that_a_killed_start_took_along_is_not_made_up(tmp_path: Path) -> None:
    stages = {
        "edit": {"samples": 4, "seconds": 60.0, "begun": 2, "ended": 2},
        "score": {"samples": 2, "seconds": 1.0, "begun": 2, "ended": 1},
    }
    report = report_of(make_run(tmp_path, WHOLE, stages=stages))
    text = formats.to_markdown(report)
    assert "| edit | 3 ok, 1 failed | 1 min 00 s | 3.0 |" in text
    assert "| score | 2 ok, 1 unparsed, 1 not_edited | - | - |" in text
    assert "The time of score is not known: it goes on, or a start was killed" in text
    score_stage = formats.to_document(report)["stages"]["score"]
    assert (score_stage["seconds"], score_stage["images_per_minute"]) == (None, None)
    run = next(iter(formats.to_records(report)))
    assert (run["score_seconds"], run["score_images_per_minute"]) == (None, None)


@pytest.mark.parametrize("name", SHORT)
def test_no_text_is_markup_in_markdown(name: str, tmp_path: Path) -> None:
    rows = [edit(0, category=SHORT[name]), score(0, 8.0, category=SHORT[name])]
    folder = make_run(tmp_path, rows, samples=1, summary={"reason": SHORT[name]})
    text = formats.to_markdown(report_of(folder))
    assert harm_in(text) == []
    clean_folder = make_run(tmp_path / "plain", [edit(0), score(0, 8.0)], samples=1)
    expected = formats.to_markdown(report_of(clean_folder))
    own = "|*`<>[]_!"
    more = {sign: text.count(sign) - expected.count(sign) for sign in own if sign != "|"}
    assert more == dict.fromkeys(more, 0)
    assert (text.count("|") - expected.count("|")) % 12 == 0, "whole rows only"


def test_a_row_for_each_sample_reached_or_not(tmp_path: Path) -> None:
    rows = list(sample_rows(make_run(tmp_path, [edit(2), *WHOLE[:2], score(0, 8.0)])))
    assert [row.id for row in rows] == ["s0", "s1", "s2", "s3"]
    assert rows[0] == SampleRow(
        id="s0",
        index=0,
        category="even",
        edit_outcome="ok",
        score_outcome="ok",
        score=8.0,
        edit_seconds=1.5,
        score_seconds=0.5,
        image="images/s0.png",
    )
    assert rows[1] == SampleRow(id="s1", index=1, category="odd")


def test_the_reason_is_the_first_one(tmp_path: Path) -> None:
    row = next(row for row in sample_rows(make_run(tmp_path, WHOLE)) if row.index == 2)
    assert (row.reason, row.score_outcome, row.image) == ("it broke", "not_edited", None)


def csv_of(*rows: SampleRow) -> list[dict[str, str]]:
    text = "".join(csv_lines(COLUMNS, map(asdict, rows)))
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=cmd|' /C calc'!A0", "\uff1d1"],
)
def test_no_text_is_a_formula_in_a_spreadsheet(text: str) -> None:
    (row,) = csv_of(SampleRow(id=text, index=0, category="-", score=-1.5))
    assert row["id"].startswith(("'", "\\"))
    assert row["category"] == "'-"
    assert row["score"] == "-1.5", "numbers are numbers"


@pytest.mark.parametrize("name", SHORT)
def test_csv_is_harmless_and_has_one_record_a_line(name: str) -> None:
    text = "".join(csv_lines(COLUMNS, [asdict(SampleRow(id=SHORT[name], index=0, category=""))]))
    assert harm_in(text) == []
    assert text.count("\n") == 2


def test_parquet_keeps_types_texts_and_gaps() -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    rows = [
        SampleRow(id="=1+1", index=0, category="", score=1.0),
        SampleRow(id="a\ud800\x1b", index=1, category="c"),
    ]
    table = pq.read_table(io.BytesIO(parquet(COLUMNS, map(asdict, rows))))
    assert table.column_names == list(COLUMNS)
    assert table.column("id").to_pylist() == ["=1+1", "a\\ud800\x1b"]
    assert table.column("score").to_pylist() == [1.0, None]
    assert [str(kind) for kind in table.schema.types[:3]] == ["string", "int64", "string"]


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'editgauge\[parquet\]'"):
        parquet(COLUMNS, [])


def test_the_columns_of_rows_are_the_fields_of_a_row() -> None:
    values: dict[str, Any] = {name: kind() for name, kind in COLUMNS.items()}
    row = SampleRow(**values)
    assert all(type(value) is COLUMNS[name] for name, value in asdict(row).items())
