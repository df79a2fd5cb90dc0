"""Makes the stages of a run from its configuration and from what is left to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.plugin_manager import Registration
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.run.completion import Completion
from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.known_secrets import redactor_of
from editgauge.core.run.preflight import EnvironmentReport, model_config
from editgauge.core.run.score_stage import ScoreStage
from editgauge.core.run.selection import read_spool
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.run.store import RunStore
from editgauge.core.workers.redaction import Redactor
from editgauge.core.workers.worker import WorkerPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTools(StageTools):
    """What the stages of a run work with: its directory, and what is done of it."""

    store: RunStore
    completion: Completion


def edit_stage(config: ResolvedConfig, report: EnvironmentReport, tools: RunTools) -> EditStage:
    """Return the edit stage of what is left to edit.

    Args:
        config: the checked configuration.
        report: what the preflight found of the editor's environment.
        tools: what the stage works with.
    """
    completion, spool = tools.completion, tools.store.spool
    left = sum(1 for _ in completion.to_edit(read_spool(spool)))
    return EditStage(
        StagePlan(
            samples=left,
            requested=left,
            batch_size=1,
            detail=detail(redactor_of(config), config.edit),
        ),
        completion.to_edit(read_spool(spool)),
        worker_plan(
            report,
            config.edit_registration,
            config.edit,
            log_folder=tools.store.logs,
            secrets=config.secrets(),
        ),
        tools,
        seed=config.run.seed,
    )


def score_stage(
    config: ResolvedConfig,
    report: EnvironmentReport,
    tools: RunTools,
    *,
    rubrics: RubricBook,
    score_range: tuple[float, float] | None,
) -> ScoreStage:
    """Return the score stage of what is left to score.

    Args:
        config: the checked configuration; it has a reward model.
        report: what the preflight found of the judge's environment.
        tools: what the stage works with.
        rubrics: what to ask, by category.
        score_range: least and greatest possible score, if all rubrics in use share them.
    """
    reward, registration = config.reward, config.reward_registration
    if reward is None or registration is None:
        raise AssertionError("there is no score stage without a reward model")
    completion, spool = tools.completion, tools.store.spool
    requested = sum(1 for _ in completion.to_score(read_spool(spool)))
    not_edited = sum(1 for _ in completion.not_edited(read_spool(spool)))
    return ScoreStage(
        StagePlan(
            samples=requested + not_edited,
            requested=requested,
            batch_size=reward.batch_size,
            detail=detail(redactor_of(config), reward),
        ),
        completion.to_score(read_spool(spool)),
        worker_plan(
            report, registration, reward, log_folder=tools.store.logs, secrets=config.secrets()
        ),
        tools,
        config=reward,
        rubrics=rubrics,
        score_range=score_range,
        not_edited=completion.not_edited(read_spool(spool)),
    )


def worker_plan(
    report: EnvironmentReport,
    registration: Registration,
    model: EditModelConfig | RewardModelConfig,
    *,
    log_folder: Path,
    secrets: Sequence[str],
) -> WorkerPlan:
    """Return what the workers of a model are.

    Args:
        report: what the preflight found of their environment.
        registration: what registered the model.
        model: its configuration.
        log_folder: where each worker's log goes.
        secrets: what is taken out of everything that they say.
    """
    return WorkerPlan(
        stage=report.stage,
        target=registration.target,
        config=model_config(model, registration),
        interpreter=report.python,
        bindings=report.bindings,
        settings=model.workers,
        log_folder=log_folder,
        secrets=tuple(secrets),
        fingerprint=report.fingerprint,
    )


def detail(redactor: Redactor, model: EditModelConfig | RewardModelConfig) -> str:
    """Return what people know a model by, for events; an address may have a secret in it."""
    return redactor.text(_name(model))


def _name(model: Any) -> str:
    inner = getattr(model, "of", None)
    if isinstance(inner, EditModelConfig | RewardModelConfig):
        return f"{model.type} of {_name(inner)}"
    where = getattr(model, "model", None)
    return f"{model.type} {where}" if isinstance(where, str) else str(model.type)
