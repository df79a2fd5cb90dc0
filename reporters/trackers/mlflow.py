"""The reporter `mlflow`: one run of MLflow for each run, fed as it goes on."""

import os
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from editgauge.config_schemas.reporters_services import MlflowConfig
from editgauge.core.hooks.events import (
    Event,
    RunEvent,
    RunFinished,
    RunStarted,
    SampleEvent,
    StageFinished,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.run.results import EditResult
from editgauge.core.run.store import read_results
from editgauge.core.samples import safe_name
from editgauge.reporters.trackers.mlflow_client import Measurement, MlflowRun, without_secrets
from editgauge.reporters.trackers.pictures import side_by_side, spread_samples
from editgauge.reporters.trackers.series import Series
from editgauge.reporters.trackers.settings import settings_of

ADDRESS_VARIABLE = "MLFLOW_TRACKING_URI"
_SECONDS = 5.0
"""Time of the run between two requests with metrics."""
_WAITING = 500
"""Metrics that wait at most."""
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_ARTIFACTS = ("results.jsonl", "run.json")


class MlflowReporter:
    """Sends parameters at the start, metrics every few seconds, and artifacts at the end.

    What was sent before is not sent again, so a resumed run goes on where it was, and a replay
    sends what is missing.
    """

    def __init__(self, config: MlflowConfig, context: ReporterContext) -> None:
        """Look for the library and the address; the server is asked only once the run begins.

        Raises:
            ModuleNotFoundError: mlflow is not installed, or not the part that the address needs.
            ValueError: there is no address.
        """
        if find_spec("mlflow") is None:
            raise ModuleNotFoundError(
                "the package mlflow is not installed; pip install 'editgauge[mlflow]'",
                name="mlflow",
            )
        self._uri = config.tracking_uri or os.environ.get(ADDRESS_VARIABLE, "")
        if not self._uri:
            raise ValueError(
                "no tracking server is named; set `tracking_uri`, or the variable "
                f"{ADDRESS_VARIABLE}, for example to http://localhost:5000"
            )
        if self._uri.startswith(_DATABASES) and find_spec("sqlalchemy") is None:
            raise ModuleNotFoundError(
                "a database as the tracking server needs the whole package; pip install mlflow",
                name="sqlalchemy",
            )
        self._config = config
        self._run_dir = context.run_dir
        self._clock = context.clock
        self._series = Series(context)
        self._waiting: list[Measurement] = []
        self._sent_at = 0.0
        self._run: MlflowRun | None = None

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Begin and end the run of MLflow; send what waits at the end of a stage."""
        self._guarded(self._run_event, event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Collect the figures of a finished sample."""
        self._guarded(self._collect, event)

    def tick(self) -> None:
        """Send what has waited for long enough."""
        if self._waiting and self._clock() - self._sent_at >= _SECONDS:
            self._guarded(self._send, None)

    def close(self) -> None:
        """Put back what was changed in this process."""
        if self._run is not None:
            self._run.close()

    def _guarded(self, function: Callable[..., None], event: Event | None) -> None:
        try:
            function(event)
        except Exception as error:  # noqa: BLE001 - MLflow and its servers may raise anything
            raise without_secrets(self._uri, error) from None

    def _run_event(self, event: RunEvent) -> None:
        if isinstance(event, RunStarted):
            self._begin(event)
        self._collect(event)
        if isinstance(event, StageFinished | RunFinished):
            self._send(event)
        if isinstance(event, RunFinished):
            self._finish(event)

    def _begin(self, event: RunStarted) -> None:
        self.close()
        self._run = MlflowRun(
            self._uri,
            self._config.experiment,
            event,
            timeout=self._config.timeout,
            retries=self._config.retries,
        )
        self._run.settings(settings_of(event, self._run_dir))

    def _collect(self, event: Event) -> None:
        if self._run is None or event.time <= self._run.sent_until:
            # The series counts; what was sent before is not sent again.
            list(self._series.points(event))
            return
        self._waiting += [Measurement(point, event) for point in self._series.points(event)]
        if len(self._waiting) >= _WAITING or event.elapsed - self._sent_at >= _SECONDS:
            self._send(event)

    def _send(self, event: Event | None) -> None:
        self._sent_at = self._clock() if event is None else event.elapsed
        if self._run is not None and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._run.metrics(waiting)

    def _finish(self, event: RunFinished) -> None:
        run = self._run
        if run is None:
            return
        try:
            tags = {
                "editgauge.status": event.status,
                "editgauge.exit_code": str(event.exit_code),
                "editgauge.reason": event.reason,
                "editgauge.advice": event.advice,
            }
            run.tags(tags)
            self._send_files(run)
        finally:
            run.end(event.status, event)

    def _send_files(self, run: MlflowRun) -> None:
        if self._config.artifacts:
            for name in _ARTIFACTS:
                path = self._run_dir / name
                # A run directory may come from somebody else; a link in it may lead anywhere.
                if path.is_file() and not path.is_symlink():
                    run.artifact(path)
        samples = spread_samples(self._run_dir, self._config.images)
        if not samples:
            return
        with tempfile.TemporaryDirectory() as folder:
            for row in read_results(self._run_dir):
                sample = samples.get(row.index)
                if sample is None or not isinstance(row, EditResult) or row.image is None:
                    continue
                picture = side_by_side(self._run_dir, sample.images, row.image)
                if picture is not None:
                    path = Path(folder, f"{row.index}-{safe_name(row.id)}.png")
                    path.write_bytes(picture)
                    run.artifact(path, "images")
                    path.unlink()
