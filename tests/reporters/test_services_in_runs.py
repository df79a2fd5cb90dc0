"""The reporters for build systems and trackers in a real run that fails and is gone on with."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.outcomes import ExitCode
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.player import Player, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.surroundings import Surroundings
from tests.reporters.ci.junit_structure import wrong_in
from tests.support.runs import run, run_config


@dataclass
class Seen:
    """What there was after a start of the run."""

    report: ET.Element
    summary: str
    annotations: list[str]
    scalars: dict[str, list[tuple[int, float]]]
    pictures: list[str]
    run: Any
    metrics: dict[str, list[tuple[int, int, float]]]
    run_dir: Path


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """Return what was seen after a run that lost its only worker, and after it was resumed."""
    folder = tmp_path_factory.mktemp("services")
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        patch.delenv("GITHUB_ACTIONS", raising=False)
        for resume, misbehave, code in (
            (None, {"s1": "raise", "s3": "kill"}, ExitCode.WORKERS_LOST),
            ("latest", {"s1": "raise"}, ExitCode.TOO_MANY_FAILURES),
        ):
            config = run_config(
                folder,
                edit={
                    "misbehave": misbehave,
                    "folder": str(folder),
                    "type": "sleeping",
                    "workers": {"devices": ["cpu"]},
                },
                reward={"replies": {"s4": "I would rather not say."}},
                max_lost_workers=0,
                reporters={
                    "events": {},
                    "junit": {},
                    "github": {"path": str(folder / "summary.md"), "annotations": True},
                    "tensorboard": {},
                    "mlflow": {"tracking_uri": (folder / "store").as_uri(), "images": 2},
                },
            )
            with pytest.MonkeyPatch.context() as streams:
                stdout = folder.joinpath("stdout").open("w+", encoding="utf-8")
                streams.setattr("sys.stdout", stdout)
                result, _, _ = run(config, resume=resume)
                stdout.seek(0)
                annotations = stdout.read().splitlines()
                stdout.close()
            assert result.reporter_failures == ()
            assert result.exit_code == code
            found.append(_look(result.run_dir, folder, annotations))
    return found


def _look(run_dir: Path, folder: Path, annotations: list[str]) -> Seen:
    sent, metrics = _sent(folder / "store")
    events = EventAccumulator(str(run_dir / "tensorboard")).Reload()
    return Seen(
        report=ET.parse(run_dir / "junit.xml").getroot(),  # noqa: S314 - the reporter's own
        summary=(folder / "summary.md").read_text(encoding="utf-8"),
        annotations=annotations,
        scalars={
            tag: [(item.step, item.value) for item in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]
        },
        pictures=events.Tags()["images"],
        run=sent,
        metrics=metrics,
        run_dir=run_dir,
    )


def _sent(store: Path) -> tuple[Any, dict[str, list[tuple[int, int, float]]]]:
    """Return the one run of a store of MLflow, and step, time and value of each of its metrics."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store.as_uri())
    (sent,) = client.search_runs([client.get_experiment_by_name("editgauge").experiment_id])
    return sent, {
        name: sorted(
            (item.step, item.timestamp, item.value)
            for item in client.get_metric_history(sent.info.run_id, name)
        )
        for name in sent.data.metrics
    }


def _cases(root: ET.Element) -> dict[str, str]:
    """Return how each test case ended."""
    ends = ("error", "failure", "skipped")
    return {
        case.get("name", ""): next((child.tag for child in case if child.tag in ends), "passed")
        for case in root.iter("testcase")
    }


def test_junit_tells_what_was_not_reached_and_later_the_whole_run(starts: list[Seen]) -> None:
    first, second = starts
    assert wrong_in(first.report) == wrong_in(second.report) == []
    before = _cases(first.report)
    assert before["the run"] == "error"
    assert before["s1"] == "error"
    assert {before[name] for name in ("s0", "s2", "s4", "s5")} == {"skipped"}
    assert _cases(second.report) == {
        "the run": "passed",
        "s0": "passed",
        "s1": "error",
        "s2": "passed",
        "s3": "passed",
        "s4": "failure",
        "s5": "passed",
    }


def test_github_tells_why_it_ended_and_later_what_is_missing(starts: list[Seen]) -> None:
    first, second = starts
    assert first.annotations[0].startswith("::error title=editgauge%3A run failed%2C exit code 101")
    assert any("worker edit-0 was lost" in line for line in first.annotations)
    assert [line.partition("::")[2].partition("::")[0] for line in second.annotations] == [
        "error title=editgauge%3A run finished%2C exit code 100",
        "error title=edit failed%3A s1",
        "warning title=score unparsed%3A s4",
        "notice title=editgauge%3A score",
    ]
    assert first.summary.count("## editgauge: failed") == 1
    assert second.summary.startswith(first.summary)
    assert re.search(r"4 of 6 scored", second.summary)
    assert "retry_failed=True" in second.summary


def test_tensorboard_goes_on_with_its_steps(starts: list[Seen]) -> None:
    first, second = starts
    before = [step for step, _ in first.scalars["edit/failures"]]
    assert 1 <= len(before) <= 3
    assert [step for step, _ in second.scalars["edit/failures"]] == [1, 2, 3, 4, 5, 6]
    assert first.pictures
    assert second.pictures == ["edit/0", "edit/2", "edit/3", "edit/4", "edit/5"]
    assert len(second.scalars["score/score"]) == 4


def test_mlflow_goes_on_in_the_same_run(starts: list[Seen]) -> None:
    first, second = starts
    assert first.run.info.run_id == second.run.info.run_id
    assert first.run.info.status == "FAILED"
    assert second.run.info.status == "FINISHED"
    assert second.run.data.params["edit.steps"] == "4"
    assert second.run.data.metrics["run/scored"] == 4
    assert "score/mean" not in first.metrics
    steps = [step for step, _, _ in second.metrics["score/mean"]]
    assert len(steps) == len(set(steps)) >= 4


def test_mlflow_gets_the_same_from_a_replay(
    starts: list[Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    live = starts[1]
    plugins = PluginManager()
    plugins.load_entry_points()
    options = {"tracking_uri": (tmp_path / "store").as_uri(), "images": 2}
    played = Player(
        find_recording(str(live.run_dir), Path("runs")),
        choose([ReporterChoice("mlflow", options)], plugins, surroundings=Surroundings()),
        plugins,
        Screen(
            stderr=io.StringIO(), stdout=io.StringIO(), interactive=False, size=lambda: (80, 24)
        ),
    ).play()
    assert played.reporter_failures == ()
    sent, metrics = _sent(tmp_path / "store")
    assert metrics == live.metrics
    assert sent.data.params == live.run.data.params
    assert sent.data.tags == live.run.data.tags
    for name in ("run_name", "status", "start_time", "end_time"):
        assert getattr(sent.info, name) == getattr(live.run.info, name)
