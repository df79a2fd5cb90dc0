"""The reporter `github`: the summary and the annotations of a job."""

import html
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters_services import GithubConfig
from editgauge.core.hooks.events import Event, RunFinished, SampleFinished
from editgauge.reporters.amounts import coverage_of
from editgauge.reporters.ci.github import SUMMARY_LIMIT, GithubReporter
from tests.reporters.contexts import make_context
from tests.reporters.run_directories import write_run_directory
from tests.reporters.script import FIGURES, whole_run
from tests.reporters.telling import tell

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")


@pytest.fixture(autouse=True)
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Be a job of GitHub Actions; return its summary's file."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    return tmp_path / "step.md"


def _said(folder: Path, events: list[Event] | None = None, **options: Any) -> list[list[str]]:
    """Return kind, title and message of what was printed, as GitHub's runner reads it."""
    stdout = io.StringIO()
    reporter = GithubReporter(GithubConfig(**options), make_context(run_dir=folder, stdout=stdout))
    tell(reporter, whole_run() if events is None else events)
    found = []
    for line in stdout.getvalue().splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        found.append([_read(part) for part in match.groups()])
    return found


def _read(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def _with_failures(number: int) -> list[Event]:
    (sample,) = [
        event
        for event in whole_run()
        if isinstance(event, SampleFinished) and event.outcome == "failed"
    ]
    many = [replace(sample, sample=f"x{index}", index=index) for index in range(10, 10 + number)]
    return [whole_run()[0], *many, whole_run()[-1]]


def test_annotations_name_what_failed_and_the_mean_with_its_coverage(tmp_path: Path) -> None:
    said = _said(tmp_path)
    assert [(kind, title) for kind, title, _ in said] == [
        ("error", "editgauge: run finished, exit code 100"),
        ("error", "edit failed: 写真-03"),
        ("warning", "editgauge: dataset"),
        ("warning", "score unparsed: c\\x1b[2J\\n\\u202eevil"),
        ("warning", "editgauge: worker edit-1 was lost"),
        ("warning", "editgauge: reporter my\\x1b[31mreporter failed"),
        ("notice", "editgauge: score"),
    ]
    assert said[1][2] == "OutOfMemoryError: tried to allocate\n2 GiB \\x1b[1m画像"
    assert said[-1][2] == f"{coverage_of(FIGURES)} (4 samples)"


def test_ten_of_a_kind_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    def errors(number: int) -> list[str]:
        said = _said(tmp_path, _with_failures(number))
        return [message for kind, _, message in said if kind == "error"]

    assert len(errors(9)) == 10
    assert "more" not in errors(9)[-1]
    assert len(errors(10)) == 10
    assert errors(10)[-1] == "2 more like these; the job summary lists them"
    assert errors(3000)[-1] == "2,992 more like these; the job summary lists them"


def test_an_interrupted_run_is_a_warning_with_the_command_to_go_on(tmp_path: Path) -> None:
    (last,) = [event for event in whole_run() if isinstance(event, RunFinished)]
    end = replace(last, status="interrupted", exit_code=130, reason="50% done,\ninterrupted: x")
    said = _said(tmp_path, [whole_run()[0], end])
    assert said[0][:2] == ["warning", "editgauge: run interrupted, exit code 130"]
    assert said[0][2].startswith("50% done,\ninterrupted: x\n")
    assert said[0][2].endswith("editgauge run config.yaml --resume latest")


def test_the_summary_has_categories_problems_and_the_command(tmp_path: Path, job: Path) -> None:
    _said(tmp_path)
    text = job.read_text(encoding="utf-8")
    assert f"**{coverage_of(FIGURES)}**" in text
    assert "| physical | 1 of 2 | 8.50 |" in text
    assert "| 文化 | 1 of 2 | 7.00 |" in text
    assert "### 2 samples without a result" in text
    rows = [html.unescape(line) for line in text.splitlines() if line.startswith("| 2 | ")]
    assert rows == [
        "| 2 | 写真-03 | edit: failed | OutOfMemoryError: tried to allocate\\n2 GiB \\x1b[1m画像 |"
    ]
    assert "```\nto try the failed samples again: editgauge run config.yaml" in text


def test_the_summary_is_appended_for_other_tools_write_there_too(tmp_path: Path, job: Path) -> None:
    job.write_text("## Another tool\n", encoding="utf-8")
    _said(tmp_path)
    assert job.read_text(encoding="utf-8").startswith("## Another tool\n## editgauge: finished\n")


@pytest.mark.parametrize("before", [0, 1000, SUMMARY_LIMIT - 2000, SUMMARY_LIMIT - 10])
def test_a_summary_that_is_too_long_is_cut_with_a_remark(
    tmp_path: Path, job: Path, before: int
) -> None:
    job.write_bytes(b"x" * before)
    _said(tmp_path, _with_failures(10_000), problems=10_000)
    text = job.read_bytes()
    assert len(text) <= SUMMARY_LIMIT
    if before < SUMMARY_LIMIT - 100:
        assert text.decode("utf-8").endswith("see run.json and results.jsonl.\n")
        assert len(text) > SUMMARY_LIMIT - 1000


def test_more_problems_than_wanted_are_counted(tmp_path: Path, job: Path) -> None:
    _said(tmp_path, _with_failures(100), problems=7)
    text = job.read_text(encoding="utf-8")
    assert len(re.findall(r"^\| \d+ \| x", text, re.MULTILINE)) == 7
    assert "And 93 more, see results.jsonl." in text


def test_results_of_earlier_starts_are_told_by_a_resumed_run(tmp_path: Path, job: Path) -> None:
    write_run_directory(tmp_path)
    resumed = replace(whole_run()[0], resumed=True)  # type: ignore[call-arg]
    said = _said(tmp_path, [resumed, whole_run()[-1]])
    assert [title for _, title, _ in said if " failed: " in title or "unparsed" in title] == [
        "edit failed: 写真-03",
        "score unparsed: c\\x1b[2J\\n\\u202eevil",
    ]
    assert "### 2 samples without a result" in job.read_text(encoding="utf-8")


def test_a_path_takes_the_place_of_the_variable(tmp_path: Path, job: Path) -> None:
    _said(tmp_path, path="{run_dir}/own/summary.md")
    assert (tmp_path / "own" / "summary.md").is_file()
    assert not job.exists()


def test_elsewhere_only_the_summary_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert _said(tmp_path) == []
    assert _said(tmp_path, annotations=True)


@pytest.mark.parametrize("options", [{}, {"annotations": False}])
def test_nowhere_to_write_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    if not options:
        monkeypatch.delenv("GITHUB_ACTIONS")
    with pytest.raises(ValueError, match=r"nowhere to write.*'-r github:summary\.md'"):
        GithubReporter(GithubConfig(**options), make_context(run_dir=tmp_path))
