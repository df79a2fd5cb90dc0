"""A run of many workers as its events tell it, with a name for each moment worth a look.

Twelve editors and two judges. An editor dies and is replaced, another one falls silent, and in the
end both stages are at work at once, which no run does yet and a display should stand.
"""

from editgauge.core.hooks import events
from editgauge.core.hooks.events import CategoryFigures, Count, Event, Figures
from tests.reporters.script import RUN_DIR, Script, start_sample

SAMPLES = 40
EDITORS = 12
STEPS = 30
SECONDS_A_STEP = 1.5
CATEGORIES = ("add", "remove", "color", "style", "background", "motion", "text", "material")


class Crowd:
    """Writes the script; `moments` names events by their number."""

    def __init__(self) -> None:
        self.script = Script()
        self.moments: dict[int, str] = {}
        self._done = {"edit": 0, "score": 0}
        self._next = 0

    def events(self) -> list[Event]:
        """Return the events of the run."""
        add = self.script.add
        add(
            events.RunStarted(
                run_dir=str(RUN_DIR),
                stages=("edit", "score"),
                edit_model="qwen-image-edit",
                reward_model="qwen3-vl",
                seed=42,
            )
        )
        self._edit()
        self._both()
        self._score()
        self._end()
        return self.script.events

    def _moment(self, name: str) -> None:
        self.moments[self.script.events[-1].seq] = name

    def _start(self, stage: str, workers: int, batch_size: int) -> None:
        self.script.add(
            events.StageStarted(
                stage=stage,
                samples=SAMPLES,
                batch_size=batch_size,
                batches=SAMPLES // batch_size,
                workers=workers,
                detail={"edit": "qwen-image-edit", "score": "qwen3-vl"}[stage],
            )
        )

    def _worker(self, stage: str, number: int, *, start: int = 1) -> str:
        name = f"{stage}-{number}"
        devices = (f"cuda:{number}",) if stage == "edit" else (f"cuda:{12 + number}",)
        self.script.add(
            events.WorkerStarted(
                worker=name,
                stage=stage,
                devices=devices,
                pid=4000 + number,
                python="python3",
                threads=None,
                start=start,
            ),
            after=0.5,
        )
        return name

    def _ready(self, stage: str, name: str) -> None:
        self.script.add(events.WorkerReady(worker=name, stage=stage, seconds=8.0), after=0.5)

    def _sample(self, name: str) -> tuple[str, int]:
        index = self._next
        self._next += 1
        start_sample(self.script, name, "edit", f"s{index:02d}", index)
        return f"s{index:02d}", index

    def _step(self, name: str, sample: str, index: int, step: int, after: float = 0.0) -> None:
        self.script.add(
            events.StepFinished(worker=name, sample=sample, index=index, step=step, of=STEPS),
            after=after,
        )

    def _finished(self, stage: str, name: str, sample: str, index: int, **fields: float) -> None:
        self._done[stage] += 1
        self.script.add(
            events.SampleFinished(
                worker=name,
                stage=stage,
                sample=sample,
                index=index,
                category=CATEGORIES[index % len(CATEGORIES)],
                outcome="ok",
                seconds=45.0,
                attempt=1,
                done=self._done[stage],
                of=SAMPLES,
                ok=self._done[stage],
                reply="The change is there and nothing else moved." if fields else None,
                **fields,  # type: ignore[arg-type]
            )
        )

    def _edit(self) -> None:
        self._start("edit", EDITORS, 1)
        names = [self._worker("edit", number) for number in range(EDITORS)]
        self._moment("edit: all load")
        hands = {}
        for name in names[:-1]:
            self._ready("edit", name)
            hands[name] = self._sample(name)
        for step in range(1, STEPS + 1):
            self.script.at += SECONDS_A_STEP
            for number, (name, hand) in enumerate(hands.items()):
                if step - number > 0:
                    self._step(name, *hand, step - number)
            if step == STEPS // 2:
                self._moment("edit: under way, the last one still loads")
        self._finished("edit", names[0], *hands[names[0]])
        hands[names[0]] = self._sample(names[0])
        self._moment("edit: the first image is done")
        self._lose(names[2], hands.pop(names[2]))
        silent = names[1]
        for step in range(1, STEPS):
            self.script.at += SECONDS_A_STEP + 0.5
            for number, (name, hand) in enumerate(hands.items()):
                if name != silent and step - number > 0:
                    self._step(name, *hand, step - number)
        self._moment("edit: the others go on")
        self._worker("edit", 2, start=2)
        self.script.at += 4.0
        self._step(names[0], *hands[names[0]], STEPS)
        self._moment("edit: the replacement loads, another worker is silent")
        self._ready("edit", names[2])
        hands[names[2]] = self._sample(names[2])
        self._step(names[2], *hands[names[2]], 1, after=2.0)
        self._moment("edit: it is at work")
        self._hands = hands

    def _lose(self, name: str, hand: tuple[str, int]) -> None:
        self.script.add(
            events.WorkerLost(
                worker=name,
                stage="edit",
                reason="killed by SIGKILL",
                samples=(hand[0],),
                will_restart=True,
                restart_in=60.0,
                stderr=("CUDA error: unspecified launch failure",),
            ),
            after=0.2,
        )
        self._moment("edit: a worker died")

    def _both(self) -> None:
        self._start("score", 2, 4)
        for number in range(2):
            name = self._worker("score", number)
            self._ready("score", name)
            self._batch(name, number)
        self._moment("both stages at once")
        for sample in range(3):
            self._finished("score", "score-0", f"s{sample:02d}", sample, score=7.5, mean=7.5)
        name, hand = "edit-0", self._hands["edit-0"]
        self._finished("edit", name, *hand)
        self._moment("both stages at once, each further")
        self._done["edit"] = SAMPLES
        self.script.add(
            events.StageFinished(
                stage="edit", samples=SAMPLES, outcomes=(Count("ok", SAMPLES),), seconds=190.0
            ),
            after=30.0,
        )

    def _batch(self, name: str, number: int) -> None:
        samples = tuple(f"s{4 * number + place:02d}" for place in range(4))
        self.script.add(
            events.BatchStarted(
                worker=name, stage="score", number=number + 1, of=10, samples=samples
            )
        )
        for place, sample in enumerate(samples):
            start_sample(self.script, name, "score", sample, 4 * number + place)

    def _score(self) -> None:
        self._finished("score", "score-0", "s03", 3, score=6.0, mean=7.125)
        self._batch("score-0", 2)
        self._moment("score")

    def _end(self) -> None:
        figures = Figures(SAMPLES, 38, 7.125, 1.02, 7.5, 2.0, 10.0, 6.79, 7.46)
        self.script.add(
            events.StageFinished(
                stage="score",
                samples=SAMPLES,
                outcomes=(Count("ok", 38), Count("unparsed", 2)),
                seconds=61.0,
                figures=figures,
            ),
            after=40.0,
        )
        each = Figures(5, 4, 7.25, 1.1, 7.5, 5.0, 9.0, 5.5, 9.0)
        self.script.add(
            events.RunFinished(
                status="finished",
                exit_code=100,
                samples=SAMPLES,
                edit_outcomes=(Count("ok", SAMPLES),),
                score_outcomes=(Count("ok", 38), Count("unparsed", 2)),
                figures=figures,
                categories=tuple(CategoryFigures(name, each) for name in CATEGORIES),
                seconds=self.script.at,
                advice="try failed samples again with: editgauge run config.yaml --resume "
                f"{RUN_DIR} --retry-failed",
                skipped_rows=1,
            ),
            after=0.5,
        )
        self._moment("the end")
