"""Registers the built-in reporters; imports neither tqdm nor structlog nor pydantic."""

from editgauge.core.hooks.hookspecs import Register, hookimpl

_CONFIGS = "editgauge.config_schemas.reporters"


@hookimpl
def register_reporters(register: Register) -> None:
    """Register `tqdm`, `plain`, `json`, `file`, `events` and `html`."""
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
