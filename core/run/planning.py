"""Makes the stages of a run from its configuration and from what is left to do."""

from typing import Any

from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.plugin_manager import Registration
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.known_secrets import redactor_of
from editgauge.core.run.preflight import EnvironmentReport, model_config
from editgauge.core.run.score_stage import ScoreStage
from editgauge.core.run.selection import read_spool
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.run.store import RunStore
from editgauge.core.workers.worker import WorkerPlan


def edit_stage(config: ResolvedConfig, report: EnvironmentReport, tools: StageTools) -> EditStage:
    """Return the edit stage of what is left to edit.

    Args:
        config: the checked configuration.
        report: what the preflight found of the editor's environment.
        tools: what the stage works with.
    """
    completion, spool = tools.completion, tools.store.spool
    left = sum(1 for _ in completion.to_edit(read_spool(spool)))
    return EditStage(
        StagePlan(samples=left, requested=left, batch_size=1, detail=_detail(config, config.edit)),
        completion.to_edit(read_spool(spool)),
        _workers(report, config.edit_registration, config.edit, config, tools.store),
        tools,
        seed=config.run.seed,
    )


def score_stage(
    config: ResolvedConfig,
    report: EnvironmentReport,
    tools: StageTools,
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
            detail=_detail(config, reward),
        ),
        completion.to_score(read_spool(spool)),
        _workers(report, registration, reward, config, tools.store),
        tools,
        config=reward,
        rubrics=rubrics,
        score_range=score_range,
        not_edited=completion.not_edited(read_spool(spool)),
    )


def _workers(
    report: EnvironmentReport,
    registration: Registration,
    model: EditModelConfig | RewardModelConfig,
    config: ResolvedConfig,
    store: RunStore,
) -> WorkerPlan:
    return WorkerPlan(
        stage=report.stage,
        target=registration.target,
        config=model_config(model, registration),
        interpreter=report.python,
        bindings=report.bindings,
        settings=model.workers,
        log_folder=store.logs,
        secrets=config.secrets(),
        fingerprint=report.fingerprint,
    )


def _detail(config: ResolvedConfig, model: EditModelConfig | RewardModelConfig) -> str:
    """Return what people know a model by, for events; an address may have a secret in it."""
    return redactor_of(config).text(_name(model))


def _name(model: Any) -> str:
    inner = getattr(model, "of", None)
    if isinstance(inner, EditModelConfig | RewardModelConfig):
        return f"{model.type} of {_name(inner)}"
    where = getattr(model, "model", None)
    return f"{model.type} {where}" if isinstance(where, str) else str(model.type)
