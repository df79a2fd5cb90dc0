"""Tries every worker environment once, before the first stage.

Each configured interpreter is started, imports Pillow and its model class, finds the model's files
and lists its devices, so that a broken judge environment is found before the night of editing.
"""

import os
import queue
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import editgauge
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.config import ResolvedConfig, plain_with_secrets
from editgauge.core.hooks.plugin_manager import Registration
from editgauge.core.outcomes import Stage
from editgauge.core.workers.devices import Binding, DeviceError, bind, choose_devices
from editgauge.core.workers.environments import (
    INNER_TARGET,
    EnvironmentNotFoundError,
    find_interpreter,
    locations,
    worker_environment,
)
from editgauge.core.workers.frames import check_worker_frame
from editgauge.core.workers.process import (
    ChannelBroken,
    FrameReceived,
    LineWritten,
    LogNotWritten,
    ProcessExited,
    WorkerMessage,
    WorkerProcess,
)
from editgauge.core.workers.protocol import Frame, ProtocolError, check_hello, hello

_POLL_SECONDS = 0.1


class PreflightError(Exception):
    """A worker environment cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentReport:
    """A worker environment that was tried and found good.

    Attributes:
        stage: `edit` or `score`.
        python: absolute path of the interpreter.
        python_version: its version.
        target: the model class.
        devices: what the environment sees; empty if that was not asked.
        bindings: the devices of each worker.
        versions: packages that the model's environment has.
        fingerprint: what tells the model from others of the same configuration.
        seconds: how long it took.
    """

    stage: str
    python: str
    python_version: str
    target: str
    devices: tuple[str, ...]
    bindings: tuple[Binding, ...]
    versions: tuple[tuple[str, str], ...]
    fingerprint: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelToTry:
    """A model as a configuration has it.

    Attributes:
        stage: the stage that it is for.
        section: where it stands in the configuration.
        config: its configuration.
        registration: what registered it.
    """

    stage: Stage
    section: str
    config: EditModelConfig | RewardModelConfig
    registration: Registration


@dataclass(slots=True, eq=False)
class _Trial:
    stage: Stage
    config: EditModelConfig | RewardModelConfig
    target: str
    interpreter: str
    process: WorkerProcess
    greeted: bool = False
    python_version: str = ""
    report: EnvironmentReport | None = None
    failure: str = ""
    lines: list[str] = field(default_factory=list)


def model_config(
    config: EditModelConfig | RewardModelConfig, registration: Registration
) -> dict[str, Any]:
    """Return a model's configuration as its worker gets it: plain, secrets too, no `workers`."""
    plain = plain_with_secrets(config)
    del plain["workers"]
    return plain | ({INNER_TARGET: registration.wraps} if registration.wraps else {})


def interpreters(config: ResolvedConfig) -> dict[Stage, str]:
    """Return the interpreter of each stage.

    Raises:
        PreflightError: one does not exist.
    """
    return {model.stage: interpreter_of(model) for model in _models(config)}


def interpreter_of(model: ModelToTry) -> str:
    """Return the interpreter of a model.

    Raises:
        PreflightError: it does not exist.
    """
    workers = model.config.workers
    try:
        return find_interpreter(workers)
    except EnvironmentNotFoundError as error:
        key = "python" if workers.conda_env is None else "conda_env"
        raise PreflightError(f"{model.section}.workers.{key}: {error}") from error


def preflight(
    config: ResolvedConfig,
    *,
    on_log: Callable[[str, str], None],
    log_folder: Path | None = None,
    poll: Callable[[], None] = lambda: None,
) -> list[EnvironmentReport]:
    """Try the environments of all stages at once.

    Args:
        config: the run.
        on_log: takes the stage and a line that its environment wrote.
        log_folder: where the whole output goes, in a run directory; default: nowhere.
        poll: called about ten times a second; may raise to give up.

    Raises:
        PreflightError: an environment cannot be used; with several, all are named.
    """
    return try_models(
        _models(config),
        on_log=on_log,
        secrets=config.secrets(),
        log_folder=log_folder,
        poll=poll,
    )


def try_models(
    models: Sequence[ModelToTry],
    *,
    on_log: Callable[[str, str], None],
    secrets: tuple[str, ...] = (),
    log_folder: Path | None = None,
    poll: Callable[[], None] = lambda: None,
) -> list[EnvironmentReport]:
    """Try the environments of models at once; arguments and errors are those of `preflight`.

    `secrets` are taken out of everything that the environments say.
    """
    found = {model.stage: interpreter_of(model) for model in models}
    inbox: queue.SimpleQueue[WorkerMessage] = queue.SimpleQueue()
    run_dir = log_folder.parent if log_folder is not None else None
    with ExitStack() as stack:
        if log_folder is None:
            log_folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trials: list[_Trial] = []
        stack.callback(lambda: _end(trials))
        for model in models:
            trial = _start(
                model.stage,
                model.config,
                model.registration,
                interpreter=found[model.stage],
                run_dir=run_dir,
                log_folder=log_folder,
                inbox=inbox.put,
                secrets=secrets,
            )
            trials.append(trial)
        while any(trial.report is None and not trial.failure for trial in trials):
            poll()
            try:
                message = inbox.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                message = None
            for trial in trials:
                _advance(trial, message, on_log)
    _check_logs(inbox)
    failures = [_describe_failure(trial) for trial in trials if trial.failure]
    if failures:
        raise PreflightError("\n".join(failures))
    return [trial.report for trial in trials if trial.report is not None]


def _models(config: ResolvedConfig) -> list[ModelToTry]:
    models = [
        ModelToTry(
            stage=Stage.EDIT,
            section="edit",
            config=config.edit,
            registration=config.edit_registration,
        )
    ]
    if config.reward is not None and config.reward_registration is not None:
        models.append(
            ModelToTry(
                stage=Stage.SCORE,
                section="reward",
                config=config.reward,
                registration=config.reward_registration,
            )
        )
    return models


def _start(
    stage: Stage,
    model: EditModelConfig | RewardModelConfig,
    registration: Registration,
    *,
    interpreter: str,
    run_dir: Path | None,
    log_folder: Path,
    inbox: Callable[[WorkerMessage], None],
    secrets: tuple[str, ...],
) -> _Trial:
    name = f"preflight-{stage}"
    try:
        places = locations(registration.target, registration.wraps)
    except EnvironmentNotFoundError as error:
        raise PreflightError(f"{stage}: {error}") from error
    process = WorkerProcess(
        name,
        interpreter=interpreter,
        environment=worker_environment(
            interpreter,
            {},
            settings=model.workers,
            threads=model.workers.threads,
            name=name,
            run_dir=run_dir,
        ),
        log=log_folder / f"{name}.log",
        inbox=inbox,
        secrets=secrets,
    )
    process.send({**hello(editgauge.__version__), "locations": places})
    process.send(
        {
            "kind": "inspect",
            "stage": str(stage),
            "target": registration.target,
            "config": model_config(model, registration),
            "list_devices": _asks_for_devices(model),
        }
    )
    return _Trial(stage, model, registration.target, interpreter, process)


def _asks_for_devices(model: EditModelConfig | RewardModelConfig) -> bool:
    devices = model.workers.devices
    return devices == "auto" or any("cuda" in str(entry) for entry in devices)


def _advance(
    trial: _Trial, message: WorkerMessage | None, on_log: Callable[[str, str], None]
) -> None:
    limit = trial.config.workers.start_timeout
    if trial.report is not None or trial.failure:
        return
    if time.monotonic() - trial.process.started > limit:
        trial.failure = f"gave no answer within {limit:g} s"
    if message is None or message.process is not trial.process:
        return
    if isinstance(message, LineWritten):
        if message.level != "debug":
            trial.lines.append(message.text)
        on_log(trial.stage, message.text)
    elif isinstance(message, FrameReceived):
        _handle(trial, message.frame)
    elif isinstance(message, ChannelBroken):
        trial.failure = f"broke the protocol: {message.reason}"
    elif isinstance(message, ProcessExited):
        trial.failure = message.reason
    elif isinstance(message, LogNotWritten):
        raise message.error


def _handle(trial: _Trial, frame: Frame) -> None:
    kind = frame["kind"]
    try:
        if not trial.greeted:
            check_hello(frame, own_version=editgauge.__version__)
        check_worker_frame(frame)
    except ProtocolError as error:
        trial.failure = f"broke the protocol: {error}"
        return
    if not trial.greeted:
        trial.greeted = True
        trial.python_version = frame.get("python", "")
    elif kind == "inspect_failed":
        trial.failure = frame["error"]
        trial.lines.clear()
    elif kind == "inspected":
        devices = tuple(str(device) for device in frame["devices"])
        try:
            groups = choose_devices(trial.config.workers.devices, devices)
            bindings = tuple(bind(group, os.environ) for group in groups)
        except DeviceError as error:
            trial.failure = f"workers.devices: {error}"
            return
        try:
            trial.config.check_workers(len(bindings))
        except ValueError as error:
            trial.failure = str(error)
            return
        trial.report = EnvironmentReport(
            stage=trial.stage,
            python=trial.interpreter,
            python_version=trial.python_version,
            target=trial.target,
            devices=devices,
            bindings=bindings,
            versions=tuple((str(name), str(text)) for name, text in frame["versions"].items()),
            fingerprint=str(frame["fingerprint"]),
            seconds=round(time.monotonic() - trial.process.started, 3),
        )
    else:
        trial.failure = f"broke the protocol: an unexpected {kind!r} frame came"


def _check_logs(inbox: queue.SimpleQueue[WorkerMessage]) -> None:
    """Raise if a log could not be written while the environments ended."""
    while not inbox.empty():
        message = inbox.get()
        if isinstance(message, LogNotWritten):
            raise message.error


def _describe_failure(trial: _Trial) -> str:
    section = "edit" if trial.stage is Stage.EDIT else "reward"
    tail = "".join(f"\n  | {line}" for line in trial.lines[-8:])
    return (
        f"{section}: the worker environment of {trial.config.type!r} cannot be used "
        f"({trial.interpreter}): {trial.failure}{tail}"
    )


def _end(trials: list[_Trial]) -> None:
    for trial in trials:
        if trial.report is not None:
            trial.process.send({"kind": "shutdown"})
            trial.process.close_requests()
        else:
            trial.process.kill()
    for trial in trials:
        if not trial.process.join(2.0):
            trial.process.kill()
            trial.process.join(10.0)
