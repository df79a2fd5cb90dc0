"""Ready runs for tests: real workers, models that sleep and count, events kept in a list."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from editgauge import hookimpl
from editgauge.core.config import load_config
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.opening import Redo, Wish
from editgauge.core.run.result import RunResult
from editgauge.core.run.runner import run_resolved
from tests.support import plugin

AnyEvent = TypeVar("AnyEvent", bound=Event)


class Recorder:
    """A reporter that keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    def run_event(self, event: Event) -> None:
        self.events.append(event)

    @hookimpl
    def batch_event(self, event: Event) -> None:
        self.events.append(event)

    @hookimpl
    def sample_event(self, event: Event) -> None:
        self.events.append(event)

    @hookimpl
    def step_event(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[AnyEvent]) -> list[AnyEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def make_dataset(folder: Path, samples: int = 6, categories: Sequence[str] = ("",)) -> Path:
    """Write a jsonl dataset of tiny pictures, ids `s0`, `s1`, ..."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), "red").save(folder / "source.png")
    path = folder / "samples.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(samples):
            row = {
                "id": f"s{number}",
                "image": "source.png",
                "instruction": f"edit number {number}",
                "category": categories[number % len(categories)],
            }
            file.write(json.dumps(row) + "\n")
    return path


def run_config(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return the config of a run of two sleeping edit workers and a counting judge.

    Args:
        folder: where the dataset and the run go, and what the models note.
        changes: top-level sections; mappings are merged over the defaults.
    """
    dataset = folder / "data" / "samples.jsonl"
    if not dataset.exists():
        make_dataset(dataset.parent)
    config: dict[str, Any] = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {
            "type": "sleeping",
            "folder": str(folder),
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2},
        },
        "reward": {"type": "counting", "batch_size": 2, "workers": {"devices": ["cpu"]}},
        "runs_dir": str(folder / "runs"),
        "progress": "none",
    }
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key] = config[key] | value
        else:
            config[key] = value
    for section in ("edit", "reward"):
        model = config[section]
        if model is not None:
            # Tests do not wait for workers that they kill, unless they say so.
            model["workers"] = {"restart_pause": 0.0} | model.get("workers", {})
    return config


def run(
    config: dict[str, Any],
    *,
    resume: str | None = None,
    retry_failed: bool = False,
    redo: Redo | None = None,
    run_dir: Path | None = None,
    reporters: Sequence[object] = (),
) -> tuple[RunResult, Recorder, str]:
    """Run a config in this process; return the result, the events, and what stderr got."""
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    recorder = Recorder()
    for number, reporter in enumerate([recorder, *reporters]):
        plugins.register(reporter, f"reporter-{number}")
    stderr = io.StringIO()
    result = run_resolved(
        load_config(config, plugins=plugins, environ={}),
        plugins,
        wish=Wish(resume=resume, retry_failed=retry_failed, redo=redo, run_dir=run_dir),
        stderr=stderr,
        stdout=sys.stdout,
    )
    return result, recorder, stderr.getvalue()
