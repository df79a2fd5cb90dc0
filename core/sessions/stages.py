"""The stages of a session: those of a run, asked for as long as the session is open."""

from collections.abc import Callable
from dataclasses import dataclass

from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.score_stage import ScoreStage
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.samples import Sample
from editgauge.core.sessions.calls import Refusal
from editgauge.core.sessions.supplies import Deliveries, Waiting
from editgauge.core.workers.worker import WorkerPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Makings:
    """What a session makes its stage of.

    Attributes:
        plan: how much was asked for so far.
        waiting: the samples that no worker has yet.
        workers: what its workers are.
        tools: what it works with.
        deliveries: the requests.
    """

    plan: StagePlan
    waiting: Waiting
    workers: WorkerPlan
    tools: StageTools
    deliveries: Deliveries


class SessionEdits(EditStage):
    """Edits, each with the seed that its request says."""

    def __init__(self, makings: Makings) -> None:
        """Prepare the stage."""
        super().__init__(makings.plan, makings.waiting, makings.workers, makings.tools, seed=0)
        self._deliveries = makings.deliveries

    def seed_of(self, sample: Sample) -> int:
        """Return the seed that was asked for."""
        return self._deliveries.request(sample.index).seed

    def refuse(self, sample: Sample, refusal: Refusal) -> None:
        """Let a sample leave as `failed`."""
        self.leave_unasked(sample, refusal.reason)


class SessionScores(ScoreStage):
    """Judges edits as they are asked for."""

    def refuse(self, sample: Sample, refusal: Refusal) -> None:
        """Let a sample leave without a score."""
        self.leave_unasked(sample, refusal.outcome, refusal.reason)


MakeStage = Callable[[Makings], SessionEdits | SessionScores]


def scores_by(config: RewardModelConfig, rubrics: RubricBook) -> MakeStage:
    """Return what makes the stage of a judge."""
    ranges = {(rubric.minimum, rubric.maximum) for rubric in rubrics.rubrics()}

    def make(makings: Makings) -> SessionScores:
        return SessionScores(
            makings.plan,
            makings.waiting,
            makings.workers,
            makings.tools,
            config=config,
            rubrics=rubrics,
            score_range=next(iter(ranges)) if len(ranges) == 1 else None,
            not_edited=iter(()),
        )

    return make


def batch_size_of(model: EditModelConfig | RewardModelConfig) -> int:
    """Return the number of samples in a full batch."""
    return model.batch_size if isinstance(model, RewardModelConfig) else 1
