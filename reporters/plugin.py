"""Registers the built-in reporters; imports neither tqdm nor structlog nor pydantic."""

from editgauge.core.hooks.hookspecs import Register, hookimpl

_CONFIGS = "editgauge.config_schemas.reporters"
_SERVICES = "editgauge.config_schemas.reporters_services"


@hookimpl
def register_reporters(register: Register) -> None:
    """Register every built-in reporter."""
    register(
        "tqdm",
        target="editgauge.reporters.tqdm_bars:TqdmReporter",
        config=f"{_CONFIGS}:TqdmConfig",
        summary="a terminal: one line per worker, a total bar, log and score lines above",
    )
    register(
        "plain",
        target="editgauge.reporters.plain_lines:PlainReporter",
        config=f"{_CONFIGS}:PlainConfig",
        summary="lines without control characters, for pipes and CI",
    )
    register(
        "json",
        target="editgauge.reporters.json_log:JsonReporter",
        config=f"{_CONFIGS}:JsonConfig",
        summary="every event as structured JSON, for log systems",
    )
    register(
        "file",
        target="editgauge.reporters.detail_file:FileReporter",
        config=f"{_CONFIGS}:FileConfig",
        summary="the detailed text of a run in a file",
    )
    register(
        "events",
        target="editgauge.reporters.event_recording:EventsReporter",
        config=f"{_CONFIGS}:EventsConfig",
        summary="the lossless recording of every event",
    )
    register(
        "html",
        target="editgauge.reporters.html.reporter:HtmlReporter",
        config=f"{_CONFIGS}:HtmlConfig",
        summary="a report to look at: one folder with scores, time line and every picture",
    )
    register(
        "junit",
        target="editgauge.reporters.ci.junit:JunitReporter",
        config=f"{_SERVICES}:JunitConfig",
        summary="a JUnit report for build systems: one test case per sample",
    )
    register(
        "github",
        target="editgauge.reporters.ci.github:GithubReporter",
        config=f"{_SERVICES}:GithubConfig",
        summary="annotations and a job summary for GitHub Actions",
    )
    register(
        "tensorboard",
        target="editgauge.reporters.trackers.tensorboard:TensorboardReporter",
        config=f"{_SERVICES}:TensorboardConfig",
        summary="scores, speed and pictures for TensorBoard (extra `tensorboard`)",
    )
    register(
        "mlflow",
        target="editgauge.reporters.trackers.mlflow:MlflowReporter",
        config=f"{_SERVICES}:MlflowConfig",
        summary="one run of MLflow per run, fed as it goes on (extra `mlflow`)",
    )
