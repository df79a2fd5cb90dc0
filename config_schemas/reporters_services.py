"""Configuration of the built-in reporters for build systems and experiment trackers."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from editgauge.config_schemas.base import Name
from editgauge.config_schemas.reporters import PathText, ReporterConfig


class JunitConfig(ReporterConfig):
    """A JUnit report, written whole at the end of the run."""

    path: PathText = "{run_dir}/junit.xml"
    """File to replace. `{run_id}` and `{run_dir}` are replaced."""

    min_score: float | None = None
    """Samples with a score below this are failures; by default, any score is good enough."""


class GithubConfig(ReporterConfig):
    """Annotations and a job summary for GitHub Actions, at the end of the run."""

    path: PathText | None = None
    """File that the summary is appended to; default: the one that `GITHUB_STEP_SUMMARY` names.
    `{run_id}` and `{run_dir}` are replaced."""

    annotations: bool | None = None
    """Whether annotations are printed on stdout; default: where `GITHUB_ACTIONS` is `true`."""

    problems: Annotated[int, Field(ge=0, le=10_000)] = 50
    """Samples that failed or have no score that the summary names at most; the rest is counted."""


class TensorboardConfig(ReporterConfig):
    """Scores, speed, failures and pictures as TensorBoard shows them."""

    path: PathText = "{run_dir}/tensorboard"
    """Folder of event files. `{run_id}` and `{run_dir}` are replaced."""

    images: Annotated[int, Field(ge=0, le=1000)] = 24
    """Samples whose pictures (source and edit side by side), instruction and reply are written,
    spread evenly over the dataset."""


def _without_password(uri: str) -> str:
    try:
        address = urlsplit(uri)
        secret = address.password or (address.username if address.scheme[:4] == "http" else None)
    except ValueError:
        secret = None
    if secret:
        # The address is in the run's record; and what came must not be shown here.
        raise ValueError(
            "should be an address without a password, which would stand in the run's record; give "
            "the password by the environment: MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN, or the whole address as "
            "MLFLOW_TRACKING_URI"
        )
    return uri


class MlflowConfig(ReporterConfig):
    """One MLflow run for each run: parameters, metrics and artifacts."""

    tracking_uri: (
        Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_without_password)]
        | None
    ) = None
    """Address of the tracking server, without a password; default: `MLFLOW_TRACKING_URI`."""

    experiment: Name = "editgauge"
    """Name of the experiment; it is made if it is missing."""

    artifacts: bool = True
    """Whether `results.jsonl` and `run.json` are sent at the end."""

    images: Annotated[int, Field(ge=0, le=1000)] = 0
    """Samples whose pictures (source and edit side by side) are sent at the end, spread evenly over
    the dataset."""

    timeout: Annotated[int, Field(ge=1, le=600)] = 10
    """Seconds that one request may take."""

    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a request is sent again before the reporter gives up."""
