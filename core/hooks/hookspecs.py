"""The hooks: four to observe a run, five to register what varies.

A plugin is any object (a module, an instance) with functions marked by `hookimpl` that are named
like these. An implementation may take fewer arguments than its specification.
"""

from typing import cast

import pluggy

from editgauge.core.hooks.events import BatchEvent, RunEvent, SampleEvent, StepEvent
from editgauge.core.hooks.marking import HookImpl
from editgauge.core.hooks.marking import Register as Register  # noqa: PLC0414 - exported

PROJECT_NAME = "editgauge"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = cast("HookImpl", pluggy.HookimplMarker(PROJECT_NAME))


@hookspec
def run_event(event: RunEvent) -> None:
    """Observe the run: called for its start and end, phases, stages, workers and log lines.

    Called in order, in the one thread that belongs to the plugin; it cannot slow the run. If it
    raises, the plugin hears nothing more, and the run goes on.
    """


@hookspec
def batch_event(event: BatchEvent) -> None:
    """Observe batches: called when one is handed to a worker and when all its samples are done."""


@hookspec
def sample_event(event: SampleEvent) -> None:
    """Observe samples: called when one starts, is tried again, or left a stage (row on disk)."""


@hookspec
def step_event(event: StepEvent) -> None:
    """Observe denoising steps: called for each one, unless the plugin fell far behind."""


@hookspec
def register_edit_models(register: Register) -> None:
    """Register edit models: `register("name", config=..., target=...)` once for each.

    The target is a subclass of `EditModel`. Called once, when a command needs the list.
    """


@hookspec
def register_reward_models(register: Register) -> None:
    """Register reward models; the target is a subclass of `RewardModel`."""


@hookspec
def register_datasets(register: Register) -> None:
    """Register datasets; the target is a subclass of `Dataset`, used in the parent process."""


@hookspec
def register_reporters(register: Register) -> None:
    """Register reporters.

    The target is called as `target(config, context)`, with an instance of the config model and a
    `ReporterContext`, and returns an object that implements any of the observing hooks.
    """


@hookspec
def register_commands(register: Register) -> None:
    """Register subcommands of `editgauge`; the target is a `click.Command`."""
