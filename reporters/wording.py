"""The sentence for each event: what `plain`, `file` and `tqdm` say, in the same words.

Everything that comes from outside is cleaned here, so a line never holds a control character.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from editgauge.config_schemas.reporters import Detail
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.core.text import clean, clean_start, counted, duration
from editgauge.reporters.amounts import coverage, number
from editgauge.reporters.closing import run_block, stage_block
from editgauge.reporters.labels import WorkerLabels
from editgauge.reporters.levels import Level, level_of, reaches
from editgauge.reporters.stage_times import StageTimes

SHORT_REPLY = 80
"""Characters of a reply that the detail `short` shows."""
_ID_LENGTH = 60


class Rank(IntEnum):
    """How far a line goes: the higher, the more displays show it."""

    TRACE = 0
    """Only for the detailed file."""
    PROGRESS = 1
    """For displays of lines; a live display shows it by its bars."""
    NEWS = 2
    """For every display but a quiet one."""
    ESSENTIAL = 3
    """For every display: problems and the closing block."""


class Line(NamedTuple):
    """One line for people, without newline and without control characters.

    With `may_be_cut`, a display of few columns may show its beginning only.
    """

    text: str
    level: Level
    rank: Rank
    may_be_cut: bool = False


@dataclass(slots=True, kw_only=True)
class Voice:
    """What the wording depends on beside the event.

    Attributes:
        run_dir: where the results are.
        detail: how much of a reply is told.
        logs: least level of log lines that are told, or `none`.
        limit: characters after which a text from outside is cut; None: never.
        screen: returns columns and rows that the closing block should fit, or None for no limit.
        retells: whether the last lines of a lost worker are told although they were told as they
            came; with lines of others between them, nobody finds them.
        labels: what the workers are called.
        batch_sizes: samples in a full batch of each stage that has begun.
        times: how long the stages took.
    """

    run_dir: Path
    detail: Detail
    logs: str
    limit: int | None = 1000
    screen: Callable[[], tuple[int, int] | None] = lambda: None
    retells: bool = False
    labels: WorkerLabels = field(default_factory=WorkerLabels)
    batch_sizes: dict[str, int] = field(default_factory=dict)
    times: StageTimes = field(default_factory=StageTimes)

    def tell(self, event: Event) -> list[Line]:
        """Return the lines that an event is worth; none for an event of unknown kind."""
        self.labels.hear(event)
        self.times.hear(event)
        return list(_tell(event, self))

    def cut(self, text: str) -> str:
        """Return a text from outside, cleaned, at most `limit` characters long."""
        return clean(text) if self.limit is None else clean_start(text, self.limit)

    def prefix(self, event: Event) -> str:
        """Return `[GPU 0] ` for an event of a worker, else an empty string."""
        return f"[{self.labels.label(event.worker)}] " if event.worker else ""


def sample_name(sample_id: str) -> str:
    """Return a sample's id as it stands in lines: cleaned, at most 60 characters long."""
    return clean_start(sample_id, _ID_LENGTH)


def phase_name(phase: str) -> str:
    """Return what goes on in a phase (`Checking the dataset`)."""
    known = {
        "dataset": "Checking the dataset",
        "preflight": "Checking the workers",
        "review": "Reviewing earlier results",
        "shutdown": "Stopping the workers",
    }
    return known.get(phase) or clean_start(phase, _ID_LENGTH)


def stage_name(stage: str) -> str:
    """Return what goes on in a stage (`Editing`)."""
    return {"edit": "Editing", "score": "Scoring"}.get(stage) or clean_start(stage, _ID_LENGTH)


def reply_lines(reply: str | None, detail: Detail) -> tuple[str, list[str]]:
    """Return what of a reply stands behind the score, and the lines that follow below."""
    if not reply or detail == "scores":
        return "", []
    if detail == "short":
        words = " ".join(reply[: SHORT_REPLY * 20].split())
        return f"  {clean_start(words, SHORT_REPLY)}" if words else "", []
    text = clean(reply.replace("\r\n", "\n").rstrip("\n"), keep_newlines=True).expandtabs(4)
    return "", [f"    │ {line}" for line in text.split("\n")]


@functools.singledispatch
def _tell(event: Event, voice: Voice) -> Iterable[Line]:
    del event, voice
    return ()


@_tell.register
def _(event: events.RunStarted, voice: Voice) -> Iterator[Line]:
    verb = "goes on" if event.resumed else "started"
    yield Line(f"Run {voice.cut(event.run_id)} {verb}", "info", Rank.NEWS)
    models = {"edit": event.edit_model, "score": event.reward_model}
    stages = [
        f"{clean(stage)} with {voice.cut(models[stage])}" if models.get(stage) else clean(stage)
        for stage in event.stages
    ]
    yield Line(f"  {', '.join([*stages, f'seed {event.seed}'])}", "info", Rank.NEWS)
    yield Line(f"Results go to {clean(event.run_dir)}", "info", Rank.PROGRESS)
    if event.argv:
        yield Line(f"Command: {voice.cut(' '.join(event.argv))}", "info", Rank.TRACE)
    if event.versions:
        versions = ", ".join(f"{entry.package} {entry.version}" for entry in event.versions)
        yield Line(f"Versions: {voice.cut(versions)}", "info", Rank.TRACE)


@_tell.register
def _(event: events.PhaseStarted, voice: Voice) -> Iterator[Line]:
    del voice
    amount = "" if event.of is None else f" ({event.of:,} to do)"
    if event.phase == "review" and event.of is not None:
        # Nobody knows yet what is to do; the end of the phase tells.
        amount = f" of {counted(event.of, 'sample')}"
    yield Line(f"{phase_name(event.phase)}{amount}", "info", Rank.PROGRESS)


@_tell.register
def _(event: events.PhaseProgressed, voice: Voice) -> Iterator[Line]:
    del voice
    amount = f"{event.done:,}" if event.of is None else f"{event.done:,} of {event.of:,}"
    yield Line(f"{phase_name(event.phase)}: {amount}", "debug", Rank.TRACE)


@_tell.register
def _(event: events.PhaseFinished, voice: Voice) -> Iterator[Line]:
    text = voice.cut(event.text) or "done"
    rank = Rank.NEWS if event.text else Rank.PROGRESS
    yield Line(f"{phase_name(event.phase)}: {text} ({duration(event.seconds)})", "info", rank)


@_tell.register
def _(event: events.StageStarted, voice: Voice) -> Iterator[Line]:
    voice.batch_sizes[event.stage] = event.batch_size
    model = f" with {voice.cut(event.detail)}" if event.detail else ""
    yield Line(f"{stage_name(event.stage)}{model}", "info", Rank.NEWS)
    parts = [counted(event.samples, "image")]
    if event.stage == "score" or event.batch_size > 1:
        batches = "1 batch" if event.batches == 1 else f"{event.batches:,} batches"
        parts += [f"batch size {event.batch_size:,}", batches]
    parts.append(counted(event.workers, "worker"))
    yield Line(f"  {', '.join(parts)}", "info", Rank.NEWS)
    if event.score_minimum is not None and event.score_maximum is not None:
        scores = f"scores from {event.score_minimum:g} to {event.score_maximum:g}"
        yield Line(f"  {scores}", "info", Rank.NEWS)


@_tell.register
def _(event: events.StageFinished, voice: Voice) -> Iterator[Line]:
    for text in stage_block(event, voice.times, screen=voice.screen()):
        yield Line(text, "info", Rank.NEWS)


@_tell.register
def _(event: events.WorkerStarted, voice: Voice) -> Iterator[Line]:
    again = f", start {event.start}" if event.start > 1 else ""
    threads = "" if event.threads is None else f", {counted(event.threads, 'thread')}"
    prefix = voice.prefix(event)
    yield Line(f"{prefix}loading (pid {event.pid}{threads}{again})", "info", Rank.PROGRESS)
    yield Line(f"{prefix}runs {voice.cut(event.python)}", "info", Rank.TRACE)


@_tell.register
def _(event: events.WorkerReady, voice: Voice) -> Iterator[Line]:
    yield Line(f"{voice.prefix(event)}ready after {duration(event.seconds)}", "info", Rank.PROGRESS)


@_tell.register
def _(event: events.WorkerLost, voice: Voice) -> Iterator[Line]:
    level = level_of(event)
    in_hand = ""
    if event.samples:
        names = ", ".join(sample_name(sample) for sample in event.samples[:4])
        more = f" and {len(event.samples) - 4} more" if len(event.samples) > 4 else ""
        in_hand = f", with {names}{more} in hand"
    soon = f" in {duration(event.restart_in)}" if event.restart_in else ""
    then = f"a replacement is started{soon}" if event.will_restart else "it is not replaced"
    text = f"{voice.prefix(event)}lost: {voice.cut(event.reason)}{in_hand}; {then}"
    yield Line(text, level, Rank.ESSENTIAL)
    if voice.retells or not reaches("info", voice.logs):
        for line in event.stderr:
            yield Line(f"    │ {voice.cut(line)}", level, Rank.ESSENTIAL)


@_tell.register
def _(event: events.LogEmitted, voice: Voice) -> Iterator[Line]:
    level = level_of(event)
    if not reaches(level, voice.logs):
        return
    name = f"{level}: " if level in ("warning", "error") else ""
    rank = Rank.ESSENTIAL if name else Rank.NEWS
    yield Line(f"{voice.prefix(event)}{name}{voice.cut(event.text)}", level, rank)


@_tell.register
def _(event: events.ReporterFailed, voice: Voice) -> Iterator[Line]:
    yield Line(
        f"The reporter '{voice.cut(event.reporter)}' failed in {voice.cut(event.hook)} and is "
        f"muted: {voice.cut(event.error)}",
        "error",
        Rank.ESSENTIAL,
    )


@_tell.register
def _(event: events.StatusReported, voice: Voice) -> Iterator[Line]:
    for text in event.lines:
        yield Line(voice.cut(text), "info", Rank.ESSENTIAL)


@_tell.register
def _(event: events.RunFinished, voice: Voice) -> Iterator[Line]:
    for text in run_block(event, voice.run_dir, times=voice.times, screen=voice.screen()):
        yield Line(text, "info", Rank.ESSENTIAL)


@_tell.register
def _(event: events.BatchStarted, voice: Voice) -> Iterator[Line]:
    names = ", ".join(sample_name(sample) for sample in event.samples)
    text = f"{voice.prefix(event)}{clean(event.stage)} batch {event.number}/{event.of}: {names}"
    yield Line(text, "info", Rank.TRACE)


@_tell.register
def _(event: events.BatchFinished, voice: Voice) -> Iterator[Line]:
    text = f"{voice.prefix(event)}Batch {event.number:,}/{event.of:,}"
    if event.stage == "score":
        covered = coverage(mean=event.mean, scored=event.scored, samples=event.samples)
        # A batch of one says again what its sample said.
        rank = Rank.TRACE if voice.batch_sizes.get(event.stage) == 1 else Rank.NEWS
        yield Line(f"{text}: {covered}, {duration(event.seconds)}", "info", rank)
    else:
        images = counted(event.samples, "image")
        yield Line(f"{text}: {images}, {duration(event.seconds)}", "info", Rank.TRACE)


@_tell.register
def _(event: events.SampleStarted, voice: Voice) -> Iterator[Line]:
    category = f", {voice.cut(event.category)}" if event.category else ""
    yield Line(
        f"{voice.prefix(event)}{clean(event.stage)} {sample_name(event.sample)} (row {event.index}"
        f"{category}, attempt {event.attempt}): {voice.cut(event.instruction)}",
        "info",
        Rank.TRACE,
    )


@_tell.register
def _(event: events.SampleRetried, voice: Voice) -> Iterator[Line]:
    yield Line(
        f"{voice.prefix(event)}{sample_name(event.sample)} goes back into the queue after "
        f"attempt {event.attempt}: {voice.cut(event.reason)}",
        "warning",
        Rank.ESSENTIAL,
    )


@_tell.register
def _(event: events.SampleFinished, voice: Voice) -> Iterator[Line]:
    level = level_of(event)
    place = f"{voice.prefix(event)}{event.done:,}/{event.of:,} {sample_name(event.sample)}"
    if event.outcome != "ok":
        reason = f": {voice.cut(event.reason)}" if event.reason else ""
        what = "no score, " if event.stage == "score" else ""
        told = f"{place}: {what}{clean(event.outcome)}{reason}"
        rank = Rank.ESSENTIAL
    elif event.score is not None:
        told = f"{place}: {number(event.score)}"
        rank = Rank.NEWS
    else:
        told = f"{place}: edited in {duration(event.seconds)}"
        rank = Rank.PROGRESS
    behind, below = reply_lines(event.reply, voice.detail)
    yield Line(f"{told}{behind}", level, rank, may_be_cut=level == "info")
    for text in below:
        yield Line(text, level, rank)
    if event.image is not None and event.outcome == "ok":
        yield Line(f"    image {voice.cut(event.image)}", "info", Rank.TRACE)


@_tell.register
def _(event: events.StepFinished, voice: Voice) -> Iterator[Line]:
    yield Line(
        f"{voice.prefix(event)}{sample_name(event.sample)}: step {event.step}/{event.of}",
        "debug",
        Rank.TRACE,
    )
