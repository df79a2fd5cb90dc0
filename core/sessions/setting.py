"""What a session is made of."""

from dataclasses import dataclass
from typing import TextIO

from editgauge.core.config.model_section import ResolvedModel
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.outcomes import Stage
from editgauge.core.run.reporters import AttachedReporters
from editgauge.core.sessions.files import SessionFolder
from editgauge.core.sessions.stages import MakeStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a session is made of.

    Attributes:
        model: the checked configuration.
        seed: seed of the first image of a call that gives no seeds.
        rubrics: what a judge is asked, or None.
        make_stage: makes the stage.
        folder: takes images and logs.
        plugins: the plugins; those that observe hear the session's events.
        attached: the reporters.
        stderr: where people read.
        started: when the session began, as `time.monotonic()`.
    """

    model: ResolvedModel
    seed: int
    rubrics: RubricBook | None
    make_stage: MakeStage
    folder: SessionFolder
    plugins: PluginManager
    attached: AttachedReporters
    stderr: TextIO
    started: float

    @property
    def stage(self) -> Stage:
        """The stage that the model is for."""
        return Stage.EDIT if self.model.section == "edit" else Stage.SCORE
