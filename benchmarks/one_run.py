"""`python -m benchmarks.one_run SPEC`: one run in a process of its own, measured from inside.

A process of its own, so that its memory is that of a run alone, and nothing is warm that would be
cold for a user.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import plugin
from benchmarks.policies import STAGES
from editgauge import hookimpl
from editgauge.core.config import ReporterChoice, load_config
from editgauge.core.hooks.events import (
    Event,
    PhaseFinished,
    SampleFinished,
    SampleStarted,
    WorkerLost,
    WorkerReady,
)
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run import planning, runner
from editgauge.core.terminal import is_interactive, wants_color


class Marks:
    """Keeps when things happened: seconds since the run started, by the events' own stamps.

    It hears no step events, so what it costs is the same for any number of steps.
    """

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.phases: dict[str, float] = {}
        self.stages: dict[str, dict[str, float]] = {}
        self.lost = 0

    @hookimpl
    def run_event(self, event: Event) -> None:
        """Note the ends of phases and the ready workers."""
        if isinstance(event, PhaseFinished):
            self.phases[event.phase] = event.seconds
        elif isinstance(event, WorkerReady):
            marks = self.stages.setdefault(event.stage, {})
            marks.setdefault("first_ready", event.elapsed)
            marks["last_ready"] = event.elapsed
        elif isinstance(event, WorkerLost):
            self.lost += 1

    @hookimpl
    def sample_event(self, event: Event) -> None:
        """Note the first start and the last end of each stage."""
        if isinstance(event, SampleStarted):
            self.stages.setdefault(event.stage, {}).setdefault("first_started", event.elapsed)
        elif isinstance(event, SampleFinished):
            marks = self.stages[event.stage]
            marks["last_finished"] = event.elapsed
            marks["samples"] = event.done
            marks["ok"] = event.ok


def peak_memory() -> int | None:
    """Return this process's own greatest resident memory in bytes, where the system tells (Linux).

    `ru_maxrss` would not do: it keeps what the process had before `exec`, as a copy of its parent.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def main() -> None:
    """Run by the specification and write what was measured beside it."""
    path = Path(sys.argv[1])
    spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "benchmarks")
    marks = Marks()
    plugins.register(marks, "marks")
    interactive = is_interactive(sys.stderr)
    config = load_config(
        spec["config"],
        plugins=plugins,
        reporters=[ReporterChoice(name, options) for name, options in spec["reporters"].items()],
        environ={},
        interactive=interactive,
    )
    with mock.patch.object(planning, "EditStage", STAGES[spec["policy"]]):
        result = runner.run_resolved(
            config,
            plugins,
            stderr=sys.stderr,
            stdout=sys.stdout,
            interactive=interactive,
            color=wants_color(sys.stderr),
            handle_signals=True,
        )
    measured = {
        "exit_code": int(result.exit_code),
        "reason": result.reason,
        "phases": marks.phases,
        "stages": marks.stages,
        "run_seconds": result.seconds,
        "lost": marks.lost,
        "muted": [failure.error for failure in result.reporter_failures],
        "undelivered": sum(missed.events for missed in result.undelivered),
        "cpu_seconds": time.process_time(),
        "peak_memory": peak_memory(),
    }
    path.with_suffix(".measured.json").write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
