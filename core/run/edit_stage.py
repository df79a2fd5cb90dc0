"""The edit stage: one sample a request, step by step, one picture each."""

import os
from collections.abc import Iterator

from editgauge.core.hooks.events import StepFinished
from editgauge.core.outcomes import EditOutcome, Stage
from editgauge.core.run.content_keys import digest_or_reason, digests_of_frame
from editgauge.core.run.results import EditResult
from editgauge.core.run.scheduler import Assignment, Task
from editgauge.core.run.stages import StagePlan, StageRun, StageTools
from editgauge.core.run.store import WriteError
from editgauge.core.samples import Sample
from editgauge.core.workers.protocol import Frame
from editgauge.core.workers.worker import Worker, WorkerPlan


class EditStage(StageRun):
    """Edits, one sample a request."""

    stage = Stage.EDIT

    def __init__(
        self,
        plan: StagePlan,
        samples: Iterator[Sample],
        workers: WorkerPlan,
        tools: StageTools,
        *,
        seed: int,
    ) -> None:
        """Prepare the stage; `seed` is the run's."""
        super().__init__(plan, samples, workers, tools)
        self._seed = seed

    def request(self, tasks: tuple[Task, ...]) -> Frame:
        """Return the frame that asks for one edit."""
        sample = tasks[0].sample
        return {
            "kind": "edit",
            "id": sample.id,
            "index": sample.index,
            "images": list(sample.images),
            "instruction": sample.instruction,
            "seed": self.seed_of(sample),
            "output": str(self._tools.store.image_path(sample)),
            "sync": self._tools.store.sync,
        }

    def seed_of(self, sample: Sample) -> int:
        """Return the seed of a sample's edit."""
        return self._seed + sample.index

    def answer(self, worker: Worker, assignment: Assignment, frame: Frame) -> bool:
        """Handle a step, or the end of the edit.

        Raises:
            WriteError: the worker could not write the image.
        """
        task, kind = assignment.tasks[0], frame["kind"]
        if kind == "step":
            self._tools.emit(
                StepFinished(
                    worker=worker.name,
                    sample=task.sample.id,
                    index=task.sample.index,
                    step=int(frame["step"]),
                    of=int(frame["of"]),
                    attempt=task.attempt,
                )
            )
            return False
        if kind == "edited":
            path = self._tools.store.image_path(task.sample)
            if not path.is_file():
                raise ValueError(f"there is no image at {path}")
            self._leave(
                task,
                worker,
                EditOutcome.OK,
                seconds=float(frame["seconds"]),
                size=(int(frame["width"]), int(frame["height"])),
                sources_sha256=digests_of_frame(frame["sources_sha256"], len(task.sample.images)),
                image_sha256=str(frame["image_sha256"]),
            )
            return True
        if kind == "failed":
            self._leave(
                task,
                worker,
                EditOutcome.FAILED,
                seconds=float(frame["seconds"]),
                reason=str(frame["error"]),
            )
            return True
        if kind == "unwritable":
            number = int(frame["errno"])
            path = self._tools.store.image_path(task.sample)
            raise WriteError(path, OSError(number, os.strerror(number)))
        raise ValueError("expected 'step', 'edited', 'failed' or 'unwritable'")

    def set_aside(
        self, task: Task, worker: Worker, reason: str, *, timed_out: bool, seconds: float
    ) -> None:
        """Let a sample leave as `timeout` or `crashed`."""
        outcome = EditOutcome.TIMEOUT if timed_out else EditOutcome.CRASHED
        self._leave(task, worker, outcome, seconds=seconds, reason=reason)

    def leave_unasked(self, sample: Sample, reason: str) -> None:
        """Let a sample leave as `failed` for which no worker can be asked."""
        result = EditResult(
            id=sample.id,
            index=sample.index,
            category=sample.category,
            outcome=EditOutcome.FAILED,
            reason=reason,
            instruction=sample.instruction,
            sources=sample.images,
            seed=self.seed_of(sample),
            seconds=0.0,
            attempt=0,
            worker="",
        )
        self.leave(None, "", result)

    def _leave(
        self,
        task: Task,
        worker: Worker,
        outcome: EditOutcome,
        *,
        seconds: float,
        size: tuple[int, int] | None = None,
        sources_sha256: tuple[str, ...] | None = None,
        image_sha256: str | None = None,
        reason: str = "",
    ) -> None:
        sample, store = task.sample, self._tools.store
        if sources_sha256 is None:
            sources_sha256 = tuple(digest_or_reason(path) for path in sample.images)
        image = store.relative(store.image_path(sample)) if size is not None else None
        result = EditResult(
            id=sample.id,
            index=sample.index,
            category=sample.category,
            outcome=outcome,
            reason=reason,
            image=image,
            width=size[0] if size is not None else None,
            height=size[1] if size is not None else None,
            instruction=sample.instruction,
            sources=sample.images,
            seed=self.seed_of(sample),
            seconds=seconds,
            attempt=task.attempt,
            worker=worker.name,
            key=self._tools.keys.of_edit(sample, sources_sha256),
            image_sha256=image_sha256,
            sources_sha256=sources_sha256,
        )
        self.leave(task, worker.name, result, image=image)
