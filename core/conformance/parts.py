"""The part of a plugin that is to be checked: found, and its configuration validated."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.config import (
    ConfigError,
    Problem,
    ReporterChoice,
    ResolvedConfig,
    load_config,
)
from editgauge.core.conformance.fresh_start import FreshStart, start_fresh
from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import Kind, PluginManager, Registration

SECTIONS: Mapping[Kind, str] = {
    "dataset": "dataset",
    "edit model": "edit",
    "reward model": "reward",
    "reporter": "reporters",
}
"""Where each kind stands in the configuration of a run."""
BASES: Mapping[Kind, type[BaseModel]] = {
    "dataset": DatasetConfig,
    "edit model": EditModelConfig,
    "reward model": RewardModelConfig,
    "reporter": ReporterConfig,
}
"""The base of each kind's configuration."""
_STAND_IN = "conformance-stand-in"
PartConfig = EditModelConfig | RewardModelConfig | DatasetConfig | ReporterConfig


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is checked.

    Attributes:
        kind: `edit model`, `reward model`, `dataset` or `reporter`.
        registration: what its plugin registered.
        config: its validated configuration.
        given: the configuration as it was given, `type` included.
        plugin: the plugin's object, mostly a module.
        secrets: what is taken out of everything that is said about it.
    """

    kind: Kind
    registration: Registration
    config: Any
    given: Mapping[str, Any]
    plugin: object
    secrets: tuple[str, ...] = ()

    @functools.cached_property
    def fresh_start(self) -> FreshStart:
        """What its plugin does when it is imported alone; tried when it is first asked for."""
        return start_fresh(self.plugin)


class _StandIns:
    """Registers what a run needs beside the part; none of it is ever made."""

    def __init__(self, kind: Kind, name: str) -> None:
        self._kind = kind
        self._name = name

    @hookimpl
    def register_datasets(self, register: Register) -> None:
        if self._kind != "dataset":
            register(self._name, target=f"{__name__}:None", config=DatasetConfig)

    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        if self._kind != "edit model":
            register(self._name, target=f"{__name__}:None", config=EditModelConfig)


def find_part(kind: Kind, config: Mapping[str, Any], manager: PluginManager) -> Part:
    """Return the part that a configuration names.

    Args:
        kind: its kind.
        config: `type` with its registered name, and its keys as in the configuration of a run.
        manager: the plugins.

    Raises:
        ConfigError: the configuration is wrong, or no plugin registers such a type.
    """
    given = dict(config)
    section = SECTIONS[kind]
    if not isinstance(given.get("type"), str):
        known = ", ".join(manager.names(kind)) or "none"
        message = f"should be a registered name. Known {kind}s: {known}."
        raise ConfigError("configuration", [Problem(f"{section}.type", message)])
    # Of each kind its own, so that no list of known types of that kind has one.
    stand_in = f"{_STAND_IN}-{kind}"
    if stand_in not in manager.plugins:
        manager.register(_StandIns(kind, stand_in), stand_in)
    run: dict[str, Any] = {
        "dataset": {"type": stand_in},
        "edit": {"type": stand_in},
        "progress": "none",
    }
    choices: list[ReporterChoice] = []
    if kind == "reporter":
        options = {key: value for key, value in given.items() if key != "type"}
        choices.append(ReporterChoice(given["type"], options))
    else:
        run[section] = given
    resolved = load_config(run, plugins=manager, reporters=choices, environ={}, interactive=True)
    registration, found = _taken(kind, resolved)
    return Part(
        kind=kind,
        registration=registration,
        config=found,
        given=given,
        plugin=manager.pluggy.get_plugin(registration.plugin),
        secrets=resolved.secrets(),
    )


def _taken(kind: Kind, resolved: ResolvedConfig) -> tuple[Registration, PartConfig]:
    if kind == "edit model":
        return resolved.edit_registration, resolved.edit
    if kind == "dataset":
        return resolved.dataset_registration, resolved.dataset
    if kind == "reporter":
        return resolved.reporters[0].registration, resolved.reporters[0].config
    if resolved.reward is None or resolved.reward_registration is None:
        raise AssertionError("a reward section was given and not resolved")
    return resolved.reward_registration, resolved.reward
