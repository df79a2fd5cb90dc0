"""What a worker is, over all its processes, and what its stage wants of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.workers.budget import WorkerBudget
from editgauge.core.workers.devices import Binding
from editgauge.core.workers.process import WorkerProcess


class WorkerState(Enum):
    """What a worker is doing."""

    WAITING = "waiting"
    """It will be started once its pause is over and fewer than `parallel_loads` others load."""
    PARKED = "parked"
    """It failed to start; it is tried again if another one succeeds."""
    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    DYING = "dying"
    """It was killed, or is known to be dead, and its end has not been told yet."""
    GONE = "gone"


@dataclass(slots=True, eq=False)
class Worker:
    """One worker, over all its processes."""

    name: str
    binding: Binding
    threads: int | None
    budget: WorkerBudget
    state: WorkerState = WorkerState.WAITING
    process: WorkerProcess | None = None
    starts: int = 0
    requests: int = 0
    """Requests that were handed to it; the frames of an answer say the number of theirs."""
    greeted: bool = False
    deadline: float = float("inf")
    """When it is lost unless it has done what is due, as `time.monotonic()`."""
    not_before: float = 0.0
    """When it may be started again, as `time.monotonic()`."""
    work: Any = None
    begun: bool = False
    """Whether it has said that it began with its work."""
    loss: str = ""
    timed_out: bool = False
    last_heard: float | None = None
    """When it last said anything, a frame or a line of output, as `time.monotonic()`."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """What the workers of a stage are.

    Attributes:
        stage: `edit` or `score`.
        target: the model class, `package.module:Name`.
        config: the model's validated configuration as plain data.
        interpreter: absolute path of the Python that they run.
        bindings: the devices of each worker.
        settings: limits and deadlines.
        log_folder: where each worker's log goes.
        secrets: what is taken out of everything that they say.
        fingerprint: what `fingerprint` of the model class returned before the run's first stage;
            None where nobody asked.
    """

    stage: str
    target: str
    config: Mapping[str, Any]
    interpreter: str
    bindings: tuple[Binding, ...]
    settings: WorkersConfig
    log_folder: Path
    secrets: tuple[str, ...] = ()
    fingerprint: str | None = None


def threads_of(binding: Binding, settings: WorkersConfig) -> int | None:
    """Return the CPU threads of a worker: as configured, else 1 on the CPU."""
    if settings.threads is not None:
        return settings.threads
    return 1 if binding.torch_device == "cpu" else None
