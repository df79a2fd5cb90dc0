"""From a file (or a mapping), a profile, the environment and overrides to a checked run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.run import RunConfig
from editgauge.core.config import layers, wrapped
from editgauge.core.config.merging import Merged, Origin
from editgauge.core.config.problems import ConfigError, Problem, shown, with_origins
from editgauge.core.config.profiles import check_profiles, find_profiles
from editgauge.core.config.pydantic_problems import validate
from editgauge.core.config.reporter_choice import (
    NO_CHANGES,
    ChosenReporter,
    Configured,
    ReporterChanges,
    ReporterChoice,
    choose_reporters,
)
from editgauge.core.config.revealed import secrets_in
from editgauge.core.hooks.plugin_manager import Kind, PluginError, PluginManager, Registration
from editgauge.core.surroundings import Surroundings, ci_variable

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedConfig:
    """A configuration in which every section was checked against its plugin's model.

    Attributes:
        source: what people know it by: the file's path, or `configuration` for a mapping.
        profile: name of the profile that was merged in, or None.
        run: the keys of the run itself; its sections are as written, use the fields below.
        dataset: instance of the registered config model, and so on.
        reporters: exactly the reporters that take part, the terminal's first.
        merged: the data of all layers, and which of them set what.
    """

    source: str
    profile: str | None
    run: RunConfig
    dataset: DatasetConfig
    dataset_registration: Registration
    edit: EditModelConfig
    edit_registration: Registration
    reward: RewardModelConfig | None
    reward_registration: Registration | None
    reporters: tuple[ChosenReporter, ...]
    merged: Merged = field(repr=False, compare=False)

    def to_plain(self) -> dict[str, Any]:
        """Return everything as plain JSON data: defaults filled in, secrets masked, no profiles."""
        plain = self.run.model_dump(mode="json", exclude={"profiles"})
        plain["dataset"] = self.dataset.model_dump(mode="json")
        plain["edit"] = self.edit.model_dump(mode="json")
        plain["reward"] = None if self.reward is None else self.reward.model_dump(mode="json")
        plain["reporters"] = {
            chosen.name: chosen.config.model_dump(mode="json") for chosen in self.reporters
        }
        return plain

    def secrets(self) -> tuple[str, ...]:
        """Return every secret of every section, so that it can be taken out of what is written."""
        sections = [self.dataset, self.edit, *([self.reward] if self.reward is not None else [])]
        sections += [chosen.config for chosen in self.reporters]
        return tuple(secret for section in sections for secret in secrets_in(section))


def load_config(
    source: Path | str | Mapping[str, Any],
    *,
    plugins: PluginManager,
    profile: str | None = None,
    overrides: Sequence[str | layers.Override] = (),
    reporters: Sequence[ReporterChoice] | None = None,
    changes: ReporterChanges = NO_CHANGES,
    environ: Mapping[str, str] | None = None,
    interactive: bool = False,
    surroundings: Surroundings | None = None,
) -> ResolvedConfig:
    """Read, merge and check a configuration; nothing is loaded and no file is looked for.

    Args:
        source: path of a YAML file, or the configuration itself.
        plugins: where types and reporters are found; entry points are already loaded.
        profile: name of a profile, before `EDITGAUGE_PROFILE`.
        overrides: `KEY=VALUE` each, as given to `-o`; later ones win.
        reporters: exactly these run, instead of those that `progress` and `reporters` say.
        changes: what is changed in the reporters that run, unless exactly some do.
        environ: the environment; default `os.environ`.
        interactive: whether stderr is a terminal that can move its cursor.
        surroundings: all that is known of stderr, instead of `interactive`.

    Raises:
        ConfigError: with every problem that was found.
    """
    environ = os.environ if environ is None else environ
    if isinstance(source, Mapping):
        name, data = "configuration", layers.plain_copy(source)
    else:
        name, data = str(source), layers.read_file(Path(source))
    profile = profile or environ.get(layers.PROFILE_VARIABLE) or None
    merged, problems = merge_layers(name, data, profile, overrides, environ)
    data, origins = merged.data, merged.set_by

    run, wrong = validate(RunConfig, data)
    problems += with_origins(wrong, origins)
    sections = Sections(plugins, data)
    dataset, dataset_registration = sections.resolve("dataset", "dataset", DatasetConfig)
    edit, edit_registration = sections.resolve("edit", "edit model", EditModelConfig)
    reward, reward_registration = sections.resolve("reward", "reward model", RewardModelConfig)
    chosen_reporters, wrong = choose_reporters(
        plugins=plugins,
        configured=_configured_reporters(data),
        progress=run.progress if run is not None else "none",
        choices=reporters,
        surroundings=surroundings or Surroundings(terminal=interactive, ci=ci_variable(environ)),
        changes=changes,
    )
    problems += with_origins([*sections.problems, *wrong], origins)
    if problems:
        raise ConfigError(name, problems)
    if (
        run is None
        or dataset is None
        or dataset_registration is None
        or edit is None
        or edit_registration is None
    ):
        raise AssertionError("a section that is missing was not reported")
    return ResolvedConfig(
        source=name,
        profile=profile,
        run=run,
        dataset=dataset,
        dataset_registration=dataset_registration,
        edit=edit,
        edit_registration=edit_registration,
        reward=reward,
        reward_registration=reward_registration,
        reporters=chosen_reporters,
        merged=merged,
    )


def merge_layers(
    name: str,
    data: Mapping[str, Any],
    profile: str | None,
    overrides: Sequence[str | layers.Override],
    environ: Mapping[str, str],
) -> tuple[Merged, list[Problem]]:
    """Return a file's data with a profile, the environment and overrides laid over it.

    Args:
        name: what people know the file by.
        data: what is in it.
        profile: name of a profile, or None.
        overrides: as for `load_config`.
        environ: the environment.

    Raises:
        ConfigError: there is no such profile, or a value is no YAML.
    """
    merged = Merged(data, Origin("file", name))
    problems = check_profiles(data.get("profiles"))
    if profile is not None:
        for found in find_profiles(name, data.get("profiles"), profile, environ):
            key = "" if found.built_in else f"profiles.{found.name}"
            merged.add(found.keys, Origin("profile", str(found), key), found.reasons)
    given = [
        layers.Override.parse(override) if isinstance(override, str) else override
        for override in overrides
    ]
    problems += layers.override_merged(merged, [*layers.environment_overrides(environ), *given])
    return merged, problems


class Sections:
    """Checks the sections that belong to plugins, and collects what is wrong.

    Attributes:
        problems: what is wrong.
    """

    def __init__(self, plugins: PluginManager, data: Mapping[str, Any]) -> None:
        """Begin with nothing checked.

        Args:
            plugins: where types are found.
            data: the whole configuration.
        """
        self.problems: list[Problem] = []
        self._plugins = plugins
        self._data = data

    def resolve(
        self, section: str, kind: Kind, base: type[Model]
    ) -> tuple[Model | None, Registration | None]:
        """Return the checked section and whose it is, or nothing if it is absent or wrong."""
        data = self._data.get(section)
        if not isinstance(data, Mapping):
            return None, None  # absent is for the run's own model to judge
        return self._resolve(section, data, kind, base)

    def _resolve(
        self, section: str, data: Mapping[str, Any], kind: Kind, base: type[Model]
    ) -> tuple[Model | None, Registration | None]:
        where = f"{section}.type"
        known = ", ".join(self._plugins.names(kind)) or "none"
        if "type" not in data:
            self.problems.append(Problem(where, f"missing. Known {kind}s: {known}."))
            return None, None
        if not isinstance(data["type"], str):
            message = f"should be a string, got {shown(data['type'])}. Known {kind}s: {known}."
            self.problems.append(Problem(where, message))
            return None, None
        try:
            registration = self._plugins.find(kind, data["type"])
            model = registration.load_config_model() or base
        except PluginError as error:
            self.problems.append(Problem(where, str(error)))
            return None, None
        if not (isinstance(model, type) and issubclass(model, base)):
            message = (
                f"plugin {registration.plugin!r} is wrong: the config model of the {kind} "
                f"{registration.name!r} should be a subclass of {base.__name__}, got {model!r}."
            )
            self.problems.append(Problem(where, message))
            return None, None
        if wrapped.wraps_another(model, base, data):
            return self._resolve_around(
                section, data, kind, base, model=model, registration=registration
            )
        config, wrong = validate(model, data, prefix=tuple(section.split(".")))
        self.problems += wrong
        return config, registration

    def _resolve_around(
        self,
        section: str,
        data: Mapping[str, Any],
        kind: Kind,
        base: type[Model],
        *,
        model: type[Model],
        registration: Registration,
    ) -> tuple[Model | None, Registration | None]:
        """Resolve a section that names a model within it; see `editgauge.core.config.wrapped`."""
        if "." in section:
            message = f"a model within a model holds no other one; take out {wrapped.FIELD!r}."
            self.problems.append(Problem(f"{section}.{wrapped.FIELD}", message))
            return None, None
        outer, wrong = validate(
            model, dict(data) | {wrapped.FIELD: wrapped.STUB}, prefix=(section,)
        )
        self.problems += wrong
        inside, misplaced = wrapped.inner_data(base, data, section)
        self.problems += misplaced
        before = len(self.problems)
        inner, found = self._resolve(f"{section}.{wrapped.FIELD}", inside, kind, base)
        self.problems[before:] = wrapped.seen_from_outside(
            self.problems[before:], base, section, wrong
        )
        if outer is None or inner is None or found is None:
            return None, registration
        return wrapped.put_in(outer, inner, base), replace(registration, wraps=found.target)


def _configured_reporters(data: Mapping[str, Any]) -> Configured:
    """Return the reporters section as far as its shape is right; the run's model says the rest."""
    section = data.get("reporters")
    if not isinstance(section, Mapping):
        return {}
    return {
        name: options
        for name, options in section.items()
        if options is None or options is False or isinstance(options, Mapping)
    }
