"""The level `errors` of `plain`, and its colours."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import PlainConfig
from editgauge.core.hooks.events import Count, RunFinished, StatusReported
from editgauge.reporters.errors_only import closing_line
from editgauge.reporters.plain_lines import PlainReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import RUN_DIR, Clock, play, whole_run


def written(config: PlainConfig, *, color: bool = False, run_dir: Path = RUN_DIR) -> str:
    stream = io.StringIO()
    context = make_context(stderr=stream, color=color, run_dir=run_dir)
    reporter = PlainReporter(config, context)
    play(reporter, whole_run(), Clock())
    reporter.close()
    return stream.getvalue()


def test_errors_and_one_closing_line_are_left() -> None:
    lines = written(PlainConfig(level="errors")).splitlines()
    errors = [line for line in lines if ": failed" in line or ": no score, " in line]
    assert len(errors) == 3
    assert any("The reporter" in line and "failed in step_event" in line for line in lines)
    assert not [line for line in lines if "goes back into the queue" in line]
    assert not [line for line in lines if "a replacement is started" in line]
    assert lines[-2] == "to try the failed samples again: editgauge run config.yaml --resume latest"
    assert lines[-1].startswith("Run finished in ")
    assert lines[-1].endswith(f"2 of 4 scored; results in {RUN_DIR}")


def test_a_status_that_somebody_asked_for_is_shown() -> None:
    (asked,) = [event for event in whole_run() if isinstance(event, StatusReported)]
    text = written(PlainConfig(level="errors"))
    assert asked.lines[0] in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Run finished in 65 s, 3 of 4 samples edited; results in /r"),
        (
            {"exit_code": 101, "status": "failed"},
            "Run failed in 65 s with exit code 101, 3 of 4 samples edited; results in /r",
        ),
        (
            {"score_outcomes": (Count("unparsed", 4),)},
            "Run finished in 65 s, 3 of 4 samples edited, 0 of 4 samples scored; results in /r",
        ),
        ({"edit_outcomes": ()}, "Run finished in 65 s; results in /r"),
    ],
)
def test_the_closing_line_says_how_it_ended_and_where_the_results_are(
    changes: dict[str, object], expected: str
) -> None:
    event = RunFinished(
        status="finished",
        exit_code=0,
        samples=4,
        edit_outcomes=(Count("ok", 3), Count("failed", 1)),
        score_outcomes=(),
        figures=None,
        categories=(),
        seconds=65.0,
    )
    told = closing_line(replace(event, **changes), Path("/r"))  # type: ignore[arg-type]
    assert told.replace("1 min 05 s", "65 s") == expected


def test_lines_are_coloured_on_stderr_where_that_is_wanted_and_never_in_a_file(
    tmp_path: Path,
) -> None:
    plain = written(PlainConfig())
    assert "\x1b" not in plain
    coloured = written(PlainConfig(), color=True)
    assert "\x1b[31m" in coloured
    assert "\x1b[33m" in coloured
    assert (
        coloured.replace("\x1b[31m", "")
        .replace("\x1b[33m", "")
        .replace("\x1b[2m", "")
        .replace("\x1b[0m", "")
        == plain
    )
    path = tmp_path / "run.log"
    assert written(PlainConfig(path=str(path)), color=True) == ""
    assert path.read_text("utf-8") == plain
