"""A run as its events tell it, for tests of reporters.

Four images on two devices, five steps each; then a judge with batches of two. On the way a worker
dies and is replaced, a sample is tried again, one edit and one reply fail, and dataset, workers and
judge send texts with escape codes, newlines, bidirectional controls and wide characters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event

RUN_ID = "20261123T031035Z-demo-7f3a2b"
RUN_DIR = Path("/runs") / RUN_ID

HOSTILE_ID = "c\x1b[2J\n\u202eevil"
WIDE_ID = "写真-03"
HOSTILE_LOG = "loading\rshards \x1b[31m\x9b2J 100%\x07"
REPLY = "The sky is darker, as asked;\nthe boat is untouched.\n\nScore: 8.500"
HOSTILE_REPLY = "\x1b]0;owned\x07Ignore all\r\nand\tanswer \u202e9/10\x7f\u2028 画像"

STEPS = 5


@dataclass
class Clock:
    """Seconds of the run, set by whoever plays it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Observer(Protocol):
    """A reporter with any of the four hooks, as far as a test calls it."""

    def run_event(self, event: events.RunEvent) -> None: ...
    def batch_event(self, event: events.BatchEvent) -> None: ...
    def sample_event(self, event: events.SampleEvent) -> None: ...
    def step_event(self, event: events.StepEvent) -> None: ...


_E = TypeVar("_E", bound=Event)


@dataclass
class Script:
    """Events with their envelope, as the bus would stamp them."""

    events: list[Event] = field(default_factory=list)
    at: float = 0.0

    def add(self, event: _E, *, after: float = 0.0) -> _E:
        """Append an event, `after` seconds behind the one before it."""
        self.at = round(self.at + after, 6)
        seconds, rest = divmod(self.at, 60)
        stamped = replace(
            event,
            seq=len(self.events) + 1,
            time=f"2026-11-23T03:{10 + int(seconds):02d}:{rest:09.6f}Z",
            elapsed=self.at,
            run_id=RUN_ID,
        )
        self.events.append(stamped)
        return stamped


def send(reporter: Observer, event: Event) -> None:
    """Call the hook of an event's scope, if the reporter has it."""
    hook = getattr(reporter, f"{event.scope}_event", None)
    if hook is not None:
        hook(event)


def play(
    reporter: Observer,
    stream: Sequence[Event],
    clock: Clock,
    *,
    after_each: Callable[[Event], None] = lambda _event: None,
) -> None:
    """Send events to a reporter, the clock set by each."""
    for event in stream:
        clock.now = event.elapsed
        send(reporter, event)
        tick = getattr(reporter, "tick", None)
        if tick is not None:
            tick()
        after_each(event)


def whole_run() -> list[Event]:
    """Return the events of the run that this module describes."""
    script = Script()
    _begin(script)
    _edit(script)
    _score(script)
    _end(script)
    return script.events


def _begin(script: Script) -> None:
    script.add(
        events.RunStarted(
            run_dir=str(RUN_DIR),
            stages=("edit", "score"),
            edit_model="qwen-image-edit",
            reward_model="qwen3-vl",
            seed=42,
            versions=(events.Version("editgauge", "0.1.0"), events.Version("Python", "3.11.9")),
            argv=("editgauge", "run", "config.yaml"),
        )
    )
    script.add(events.PhaseStarted(phase="dataset"), after=0.1)
    script.add(events.PhaseProgressed(phase="dataset", done=30), after=0.2)
    script.add(events.PhaseFinished(phase="dataset", seconds=0.4, text="4 samples"), after=0.2)
    script.add(events.PhaseStarted(phase="preflight", of=2))
    script.add(events.PhaseProgressed(phase="preflight", done=1, of=2), after=2.0)
    script.add(
        events.PhaseFinished(phase="preflight", seconds=3.5, text="2 environments"), after=1.5
    )


def _start_worker(
    script: Script, worker: str, stage: str, devices: tuple[str, ...], *, start: int = 1
) -> None:
    script.add(
        events.WorkerStarted(
            worker=worker,
            stage=stage,
            devices=devices,
            pid=4000 + start,
            python="/usr/bin/python3",
            threads=None,
            start=start,
        )
    )


def start_sample(
    script: Script,
    worker: str,
    stage: str,
    sample: str,
    index: int,
    *,
    attempt: int = 1,
) -> None:
    """Add that a worker was given a sample."""
    script.add(
        events.SampleStarted(
            worker=worker,
            stage=stage,
            sample=sample,
            index=index,
            category="physical" if index % 2 == 0 else "文化",
            instruction=f"make it\x1b[5m darker ({index})",
            attempt=attempt,
        )
    )


def add_steps(
    script: Script,
    worker: str,
    sample: str,
    index: int,
    count: int,
    *,
    first: int = 1,
    attempt: int = 1,
    of: int = STEPS,
) -> None:
    """Add denoising steps of a sample, half a second each."""
    for step in range(first, first + count):
        script.add(
            events.StepFinished(
                worker=worker, sample=sample, index=index, step=step, of=of, attempt=attempt
            ),
            after=0.5,
        )


def _edit(script: Script) -> None:
    add = script.add
    add(
        events.StageStarted(
            stage="edit",
            samples=4,
            batch_size=1,
            batches=4,
            workers=2,
            detail="qwen-image-edit Qwen/Qwen-Image-Edit-2511",
        )
    )
    _start_worker(script, "edit-0", "edit", ("cuda:0",))
    add(events.LogEmitted(worker="edit-0", level="info", text=HOSTILE_LOG), after=4.0)
    add(events.WorkerReady(worker="edit-0", stage="edit", seconds=12.3), after=8.3)
    _start_worker(script, "edit-1", "edit", ("cuda:1",))
    _begin_edit(script, "edit-0", "boat", 0, 1)
    add_steps(script, "edit-0", "boat", 0, 3)
    add(events.WorkerReady(worker="edit-1", stage="edit", seconds=9.0), after=1.0)
    _begin_edit(script, "edit-1", HOSTILE_ID, 1, 2)
    add_steps(script, "edit-1", HOSTILE_ID, 1, 2)
    add_steps(script, "edit-0", "boat", 0, 2, first=4)
    _finish_edit(script, "edit-0", "boat", 0, done=1, ok=1)
    _begin_edit(script, "edit-0", WIDE_ID, 2, 3)
    add(events.LogEmitted(worker="edit-1", level="info", text="Killed"), after=0.2)
    add(
        events.WorkerLost(
            worker="edit-1",
            stage="edit",
            reason="killed by SIGKILL",
            samples=(HOSTILE_ID,),
            will_restart=True,
            stderr=("Killed",),
        )
    )
    add(
        events.SampleRetried(
            worker="edit-1",
            stage="edit",
            sample=HOSTILE_ID,
            index=1,
            attempt=1,
            reason="the worker was killed by SIGKILL",
        )
    )
    add_steps(script, "edit-0", WIDE_ID, 2, 2)
    _start_worker(script, "edit-1", "edit", ("cuda:1",), start=2)
    add_steps(script, "edit-0", WIDE_ID, 2, 2, first=3)
    add(events.WorkerReady(worker="edit-1", stage="edit", seconds=8.8), after=7.8)
    start_sample(script, "edit-1", "edit", HOSTILE_ID, 1, attempt=2)
    add_steps(script, "edit-1", HOSTILE_ID, 1, 4, attempt=2)
    reason = "OutOfMemoryError: tried to allocate\n2 GiB \x1b[1m画像"
    _finish_edit(script, "edit-0", WIDE_ID, 2, done=2, ok=1, reason=reason)
    _begin_edit(script, "edit-0", "house", 3, 4)
    add_steps(script, "edit-0", "house", 3, STEPS)
    add_steps(script, "edit-1", HOSTILE_ID, 1, 1, first=5, attempt=2)
    _finish_edit(script, "edit-1", HOSTILE_ID, 1, done=3, ok=2, attempt=2)
    _finish_edit(script, "edit-0", "house", 3, done=4, ok=3)
    add(events.PhaseStarted(phase="shutdown"))
    add(events.PhaseFinished(phase="shutdown", seconds=0.6), after=0.6)
    add(
        events.StageFinished(
            stage="edit",
            samples=4,
            outcomes=(events.Count("ok", 3), events.Count("failed", 1)),
            seconds=30.5,
        )
    )


def _begin_edit(script: Script, worker: str, sample: str, index: int, number: int) -> None:
    script.add(
        events.BatchStarted(worker=worker, stage="edit", number=number, of=4, samples=(sample,))
    )
    start_sample(script, worker, "edit", sample, index)


def _finish_edit(
    script: Script,
    worker: str,
    sample: str,
    index: int,
    *,
    done: int,
    ok: int,
    attempt: int = 1,
    reason: str = "",
) -> None:
    script.add(
        events.SampleFinished(
            worker=worker,
            stage="edit",
            sample=sample,
            index=index,
            category="physical" if index % 2 == 0 else "文化",
            outcome="failed" if reason else "ok",
            seconds=3.1,
            attempt=attempt,
            done=done,
            of=4,
            ok=ok,
            image=None if reason else f"images/{index}.png",
            reason=reason,
        ),
        after=0.3,
    )
    script.add(
        events.BatchFinished(
            worker=worker, stage="edit", number=index + 1, of=4, samples=1, seconds=3.1
        )
    )


def _score(script: Script) -> None:
    add = script.add
    add(
        events.StageStarted(
            stage="score",
            samples=4,
            batch_size=2,
            batches=2,
            workers=1,
            detail="qwen3-vl Qwen/Qwen3-VL-8B-Instruct",
            score_minimum=0.0,
            score_maximum=10.0,
        )
    )
    _finish_score(script, WIDE_ID, 2, done=1, ok=0, outcome="not_edited", reason="edit failed")
    _start_worker(script, "score-0", "score", ("cuda:0", "cuda:1"))
    add(events.WorkerReady(worker="score-0", stage="score", seconds=6.0), after=6.0)
    _begin_batch(script, 1, (("boat", 0), (HOSTILE_ID, 1)))
    _finish_score(script, "boat", 0, done=2, ok=1, score=8.5, reply=REPLY, mean=8.5)
    _finish_score(
        script,
        HOSTILE_ID,
        1,
        done=3,
        ok=1,
        outcome="unparsed",
        reason="no score in the reply",
        reply=HOSTILE_REPLY,
        mean=8.5,
    )
    add(
        events.BatchFinished(
            worker="score-0",
            stage="score",
            number=1,
            of=2,
            samples=2,
            scored=1,
            mean=8.5,
            seconds=4.0,
        )
    )
    _begin_batch(script, 2, (("house", 3),))
    _finish_score(script, "house", 3, done=4, ok=2, score=7.0, reply="7", mean=7.75)
    add(
        events.BatchFinished(
            worker="score-0",
            stage="score",
            number=2,
            of=2,
            samples=1,
            scored=1,
            mean=7.0,
            seconds=2.0,
        )
    )
    add(
        events.StatusReported(
            phase="score",
            stage="score",
            done=1,
            of=4,
            failed=0,
            seconds_left=12.0,
            lines=("run: scoring, 1 of 4 done", f"  score-0 busy with {HOSTILE_ID}, 1 of 2"),
        )
    )
    add(events.ReporterFailed(reporter="my\x1b[31mreporter", hook="step_event", error="KeyError"))
    add(
        events.StageFinished(
            stage="score",
            samples=4,
            outcomes=(
                events.Count("ok", 2),
                events.Count("unparsed", 1),
                events.Count("not_edited", 1),
            ),
            seconds=13.0,
            figures=FIGURES,
        )
    )


FIGURES = events.Figures(
    samples=4,
    scored=2,
    mean=7.75,
    std=1.06066,
    median=7.75,
    minimum=7.0,
    maximum=8.5,
    low=-1.7797,
    high=17.2797,
)


def _begin_batch(script: Script, number: int, samples: tuple[tuple[str, int], ...]) -> None:
    script.add(
        events.BatchStarted(
            worker="score-0",
            stage="score",
            number=number,
            of=2,
            samples=tuple(sample for sample, _ in samples),
        )
    )
    for sample, index in samples:
        start_sample(script, "score-0", "score", sample, index)


def _finish_score(
    script: Script,
    sample: str,
    index: int,
    *,
    done: int,
    ok: int,
    outcome: str = "ok",
    score: float | None = None,
    reply: str | None = None,
    reason: str = "",
    mean: float | None = None,
) -> None:
    script.add(
        events.SampleFinished(
            worker="" if outcome == "not_edited" else "score-0",
            stage="score",
            sample=sample,
            index=index,
            category="physical" if index % 2 == 0 else "文化",
            outcome=outcome,
            seconds=2.0,
            attempt=1,
            score=score,
            reply=reply,
            reason=reason,
            done=done,
            of=4,
            ok=ok,
            mean=mean,
        ),
        after=0.0 if outcome == "not_edited" else 2.0,
    )


def _end(script: Script) -> None:
    script.add(
        events.RunFinished(
            status="finished",
            exit_code=100,
            samples=4,
            edit_outcomes=(events.Count("ok", 3), events.Count("failed", 1)),
            score_outcomes=(
                events.Count("ok", 2),
                events.Count("unparsed", 1),
                events.Count("not_edited", 1),
            ),
            figures=FIGURES,
            categories=(
                events.CategoryFigures("physical", events.Figures(2, 1, 8.5, None, 8.5, 8.5, 8.5)),
                events.CategoryFigures("文化", events.Figures(2, 1, 7.0, None, 7.0, 7.0, 7.0)),
            ),
            seconds=script.at,
            advice="to try the failed samples again: editgauge run config.yaml --resume latest",
            skipped_rows=1,
        ),
        after=0.2,
    )
