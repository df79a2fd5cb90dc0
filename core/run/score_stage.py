"""The score stage: a batch a request, reply by reply."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.judging.replies import Judgement, judge
from editgauge.core.judging.rubrics import RubricBook, render
from editgauge.core.models import Reply
from editgauge.core.outcomes import ScoreOutcome, Stage
from editgauge.core.run.content_keys import digest_or_reason, digests_of_frame, seen_images
from editgauge.core.run.results import ScoreResult
from editgauge.core.run.scheduler import Assignment, Task
from editgauge.core.run.stages import StagePlan, StageRun, StageTools
from editgauge.core.samples import Sample
from editgauge.core.workers.protocol import Frame
from editgauge.core.workers.worker import Worker, WorkerPlan


class ScoreStage(StageRun):
    """Judges edits, a batch a request."""

    stage = Stage.SCORE

    def __init__(
        self,
        plan: StagePlan,
        samples: Iterator[Sample],
        workers: WorkerPlan,
        tools: StageTools,
        *,
        config: RewardModelConfig,
        rubrics: RubricBook,
        score_range: tuple[float, float] | None,
        not_edited: Iterator[Sample],
    ) -> None:
        """Prepare the stage.

        Args:
            plan: how much there is to do.
            samples: the samples that have an edited image.
            workers: what its workers are.
            tools: what it works with.
            config: how to judge.
            rubrics: what to ask, by category.
            score_range: least and greatest possible score, if all its rubrics share them.
            not_edited: the samples that have none.
        """
        super().__init__(plan, samples, workers, tools)
        self._config = config
        self._rubrics = rubrics
        self._score_range = score_range
        self._not_edited = not_edited

    def start(self) -> None:
        """Start, and let the samples leave that there is nothing to score of."""
        super().start()
        for sample in self._not_edited:
            self.leave_unasked(sample, ScoreOutcome.NOT_EDITED, "there is no edited image")

    def leave_unasked(self, sample: Sample, outcome: ScoreOutcome, reason: str) -> None:
        """Let a sample leave of which nothing can be asked."""
        result = ScoreResult(
            id=sample.id,
            index=sample.index,
            category=sample.category,
            outcome=outcome,
            reason=reason,
            score_by=self._config.score_by,
            seconds=0.0,
            attempt=0,
            worker="",
        )
        self.leave(None, "", result)

    def score_range(self) -> tuple[float, float] | None:
        """Return least and greatest possible score, or None if rubrics differ in it."""
        return self._score_range

    def request(self, tasks: tuple[Task, ...]) -> Frame:
        """Return the frame that asks for the judgements of a batch."""
        return {"kind": "score", "requests": [self._request(task.sample) for task in tasks]}

    def _request(self, sample: Sample) -> dict[str, Any]:
        prompt = render(
            self._rubrics.for_category(sample.category),
            sample,
            judge_images=self._config.judge_images,
            score_by=self._config.score_by,
        )
        return {
            "id": sample.id,
            "index": sample.index,
            "images": list(self._seen(sample)),
            "system": prompt.system,
            "prompt": prompt.prompt,
            "labels": list(prompt.labels),
            "values": list(prompt.values),
        }

    def _seen(self, sample: Sample) -> tuple[str, ...]:
        """Return the paths of what the judge sees, in order."""
        _, roles = self._tools.keys.question(sample)
        return seen_images(roles, sample.images, str(self._tools.store.image_path(sample)))

    def _changed_images(self, sample: Sample, digests: tuple[str, ...]) -> str:
        """Return which images that the judge saw are not those of the edit; empty if none."""
        _, roles = self._tools.keys.question(sample)
        position = 0
        for role in roles:
            end = position + (len(sample.images) if role == "source" else 1)
            if not self._tools.completion.is_of_edit(sample.index, role, digests[position:end]):
                return (
                    "a source image has changed since the edit"
                    if role == "source"
                    else "the edited image is not the one that was written"
                )
            position = end
        return ""

    def answer(self, worker: Worker, assignment: Assignment, frame: Frame) -> bool:
        """Handle one reply, or the end of the batch."""
        kind = frame["kind"]
        if kind == "reply":
            value, seconds = frame["value"], float(frame["seconds"])
            reply = Reply(
                str(frame["text"]),
                None if value is None else float(value),
                truncated=bool(frame["truncated"]),
            )
            said = replace(reply, text=str(frame.get("said", reply.text)))
            position = int(frame["position"])
            seen = len(self._seen(assignment.open[position].sample))
            digests = digests_of_frame(frame["images_sha256"], seen)
            # Last, so that a frame that cannot be used leaves its sample open.
            task = assignment.open.pop(position)
            if changed := self._changed_images(task.sample, digests):
                self._leave(
                    task,
                    worker,
                    ScoreOutcome.FAILED,
                    seconds=seconds,
                    reason=f"{changed}, so a score would not be one of this edit",
                    images_sha256=digests,
                )
            else:
                self._judge(task, worker, reply, said, seconds=seconds, images_sha256=digests)
            return False
        if kind == "scored":
            if assignment.open:
                raise ValueError(f"{len(assignment.open)} replies are missing")
            return True
        if kind == "failed":
            error = str(frame["error"])
            if not assignment.open:
                self._warn(worker, f"failed after every reply of its request had come: {error}")
            elif len(assignment.tasks) > 1:
                self._give_back(
                    worker, assignment, reason=f"its batch failed: {error}", strike=False
                )
            else:
                for task in assignment.open.values():
                    self._leave(
                        task,
                        worker,
                        ScoreOutcome.FAILED,
                        seconds=float(frame["seconds"]),
                        reason=error,
                    )
            return True
        raise ValueError("expected 'reply', 'scored' or 'failed'")

    def _judge(
        self,
        task: Task,
        worker: Worker,
        reply: Reply,
        said: Reply,
        *,
        seconds: float,
        images_sha256: tuple[str, ...],
    ) -> None:
        """Let a sample leave with what its reply states; `said` is the reply with its secrets."""
        rubric = self._rubrics.for_category(task.sample.category)
        judgement = judge(rubric, reply, score_by=self._config.score_by)
        with_secrets = judge(rubric, said, score_by=self._config.score_by)
        if (judgement.outcome, judgement.score) != (with_secrets.outcome, with_secrets.score):
            # `7***` is no 7. Nor is what was said taken: nobody could see where it came from.
            judgement = Judgement(
                ScoreOutcome.UNPARSED,
                reason="the reply held a secret, and without it another score would be read",
            )
        self._leave(
            task,
            worker,
            judgement.outcome,
            seconds=seconds,
            score=judgement.score,
            reply=reply.text,
            truncated=reply.truncated,
            reason=judgement.reason,
            images_sha256=images_sha256,
        )

    def set_aside(
        self, task: Task, worker: Worker, reason: str, *, timed_out: bool, seconds: float
    ) -> None:
        """Let a sample leave as `timeout` or `crashed`."""
        outcome = ScoreOutcome.TIMEOUT if timed_out else ScoreOutcome.CRASHED
        self._leave(task, worker, outcome, seconds=seconds, reason=reason)

    def _leave(
        self,
        task: Task,
        worker: Worker,
        outcome: ScoreOutcome,
        *,
        seconds: float,
        score: float | None = None,
        reply: str | None = None,
        truncated: bool = False,
        reason: str = "",
        images_sha256: tuple[str, ...] | None = None,
    ) -> None:
        sample = task.sample
        if images_sha256 is None:
            images_sha256 = tuple(digest_or_reason(path) for path in self._seen(sample))
        rubric = self._rubrics.for_category(sample.category)
        result = ScoreResult(
            id=sample.id,
            index=sample.index,
            category=sample.category,
            outcome=outcome,
            reason=reason,
            score=score,
            reply=reply,
            truncated=truncated,
            rubric=rubric.name,
            minimum=rubric.minimum,
            maximum=rubric.maximum,
            score_by=self._config.score_by,
            seconds=seconds,
            attempt=task.attempt,
            worker=worker.name,
            key=self._tools.keys.of_score(sample, images_sha256),
        )
        image = self._tools.store.relative(self._tools.store.image_path(sample))
        self.leave(task, worker.name, result, image=image)
