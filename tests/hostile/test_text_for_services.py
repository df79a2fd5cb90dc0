"""Hostile text in made-up events, through the reporters for build systems and trackers."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from editgauge.config_schemas.reporters_services import (
    GithubConfig,
    JunitConfig,
    MlflowConfig,
    TensorboardConfig,
)
from editgauge.core.hooks.events import Event, RunStarted
from editgauge.reporters.ci.github import GithubReporter
from editgauge.reporters.ci.junit import JunitReporter
from editgauge.reporters.trackers.mlflow import MlflowReporter
from editgauge.reporters.trackers.tensorboard import TensorboardReporter
from tests.hostile.test_text_in_reporters import hostile_events
from tests.hostile.texts import CORPUS, SHORT, harm_in
from tests.reporters.ci.junit_structure import wrong_in
from tests.reporters.contexts import make_context
from tests.reporters.telling import tell

OWN_COMMAND = re.compile(r"::(?:error|warning|notice) title=[^:,\r\n]*::", re.IGNORECASE)


def _events(name: str) -> list[Event]:
    """Return hostile events, a start of a run first."""
    events = list(hostile_events(CORPUS[name]))
    return sorted(events, key=lambda event: not isinstance(event, RunStarted))


@pytest.mark.parametrize("name", CORPUS)
def test_a_junit_report_is_xml_and_harmless(name: str, tmp_path: Path) -> None:
    reporter = JunitReporter(JunitConfig(min_score=5.0), make_context(run_dir=tmp_path))
    tell(reporter, _events(name))
    text = (tmp_path / "junit.xml").read_bytes().decode("utf-8")
    root = ET.fromstring(text)  # noqa: S314 - the reporter's own
    assert wrong_in(root) == []
    for element in root.iter():
        for shown in (element.text or "", *element.attrib.values()):
            # What is wrapped and indented in XML is one text to its reader.
            assert harm_in(shown.replace("\t", " ")) == []


@pytest.mark.parametrize("name", CORPUS)
def test_every_line_for_github_is_a_command_of_the_reporter_itself(
    name: str, tmp_path: Path
) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="utf-8", errors="strict", newline="\n")
    config = GithubConfig(annotations=True, path="{run_dir}/summary.md")
    tell(GithubReporter(config, make_context(run_dir=tmp_path, stdout=stdout)), _events(name))
    lines = raw.getvalue().decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert 1 <= len(lines) <= 30
    for line in lines:
        (start, rest) = OWN_COMMAND.match(line), OWN_COMMAND.sub("", line, count=1)
        assert start, line[:100]
        assert harm_in(rest) == []
        assert harm_in(start[0].removeprefix("::")) == []


@pytest.mark.parametrize("name", CORPUS)
def test_the_summary_for_github_is_harmless(name: str, tmp_path: Path) -> None:
    config = GithubConfig(path="{run_dir}/summary.md")
    tell(GithubReporter(config, make_context(run_dir=tmp_path)), _events(name))
    text = (tmp_path / "summary.md").read_bytes().decode("utf-8")
    # A rule of a table is no heading of Buildkite: it begins with a bar.
    assert harm_in(text.replace("\t", " ")) == []
    outside_code = re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"[<>]", outside_code)


@pytest.mark.parametrize("name", SHORT)
def test_event_files_for_tensorboard_are_read_and_harmless(name: str, tmp_path: Path) -> None:
    config = TensorboardConfig()
    tell(TensorboardReporter(config, make_context(run_dir=tmp_path)), _events(name))
    found = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    tags = [tag for kind in ("scalars", "tensors", "images") for tag in found.Tags()[kind]]
    assert tags
    assert harm_in("\n".join(tags)) == []


@pytest.mark.parametrize("name", SHORT)
def test_mlflow_takes_them_and_shows_them_harmless(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    uri = (tmp_path / "store").as_uri()
    config = MlflowConfig(tracking_uri=uri)
    tell(MlflowReporter(config, make_context(run_dir=tmp_path)), _events(name))
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    (run,) = client.search_runs([client.get_experiment_by_name("editgauge").experiment_id])
    shown = [run.info.run_name, *run.data.tags.values(), *run.data.params.values()]
    shown += [*run.data.tags, *run.data.params, *run.data.metrics]
    assert harm_in("\n".join(shown)) == []
