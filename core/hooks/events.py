"""Everything that a run tells its reporters, as typed events.

Frozen dataclasses with plain values only: str, int, float, bool, None, and tuples of them. Images
travel by path, relative to the run directory. Running totals travel in the events, so no reporter
counts for itself. The bus stamps the fields of the envelope (`seq`, `time`, `elapsed`, `run_id`);
whoever makes an event leaves them alone.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from editgauge.core.hooks.event_values import CategoryFigures as CategoryFigures  # noqa: PLC0414 - exported
from editgauge.core.hooks.event_values import Count as Count  # noqa: PLC0414 - exported
from editgauge.core.hooks.event_values import Figures as Figures  # noqa: PLC0414 - exported
from editgauge.core.hooks.event_values import Version as Version  # noqa: PLC0414 - exported

FORMAT_MAJOR = 1
FORMAT_MINOR = 1

Scope = Literal["run", "batch", "sample", "step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The envelope, common to all events.

    Attributes:
        seq: position in the run's stream of events, from 1, without gaps.
        time: UTC, ISO 8601 with microseconds and `Z`.
        elapsed: seconds since the run started, monotonic.
        run_id: name of the run directory.
        worker: name of the worker that the event is about, or an empty string.
    """

    scope: ClassVar[Scope]

    seq: int = 0
    time: str = ""
    elapsed: float = 0.0
    run_id: str = ""
    worker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent(Event):
    """An event about the run as a whole, a stage, or a worker."""

    scope: ClassVar[Scope] = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent(Event):
    """An event about a batch: the samples handed to a worker in one request."""

    scope: ClassVar[Scope] = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvent(Event):
    """An event about one sample in one stage."""

    scope: ClassVar[Scope] = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(Event):
    """An event about one denoising step of one sample."""

    scope: ClassVar[Scope] = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(RunEvent):
    """The first event of a run.

    Attributes:
        run_dir: absolute path of the run directory.
        stages: the stages to come, in order.
        edit_model: registered name of the edit model, or an empty string.
        reward_model: registered name of the reward model, or an empty string.
        seed: the run's seed.
        resumed: whether an earlier run goes on in its directory.
        versions: editgauge, Python and the plugins.
        argv: the command line, or an empty tuple when started from Python.
    """

    run_dir: str
    stages: tuple[str, ...]
    edit_model: str
    reward_model: str
    seed: int
    resumed: bool = False
    versions: tuple[Version, ...] = ()
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted(RunEvent):
    """Something before or after the stages began that may take more than a second.

    Attributes:
        phase: `dataset` (every row is read and checked), `preflight` (every worker environment
            is tried), `review` (results of an earlier start are compared with what is asked for
            now) or `shutdown` (workers are stopped).
        of: number of things to do, or None if that is not known.
    """

    phase: str
    of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgressed(RunEvent):
    """A `phase` got further; at most ten a second. `done` things of `of` are done."""

    phase: str
    done: int
    of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFinished(RunEvent):
    """A `phase` ended well after `seconds`. `text` says in a line what came of it."""

    phase: str
    seconds: float
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted(RunEvent):
    """A stage began.

    Attributes:
        stage: `edit` or `score`.
        samples: samples that the stage will finish.
        batch_size: samples in a full batch.
        batches: number of batches.
        workers: number of workers.
        detail: what the stage runs, for people (`qwen3-vl Qwen/Qwen3-VL-8B-Instruct`).
        score_minimum: the range of scores if all rubrics share one, else None.
        score_maximum: as `score_minimum`.
    """

    stage: str
    samples: int
    batch_size: int
    batches: int
    workers: int
    detail: str = ""
    score_minimum: float | None = None
    score_maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFinished(RunEvent):
    """A stage ended, its workers too.

    Attributes:
        stage: `edit` or `score`.
        samples: samples that left the stage.
        outcomes: number of samples per outcome that occurred.
        figures: scores; None for the edit stage.
        seconds: duration, worker start-up included.
    """

    stage: str
    samples: int
    outcomes: tuple[Count, ...]
    seconds: float
    figures: Figures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStarted(RunEvent):
    """A worker process was started and begins to load its model.

    Attributes:
        stage: the stage that it works for.
        devices: its devices as configured (`cuda:1`), several for a group.
        pid: process id.
        python: the interpreter.
        threads: CPU threads that the worker may use, or None where the libraries decide.
        start: 1 for the first process of this worker, 2 for its first replacement, ...
    """

    stage: str
    devices: tuple[str, ...]
    pid: int
    python: str
    threads: int | None
    start: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReady(RunEvent):
    """A worker of `stage` has loaded its model (`seconds`, start of the process included)."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost(RunEvent):
    """A worker ended or was ended before its work was done.

    Attributes:
        stage: the stage that it worked for.
        reason: why, in words (`killed by SIGSEGV (...)`, `gave no answer within 900 s`).
        samples: ids of the samples that it had in hand.
        will_restart: whether a replacement will be started.
        restart_in: seconds until then, or None if there will be none.
        stderr: the last lines that it wrote.
    """

    stage: str
    reason: str
    samples: tuple[str, ...] = ()
    will_restart: bool = False
    restart_in: float | None = None
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEmitted(RunEvent):
    """A line of a worker's stdout or stderr, or a remark of the run itself (`worker` is empty).

    `level` is `debug`, `info`, `warning` or `error`; lines of workers, whose level is not known,
    are `info`. `text` has no newline; it is not cleaned.
    """

    level: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterFailed(RunEvent):
    """A reporter raised and was muted; the run goes on without it.

    Attributes:
        reporter: its name.
        hook: the hook that raised, or `tick` or `close`.
        error: type, message and place of the exception, in one line.
    """

    reporter: str
    hook: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReported(RunEvent):
    """Somebody asked how far the run is (SIGUSR1); `status.json` says the same at any time.

    Attributes:
        phase: what goes on, as in `status.json`.
        stage: `edit` or `score`, or an empty string before the first stage.
        done: samples that have left the stage.
        of: samples in the stage.
        failed: of those done, how many are not `ok`.
        seconds_left: estimate of the time left in the stage, or None.
        lines: the same and more, in a few lines for people.
    """

    phase: str
    stage: str
    done: int
    of: int
    failed: int
    seconds_left: float | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(RunEvent):
    """The last event of a run.

    Attributes:
        status: `finished`, `failed` or `interrupted`.
        exit_code: what the command exits with.
        samples: samples selected.
        edit_outcomes: samples per outcome of the edit stage.
        score_outcomes: samples per outcome of the score stage.
        figures: scores of all samples; None if nothing was to be scored or if rubrics of
            different range were used.
        categories: figures per category, in order of first appearance.
        seconds: duration of the run.
        reason: why the run did not finish, or an empty string.
        advice: what to do next (the command that goes on), or an empty string.
        skipped_rows: bad rows of the dataset that were skipped, and counted.
    """

    status: str
    exit_code: int
    samples: int
    edit_outcomes: tuple[Count, ...]
    score_outcomes: tuple[Count, ...]
    figures: Figures | None
    categories: tuple[CategoryFigures, ...]
    seconds: float
    reason: str = ""
    advice: str = ""
    skipped_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStarted(BatchEvent):
    """A batch was handed to a worker for the first time.

    Attributes:
        stage: `edit` or `score`.
        number: number of the batch in row order, from 1.
        of: number of batches in the stage.
        samples: ids of its samples.
    """

    stage: str
    number: int
    of: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFinished(BatchEvent):
    """Every sample of a batch left the stage.

    Attributes:
        stage: `edit` or `score`.
        number: number of the batch in row order, from 1.
        of: number of batches in the stage.
        samples: number of its samples.
        scored: how many of them have a score.
        mean: mean score of those, or None.
        seconds: time from the first hand-over.
    """

    stage: str
    number: int
    of: int
    samples: int
    seconds: float
    scored: int = 0
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStarted(SampleEvent):
    """A worker was given the sample; in a batch, all its samples start together.

    Attributes:
        stage: `edit` or `score`.
        sample: the sample's id.
        index: row number in the dataset.
        category: its category, or an empty string.
        instruction: what is asked for.
        attempt: 1 the first time.
    """

    stage: str
    sample: str
    index: int
    category: str
    instruction: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRetried(SampleEvent):
    """The sample goes back into the queue of the stage.

    Attributes:
        stage: `edit` or `score`.
        sample: the sample's id.
        index: row number in the dataset.
        attempt: the attempt that failed, from 1.
        reason: why it failed, in words.
    """

    stage: str
    sample: str
    index: int
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFinished(SampleEvent):
    """The sample left the stage; its row is on disk already.

    Attributes:
        stage: `edit` or `score`.
        sample: the sample's id.
        index: row number in the dataset.
        category: its category, or an empty string.
        outcome: an `EditOutcome` or `ScoreOutcome`.
        seconds: time with the worker, last attempt.
        attempt: the attempt that decided.
        image: edited image relative to the run directory, or None.
        score: the score, only if the outcome of the score stage is `ok`.
        reply: the judge's words, or None.
        reason: why the outcome is not `ok`, or an empty string.
        done: samples that have left this stage, including this one.
        of: samples in this stage.
        ok: of those done, how many are `ok`.
        mean: mean score of the stage so far, or None.
    """

    stage: str
    sample: str
    index: int
    category: str
    outcome: str
    seconds: float
    attempt: int
    done: int
    of: int
    ok: int
    image: str | None = None
    score: float | None = None
    reply: str | None = None
    reason: str = ""
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(StepEvent):
    """A denoising step is done: `step` (from 1) of `of`.

    `sample` is the sample's id, `index` its row number, `attempt` the attempt that it belongs to.
    """

    sample: str
    index: int
    step: int
    of: int
    attempt: int = 1


EVENT_TYPES: dict[str, type[Event]] = {
    event_type.__name__: event_type
    for event_type in (
        RunStarted,
        PhaseStarted,
        PhaseProgressed,
        PhaseFinished,
        StageStarted,
        StageFinished,
        WorkerStarted,
        WorkerReady,
        WorkerLost,
        LogEmitted,
        ReporterFailed,
        StatusReported,
        RunFinished,
        BatchStarted,
        BatchFinished,
        SampleStarted,
        SampleRetried,
        SampleFinished,
        StepFinished,
    )
}
"""Every kind of event by name; the name is the `kind` of the serialised form."""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        named = getattr(value, "_asdict", None)
        if named is not None:
            return {name: _plain(item) for name, item in named().items()}
        return [_plain(item) for item in value]
    return value


def event_to_dict(event: Event) -> dict[str, Any]:
    """Return the event as JSON data, `kind` first; named tuples become objects, others arrays."""
    return {
        "kind": type(event).__name__,
        **{field.name: _plain(getattr(event, field.name)) for field in fields(event)},
    }
