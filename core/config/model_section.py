"""One model's section of a configuration, checked without the rest: for a model without a run."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.run import RunConfig
from editgauge.core.config import layers
from editgauge.core.config.problems import ConfigError, Problem, with_origins
from editgauge.core.config.pydantic_problems import validate
from editgauge.core.config.reporter_choice import ChosenReporter, ReporterChoice, choose_reporters
from editgauge.core.config.resolve import Sections, merge_layers
from editgauge.core.config.revealed import secrets_in
from editgauge.core.hooks.plugin_manager import Kind, PluginManager, Registration
from editgauge.core.surroundings import Surroundings

ModelSection = Literal["edit", "reward"]

_KINDS: dict[ModelSection, tuple[Kind, type[EditModelConfig | RewardModelConfig]]] = {
    "edit": ("edit model", EditModelConfig),
    "reward": ("reward model", RewardModelConfig),
}
_KEYS_OF_THE_RUN = ("seed", "drain_timeout", "max_lost_workers")
"""What a model without a run takes from the rest of a run's configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A section that was checked against its plugin's model.

    Attributes:
        source: what people know the configuration by.
        section: the section.
        model: instance of the registered config model.
        registration: what registered it.
        run: the keys of a run that hold for the model alone, too; its sections mean nothing.
        reporters: exactly the reporters that take part.
    """

    source: str
    section: ModelSection
    model: EditModelConfig | RewardModelConfig
    registration: Registration
    run: RunConfig
    reporters: tuple[ChosenReporter, ...]

    def secrets(self) -> tuple[str, ...]:
        """Return every secret of the model and of the reporters."""
        sections = [self.model, *(chosen.config for chosen in self.reporters)]
        return tuple(secret for section in sections for secret in secrets_in(section))


def load_model_section(
    source: Path | str | Mapping[str, Any],
    section: ModelSection,
    *,
    plugins: PluginManager,
    reporters: Sequence[ReporterChoice],
    surroundings: Surroundings,
    profile: str | None = None,
    overrides: Sequence[str | layers.Override] = (),
    environ: Mapping[str, str] | None = None,
) -> ResolvedModel:
    """Read and check one model's section; the other sections of a run are not looked at.

    Args:
        source: path of a run's YAML file, a run's configuration, or the section itself.
        section: which one.
        plugins: where types and reporters are found.
        reporters: exactly these take part.
        surroundings: what is known of stderr.
        profile: name of a profile, before `EDITGAUGE_PROFILE`.
        overrides: `KEY=VALUE` each, with keys of a run (`edit.steps=8`).
        environ: the environment; default `os.environ`.

    Raises:
        ConfigError: with every problem that was found.
    """
    environ = os.environ if environ is None else environ
    if isinstance(source, Mapping):
        name, data = "configuration", layers.plain_copy(source)
        if "type" in data or section not in data:
            data = {section: data}
    else:
        name, data = str(source), layers.read_file(Path(source))
    profile = profile or environ.get(layers.PROFILE_VARIABLE) or None
    merged, problems = merge_layers(name, data, profile, overrides, environ)
    data, origins = merged.data, merged.set_by
    of_run = {key: data[key] for key in _KEYS_OF_THE_RUN if key in data}
    run, wrong = validate(RunConfig, {"dataset": {}, "edit": {}, **of_run})
    kind, base = _KINDS[section]
    if data.get(section) is None:
        wrong.append(Problem(section, f"missing: there is no {kind} to open."))
    elif not isinstance(data[section], Mapping):
        wrong.append(Problem(section, f"should be a mapping with the key 'type' of the {kind}."))
    sections = Sections(plugins, data)
    model, registration = sections.resolve(section, kind, base)
    chosen, wrong_reporters = choose_reporters(
        plugins=plugins,
        configured={},
        progress="none",
        choices=reporters,
        surroundings=surroundings,
    )
    problems += with_origins([*wrong, *sections.problems, *wrong_reporters], origins)
    if problems:
        raise ConfigError(name, problems)
    if run is None or model is None or registration is None:
        raise AssertionError("a section that is missing was not reported")
    return ResolvedModel(
        source=name,
        section=section,
        model=model,
        registration=registration,
        run=run,
        reporters=chosen,
    )
