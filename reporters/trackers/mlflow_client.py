"""What is sent to MLflow, by its client alone: neither its fluent interface nor its global state.

Only this module knows the client. It keeps MLflow's manners within a run: no waiting for minutes,
nothing printed, and no usage data sent to its makers, unless the user's environment says otherwise.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from editgauge.core.hooks.events import Event, RunStarted
from editgauge.core.text import clean_start
from editgauge.core.workers.redaction import Redactor, secrets_of_environment
from editgauge.reporters.trackers.event_times import epoch_milliseconds
from editgauge.reporters.trackers.series import Point
from editgauge.reporters.trackers.settings import Value

_RUN_ID = "editgauge.run_id"
_STARTED = "editgauge.started"
_SENT_UNTIL = "editgauge.sent_until"
_METRICS = 500
"""Metrics in a request; MLflow takes 1,000, and a megabyte."""
_PARAMS = 100
_VALUE_LENGTH = 5_000
_STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


class Measurement(NamedTuple):
    """A `point` and the `event` that it was made of."""

    point: Point
    event: Event


class MlflowError(Exception):
    """MLflow cannot be used, or did not take what it was sent."""


class MlflowRun:
    """One run of MLflow that goes on with whatever was sent of it before.

    Attributes:
        id: its id.
        sent_until: time of the last event that was sent when the run was found, or an empty string.
            It stays, for the clock of a machine may be put back while a run goes on.
    """

    def __init__(
        self, uri: str, experiment: str, event: RunStarted, *, timeout: int, retries: int
    ) -> None:
        """Find the run that belongs to an event, or make it.

        It is known by its tags: the name of the run directory and, for a run that was not resumed,
        the time of its start, for a folder may be used again.

        Args:
            uri: address of the tracking server.
            experiment: name of the experiment.
            event: the start of the run.
            timeout: seconds that a request may take.
            retries: how often a request is sent again.
        """
        self._environment = _Environment(
            MLFLOW_HTTP_REQUEST_TIMEOUT=str(timeout),
            MLFLOW_HTTP_REQUEST_MAX_RETRIES=str(retries),
            MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR="1",
            MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
            MLFLOW_CONFIGURE_LOGGING="false",
            MLFLOW_DISABLE_TELEMETRY="true",
        )
        for name in ("mlflow", "urllib3", "alembic"):
            # Without a handler anywhere, warnings would go to stderr, through the bars.
            logging.getLogger(name).addHandler(logging.NullHandler())
        try:
            from mlflow.tracking import MlflowClient

            self._client = MlflowClient(tracking_uri=uri)
            self.id, self.sent_until, self._known = self._find_or_make(experiment, event)
        except BaseException:
            self.close()
            raise

    def settings(self, values: Mapping[str, Value]) -> None:
        """Send parameters; those that the run has stay as they are, for MLflow changes none."""
        from mlflow.entities import Param

        new = [
            Param(name[:250], str(value)[:_VALUE_LENGTH])
            for name, value in values.items()
            if name[:250] not in self._known
        ]
        for start in range(0, len(new), _PARAMS):
            self._client.log_batch(self.id, params=new[start : start + _PARAMS])

    def metrics(self, measurements: Sequence[Measurement]) -> None:
        """Send metrics, each with the time of its event."""
        from mlflow.entities import Metric, RunTag

        for start in range(0, len(measurements), _METRICS):
            part = measurements[start : start + _METRICS]
            last = part[-1].event.time
            self._client.log_batch(
                self.id,
                metrics=[
                    Metric(point.name, point.value, epoch_milliseconds(event), point.step)
                    for point, event in part
                ],
                # In the same request: what was taken is known to be.
                tags=[RunTag(_SENT_UNTIL, clean_start(last, 100))],
            )

    def tags(self, values: Mapping[str, str]) -> None:
        """Send tags, cleaned, for people read them."""
        from mlflow.entities import RunTag

        tags = [RunTag(name, clean_start(value, _VALUE_LENGTH)) for name, value in values.items()]
        self._client.log_batch(self.id, tags=tags)

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Send a file into a folder of the run's artifacts."""
        self._client.log_artifact(self.id, str(path), folder)

    def end(self, status: str, event: Event) -> None:
        """Say how the run ended; `status` is that of `RunFinished`."""
        time = epoch_milliseconds(event) or None
        self._client.set_terminated(self.id, _STATUS.get(status, "FAILED"), time)

    def close(self) -> None:
        """Put back what was changed in this process."""
        self._environment.restore()

    def _find_or_make(self, name: str, event: RunStarted) -> tuple[str, str, frozenset[str]]:
        """Return its id, until when it was sent, and the names of its parameters."""
        found = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        run_id = _quotable(event.run_id)
        wanted = f"tags.`{_RUN_ID}` = '{run_id}'"
        if not event.resumed:
            wanted += f" and tags.`{_STARTED}` = '{_quotable(event.time)}'"
        runs = self._client.search_runs(
            [experiment], wanted, max_results=1, order_by=["attributes.start_time DESC"]
        )
        if runs:
            self._client.update_run(runs[0].info.run_id, status="RUNNING")
            data = runs[0].data
            return runs[0].info.run_id, data.tags.get(_SENT_UNTIL, ""), frozenset(data.params)
        tags = {_RUN_ID: run_id, _STARTED: _quotable(event.time), "mlflow.source.name": "editgauge"}
        made = self._client.create_run(
            experiment, start_time=epoch_milliseconds(event) or None, tags=tags, run_name=run_id
        )
        return made.info.run_id, "", frozenset()


def without_secrets(uri: str, error: Exception) -> MlflowError:
    """Return an error that says the same, without passwords of MLflow's variables or address."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}
    secrets = secrets_of_environment({**variables, "address": uri})
    text = Redactor(secrets).text(str(error)).rstrip(". ")
    return MlflowError(
        f"{type(error).__name__}: {text}. What was not sent can be sent later by "
        "'editgauge replay RUN -r mlflow' if the run has a recording"
    )


def _quotable(text: str) -> str:
    """Return text that can stand between quotes in a search, which knows no escapes."""
    shown = clean_start(text, 250)
    return "".join("_" if char in "'\"`\\" else char for char in shown)


class _Environment:
    """Variables that are set where the user has not set them, until they are put back."""

    def __init__(self, **variables: str) -> None:
        self._set = {name: value for name, value in variables.items() if name not in os.environ}
        os.environ.update(self._set)

    def restore(self) -> None:
        for name, value in self._set.items():
            if os.environ.get(name) == value:
                del os.environ[name]
