"""`editgauge report` and `editgauge events schema` from the command line."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.core.cli.main import main
from tests.core.report.run_folders import RUN_ID, make_run
from tests.core.report.test_figures import WHOLE

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs" / RUN_ID, WHOLE)
    (tmp_path / "runs" / "latest").symlink_to(RUN_ID)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        out, err = capfd.readouterr()
        return int(str(stop.value.code)), out, err

    return run


@pytest.mark.parametrize("name", ["latest", RUN_ID, f"runs/{RUN_ID}"])
def test_a_run_is_named_in_three_ways(run: Run, name: str) -> None:
    code, out, err = run("report", name)
    assert (code, err) == (0, "")
    assert out.startswith("# ")
    assert "| **all** | 4 | 2 | 50.0% | 6.500 |" in out


def test_json_is_one_document(run: Run) -> None:
    code, out, err = run("report", "latest", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["mean"] == 6.5


def test_csv_is_a_table(run: Run) -> None:
    _, out, _ = run("report", "latest", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["scope"] for row in rows] == ["run", "category", "category"]
    assert rows[0]["edit_failed"] == "1"


def test_rows_as_csv_and_json_are_the_same(run: Run) -> None:
    _, table, _ = run("report", "latest", "--format", "csv", "--rows")
    _, document, _ = run("report", "latest", "--format", "json", "--rows")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["id"] for row in rows] == [row["id"] for row in json.loads(document)]
    assert [row["id"] for row in rows] == ["s0", "s1", "s2", "s3"]
    assert document.count("\n") == 6


def test_an_interrupted_run_is_reported_and_said_to_be_one(run: Run, tmp_path: Path) -> None:
    make_run(tmp_path / "cut", WHOLE[:2], status="interrupted", summary={"exit_code": 130})
    code, out, err = run("report", "cut", "--format", "json")
    assert code == 0
    assert (json.loads(out)["status"], json.loads(out)["missing"]) == ("interrupted", 4)
    assert err == (
        f"editgauge: {RUN_ID}: the run was interrupted; of 4 samples, 2 not "
        "reached, 2 edited and not judged\n"
    )


def test_parquet_goes_to_a_file_or_a_pipe_not_to_a_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    assert run("report", "latest", "--format", "parquet", "--rows", "--output", str(path))[0] == 0
    assert pq.read_table(path).column("id").to_pylist() == ["s0", "s1", "s2", "s3"]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, out, err = run("report", "latest", "--format", "parquet")
    assert (code, out) == (2, "")
    assert "no text for a terminal; redirect it, or name a file with --output" in err


def test_the_end_of_the_output_file_says_how_it_is_written(run: Run, tmp_path: Path) -> None:
    table, document = tmp_path / "figures.csv", tmp_path / "FIGURES.JSON"
    assert run("report", "latest", "--output", str(table))[0] == 0
    assert table.read_text().startswith("run_id,status,")
    assert run("report", "latest", "--output", str(document))[0] == 0
    assert json.loads(document.read_text())["samples"] == 4
    assert run("report", "latest", "--format", "csv", "--output", str(document))[0] == 0
    assert document.read_text() == table.read_text()
    assert run("report", "latest", "--output", str(tmp_path / "figures.txt"))[0] == 0
    assert (tmp_path / "figures.txt").read_text().startswith("# ")


def test_a_run_is_named_by_its_manifest_too(run: Run) -> None:
    manifest = Path("runs/latest/run.json")
    assert run("report", str(manifest)) == run("report", "latest")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, "no run called 'nothing'"),
        (["latest", "--rows"], 2, "--rows is for --format json, csv or parquet"),
        (["damaged"], 2, "line 1: not JSON"),
        (["latest", "--output", "/dev/null/x"], 110, "cannot write /dev/null/x"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(
    run: Run, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    folder = make_run(tmp_path / "damaged")
    (folder / "results.jsonl").write_text("\x1b{\n")
    found, out, err = run("report", *arguments)
    assert (found, out) == (code, "")
    assert said in err
    assert "\x1b" not in err


def test_the_schema_is_printed_or_written(run: Run, tmp_path: Path) -> None:
    code, out, err = run("events", "schema")
    assert (code, err) == (0, "")
    assert "RunStarted" in json.loads(out)["$defs"]
    assert run("events", "schema", "--output", "schema.json") == (0, "", "")
    assert (tmp_path / "schema.json").read_text("utf-8") == out
    assert run("events", "schema", "--output", "/dev/null/x")[0] == 2
