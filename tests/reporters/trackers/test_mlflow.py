"""The reporter `mlflow`, with the real client and a store on disk."""

import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.reporters_services import MlflowConfig
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import Event, RunFinished, SampleFinished
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.reporters.trackers import mlflow
from editgauge.reporters.trackers.mlflow import MlflowReporter
from editgauge.reporters.trackers.mlflow_client import Measurement, MlflowError, MlflowRun
from tests.reporters.contexts import make_context
from tests.reporters.run_directories import write_run_directory
from tests.reporters.script import RUN_ID, Clock, whole_run
from tests.reporters.telling import tell

START = 1795403400_000
"""2026-11-23T03:10:00Z"""


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    # A folder is what the small package can keep; MLflow would rather have a database.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = _variables()
    yield
    assert _variables() == before


def _variables() -> set[str]:
    return {name for name in os.environ if name.startswith("MLFLOW_")}


def _send(folder: Path, events: list[Event] | None = None, **options: Any) -> None:
    reporter = MlflowReporter(MlflowConfig(**options), make_context(run_dir=folder))
    tell(reporter, whole_run() if events is None else events)


def _client() -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient()


def _runs(experiment: str = "editgauge") -> list[Any]:
    client = _client()
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id]))


def _history(run: Any, name: str) -> list[tuple[int, float, int]]:
    found = _client().get_metric_history(run.info.run_id, name)
    return sorted((item.step, item.value, item.timestamp - START) for item in found)


def test_a_run_is_one_run_with_the_times_of_its_events(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    _send(tmp_path)
    (run,) = _runs()
    assert run.info.run_name == RUN_ID
    assert (run.info.start_time, run.info.end_time) == (START, START + 49_800)
    assert run.info.status == "FINISHED"
    assert run.data.params["edit_model"] == "qwen-image-edit"
    assert run.data.params["edit.steps"] == "8"
    assert run.data.params["edit.lora"] == '["a"]'
    assert run.data.tags["editgauge.run_id"] == RUN_ID
    assert run.data.tags["editgauge.exit_code"] == "100"
    assert run.data.metrics["run/mean"] == 7.75
    assert run.data.metrics["run/coverage"] == 0.5
    assert run.data.metrics["category/文化/mean"] == 7.0
    mean = [(2, 8.5, 45_600), (3, 8.5, 47_600), (4, 7.75, 49_600)]
    assert _history(run, "score/mean") == mean


def test_results_record_and_the_pictures_that_are_wanted_are_artifacts(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    _send(tmp_path, images=4)
    (run,) = _runs()
    client = _client()
    names = [item.path for item in client.list_artifacts(run.info.run_id)]
    assert names == ["images", "results.jsonl", "run.json"]
    images = [item.path for item in client.list_artifacts(run.info.run_id, "images")]
    assert [re.sub(r"-[0-9a-f]{20}", "", name) for name in images] == [
        "images/0-boat.png",
        "images/1-c-2j-evil.png",
        "images/3-house.png",
    ]
    _send(tmp_path, experiment="without", artifacts=False)
    (run,) = _runs("without")
    assert client.list_artifacts(run.info.run_id) == []


def test_a_link_in_the_run_directory_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_run_directory(folder)
    (folder / "results.jsonl").rename(tmp_path / "elsewhere.jsonl")
    (folder / "results.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    _send(folder)
    (run,) = _runs()
    assert [item.path for item in _client().list_artifacts(run.info.run_id)] == ["run.json"]


def test_a_resumed_run_goes_on_in_the_same_run(tmp_path: Path) -> None:
    (end,) = [event for event in whole_run() if isinstance(event, RunFinished)]
    events = whole_run()
    scores = [e for e in events if isinstance(e, SampleFinished) and e.stage == "score"]
    first = [
        *events[: events.index(scores[2])],
        replace(end, status="interrupted", time=scores[2].time),
    ]
    _send(tmp_path, first)
    (run,) = _runs()
    assert run.info.status == "KILLED"
    assert [step for step, _, _ in _history(run, "score/mean")] == [2]

    later = [replace(e, time=e.time.replace("T03:", "T05:")) for e in events]
    second = [replace(later[0], resumed=True), *later[events.index(scores[2]) :]]  # type: ignore[call-arg]
    _send(tmp_path, second)
    (run,) = _runs()
    assert run.info.status == "FINISHED"
    assert run.info.end_time == START + 2 * 3600_000 + 49_800
    assert [step for step, _, _ in _history(run, "score/mean")] == [2, 3, 4]


def test_what_was_sent_is_not_sent_again_and_what_is_missing_is(tmp_path: Path) -> None:
    events = whole_run()
    _send(tmp_path, [event for event in events if event.elapsed < 46])
    (run,) = _runs()
    assert run.info.status == "RUNNING"
    # The last seconds were lost with the process, as by a kill.
    sent = _history(run, "score/mean")
    assert len(sent) < 3
    for _ in range(2):
        _send(tmp_path)
        (run,) = _runs()
        assert [step for step, _, _ in _history(run, "score/mean")] == [2, 3, 4]
        assert len(_history(run, "edit/failures")) == 4
        assert run.info.status == "FINISHED"


def test_nothing_is_lost_when_the_clock_of_the_machine_is_put_back(tmp_path: Path) -> None:
    events = [
        replace(event, time=event.time.replace("T03:", "T02:")) if event.elapsed > 46 else event
        for event in whole_run()
    ]
    _send(tmp_path, events)
    assert [step for step, _, _ in _history(_runs()[0], "score/mean")] == [2, 3, 4]


def test_another_run_in_a_folder_of_the_same_name_is_another_run(tmp_path: Path) -> None:
    _send(tmp_path)
    _send(tmp_path, [replace(e, time=e.time.replace("T03:", "T05:")) for e in whole_run()])
    assert len(_runs()) == 2


@pytest.mark.parametrize(
    ("status", "shown"),
    [("finished", "FINISHED"), ("failed", "FAILED"), ("interrupted", "KILLED")],
)
def test_the_status_is_that_of_the_run(tmp_path: Path, status: str, shown: str) -> None:
    (end,) = [event for event in whole_run() if isinstance(event, RunFinished)]
    _send(tmp_path, [whole_run()[0], replace(end, status=status)])
    assert _runs()[0].info.status == shown


def test_metrics_are_sent_every_few_seconds_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    really_send = MlflowRun.metrics

    def send(run: MlflowRun, measurements: Sequence[Measurement]) -> None:
        sent.append(len(measurements))
        really_send(run, measurements)

    monkeypatch.setattr(MlflowRun, "metrics", send)
    clock = Clock()
    reporter = MlflowReporter(MlflowConfig(), make_context(run_dir=tmp_path, clock=clock))
    samples = iter([event for event in whole_run() if isinstance(event, SampleFinished)])
    first = next(samples)
    tell(reporter, [whole_run()[0]], close=False)
    tell(reporter, [first], close=False)
    waited = len(sent)
    clock.now = first.elapsed + 4.9
    reporter.tick()
    assert len(sent) == waited
    reporter.sample_event(replace(next(samples), elapsed=first.elapsed + 0.1))
    clock.now = first.elapsed + 5.1
    reporter.tick()
    assert len(sent) == waited + 1
    reporter.tick()
    assert len(sent) == waited + 1
    reporter.close()


def test_a_server_that_is_not_there_mutes_the_reporter_and_says_how_to_send_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:hunter2!@127.0.0.1:{port}")
    plugins = PluginManager()
    config = MlflowConfig(retries=0, timeout=1)
    plugins.register(MlflowReporter(config, make_context(run_dir=tmp_path)), "mlflow")
    bus = Bus(plugins, run_id=RUN_ID, clock=Clock())
    for event in whole_run():
        bus.emit(event)
    assert bus.close(60.0) == []
    (failure,) = bus.failures
    assert "'editgauge replay RUN -r mlflow'" in failure.error
    assert "hunter2" not in failure.error
    assert capfd.readouterr() == ("", "")


def test_a_server_that_does_not_answer_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = PluginManager()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.getsockname()[1]}")
        config = MlflowConfig(retries=0, timeout=300)
        plugins.register(MlflowReporter(config, make_context(run_dir=tmp_path)), "mlflow")
        bus = Bus(plugins, run_id=RUN_ID, clock=Clock())
        for event in whole_run():
            bus.emit(event)
        connection, _ = server.accept()
        (undelivered,) = bus.close(0.1)
        assert (undelivered.reporter, undelivered.hung) == ("mlflow", True)
        connection.close()
    # Cut off, it ends by itself, and puts back what it changed.
    for thread in threading.enumerate():
        if thread.name == "reporter-mlflow":
            thread.join(60.0)
            assert not thread.is_alive()


def test_errors_of_mlflow_do_not_show_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://me:hunter2!@example.invalid")
    with pytest.raises(MlflowError) as error:
        _send(tmp_path)
    assert "hunter2" not in str(error.value)
    assert "nonsense" in str(error.value)


def test_no_address_is_an_error_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(ValueError, match="set `tracking_uri`, or the variable MLFLOW_TRACKING_URI"):
        MlflowReporter(MlflowConfig(), make_context(run_dir=tmp_path))
    # What the fixture compares with.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())


def test_a_database_needs_more_than_the_small_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow, "find_spec", lambda name: name == "mlflow" or None)
    with pytest.raises(ModuleNotFoundError, match="needs the whole package; pip install mlflow"):
        MlflowReporter(MlflowConfig(tracking_uri="sqlite:///x.db"), make_context(run_dir=tmp_path))


@pytest.mark.parametrize(
    "uri", ["http://me:hunter2!@x", "https://token@x", "postgresql://me:hunter2!@x/y"]
)
def test_an_address_with_a_password_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError, match="MLFLOW_TRACKING_PASSWORD"):
        MlflowConfig(tracking_uri=uri)


def test_a_missing_library_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'editgauge\[mlflow\]'"):
        MlflowReporter(MlflowConfig(), make_context(run_dir=tmp_path))
