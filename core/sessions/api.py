"""`editgauge.open_edit_model(...)` and `editgauge.open_reward_model(...)`."""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.config.model_section import ModelSection, load_model_section
from editgauge.core.hooks.given_plugins import Plugin, load_with
from editgauge.core.hooks.plugin_manager import PluginError
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.outcomes import Stage
from editgauge.core.run.known_secrets import redactor_for
from editgauge.core.run.preflight import ModelToTry, interpreter_of
from editgauge.core.run.python_reporters import GivenReporter, named_reporters, register_objects
from editgauge.core.run.reporters import attach_reporters
from editgauge.core.sessions.edit_session import EditSession
from editgauge.core.sessions.engine import Engine
from editgauge.core.sessions.files import SessionFolder
from editgauge.core.sessions.inputs import MAX_SEED
from editgauge.core.sessions.score_session import ScoreSession
from editgauge.core.sessions.setting import Setting
from editgauge.core.sessions.stages import SessionEdits, scores_by
from editgauge.core.surroundings import surroundings_of
from editgauge.core.terminal import wants_color


def open_edit_model(
    config: Path | str | Mapping[str, Any],
    *,
    reporters: Sequence[GivenReporter] | None = None,
    seed: int | None = None,
    plugins: Sequence[Plugin] = (),
    folder: Path | str | None = None,
    profile: str | None = None,
    overrides: Sequence[str] = (),
) -> EditSession:
    """Start the workers of an edit model and return when the first one is ready.

    Use it in a `with` block, or call `close`. What workers need is tried first, as before a run. A
    worker that is lost is replaced, and its image tried again, as in a run.

    Args:
        config: the section `edit` of a run's configuration as a mapping, or a run's whole
            configuration, or the path of one in YAML; of those, the section is taken, and the keys
            `seed`, `max_lost_workers` and `drain_timeout`.
        reporters: names, `(name, options)` pairs or objects with observing hooks, as for `run`;
            default: none.
        seed: seed of the first image of each call that gives no seeds; default: the
            configuration's, or 42.
        plugins: more plugins than those that are installed, as for `run`.
        folder: where a folder for images and logs is made, to be kept; default: a temporary one,
            removed when the session is closed and none of its results is held any more.
        profile: name of a profile, as for `run`.
        overrides: `KEY=VALUE` each, with keys of a run, as given to `-o`.

    Raises:
        ConfigError: the configuration is wrong; lists every problem.
        PluginError: a plugin or a reporter cannot be used.
        PreflightError: the worker environment cannot be used.
        SessionError: no worker could load the model.
        WriteError: the folder cannot be written.
        TypeError, ValueError: an argument is wrong.
    """
    engine = _open(
        config,
        "edit",
        reporters=reporters or (),
        seed=seed,
        plugins=plugins,
        folder=folder,
        profile=profile,
        overrides=overrides,
    )
    return EditSession(engine)


def open_reward_model(
    config: Path | str | Mapping[str, Any],
    *,
    reporters: Sequence[GivenReporter] | None = None,
    plugins: Sequence[Plugin] = (),
    folder: Path | str | None = None,
    profile: str | None = None,
    overrides: Sequence[str] = (),
) -> ScoreSession:
    """Start the workers of a reward model and return when the first one is ready.

    Args:
        config: the section `reward` of a run's configuration as a mapping, rubrics and `score_by`
            included, or what else `open_edit_model` takes.
        reporters: as for `open_edit_model`.
        plugins: as for `open_edit_model`.
        folder: as for `open_edit_model`.
        profile: as for `open_edit_model`.
        overrides: as for `open_edit_model`.

    Raises:
        RubricError: a rubric cannot be read.
        ConfigError, PluginError, PreflightError, SessionError, WriteError, TypeError, ValueError:
            as `open_edit_model`.
    """
    engine = _open(
        config,
        "reward",
        reporters=reporters or (),
        seed=None,
        plugins=plugins,
        folder=folder,
        profile=profile,
        overrides=overrides,
    )
    return ScoreSession(engine)


def _open(
    config: Path | str | Mapping[str, Any],
    section: ModelSection,
    *,
    reporters: Sequence[GivenReporter],
    seed: int | None,
    plugins: Sequence[Plugin],
    folder: Path | str | None,
    profile: str | None,
    overrides: Sequence[str],
) -> Engine:
    lists = (("reporters", reporters), ("plugins", plugins), ("overrides", overrides))
    for name, value in lists:
        if isinstance(value, str):
            raise TypeError(f"{name!r} should be a list, as in [{value!r}], not one text")
    if seed is not None and (isinstance(seed, bool) or not 0 <= seed < MAX_SEED):
        raise ValueError(f"'seed' should be from 0 to {MAX_SEED - 1:,}, got {seed!r}")
    manager = load_with(plugins)
    surroundings = surroundings_of(sys.stderr)
    model = load_model_section(
        config,
        section,
        plugins=manager,
        reporters=named_reporters(reporters),
        surroundings=surroundings,
        profile=profile,
        overrides=overrides,
    )
    rubrics = load_rubrics(model.model) if isinstance(model.model, RewardModelConfig) else None
    interpreter_of(
        ModelToTry(
            stage=Stage.EDIT if section == "edit" else Stage.SCORE,
            section=section,
            config=model.model,
            registration=model.registration,
        )
    )
    register_objects(reporters, manager)
    redactor = redactor_for(model.secrets(), [model.model.workers])
    place = SessionFolder(None if folder is None else Path(folder), model.model.type)
    started = time.monotonic()
    try:
        attached = attach_reporters(
            model.reporters,
            manager,
            run_dir=place.path,
            streams=(sys.stderr, sys.stdout),
            interactive=surroundings.interactive,
            color=wants_color(sys.stderr),
            clock=lambda: time.monotonic() - started,
        )
    except PluginError as error:
        place.discard()
        raise PluginError(redactor.text(str(error))) from None
    engine = Engine(
        Setting(
            model=model,
            seed=model.run.seed if seed is None else seed,
            rubrics=rubrics,
            make_stage=SessionEdits
            if rubrics is None or not isinstance(model.model, RewardModelConfig)
            else scores_by(model.model, rubrics),
            folder=place,
            plugins=manager,
            attached=attached,
            stderr=sys.stderr,
            started=started,
        )
    )
    engine.open()
    return engine
