"""The config models of everything that plugins registered."""

from collections.abc import Callable

from pydantic import BaseModel

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.hooks.installed_plugins import BUILT_IN_PACKAGE
from editgauge.core.hooks.plugin_manager import Kind, PluginError, PluginManager, Registration

_SECTIONS: dict[str, tuple[Kind, type[BaseModel]]] = {
    "datasets": ("dataset", DatasetConfig),
    "edit_models": ("edit model", EditModelConfig),
    "reward_models": ("reward model", RewardModelConfig),
    "reporters": ("reporter", ReporterConfig),
}


def base_of(kind: Kind) -> type[BaseModel]:
    """Return what the config models of a kind inherit from; what registers none has this one.

    Raises:
        KeyError: it is a command, which has no configuration.
    """
    return dict(_SECTIONS.values())[kind]


def config_models(
    plugins: PluginManager,
    *,
    built_in_only: bool = False,
    on_problem: Callable[[str], None] | None = None,
) -> dict[str, dict[str, type[BaseModel]]]:
    """Return the arguments of `config_schemas.schema.run_schema`, by argument and name.

    Args:
        plugins: the plugins.
        built_in_only: leave out what does not come with editgauge itself.
        on_problem: is told why a config model is left out; None: it is an error.

    Raises:
        PluginError: a config model cannot be imported, or is none.
    """
    found: dict[str, dict[str, type[BaseModel]]] = {}
    for section, (kind, base) in _SECTIONS.items():
        found[section] = {}
        for registration in plugins.registrations(kind):
            package = plugins.plugins[registration.plugin].package
            if built_in_only and package != BUILT_IN_PACKAGE:
                continue
            try:
                found[section][registration.name] = _model_of(registration, base)
            except PluginError as error:
                if on_problem is None:
                    raise
                on_problem(str(error))
    return found


def _model_of(registration: Registration, base: type[BaseModel]) -> type[BaseModel]:
    """Return the config model of what is registered.

    Raises:
        PluginError: it cannot be imported, or cannot be described.
    """
    model = registration.load_config_model() or base
    problem: object = f"it is {model!r}"
    if isinstance(model, type) and issubclass(model, base):
        try:
            model.model_json_schema()
        except Exception as error:  # noqa: BLE001 - the types of a plugin's fields may be any
            problem = f"{type(error).__name__}: {error}"
        else:
            return model
    raise PluginError(
        f"plugin {registration.plugin!r} is wrong: the config model of the {registration.kind} "
        f"{registration.name!r} should be a {base.__name__} with a JSON Schema, but {problem}"
    )
