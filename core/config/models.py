"""The config models of everything that plugins registered."""

from pydantic import BaseModel

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.hooks.plugin_manager import Kind, PluginManager

_SECTIONS: dict[str, tuple[Kind, type[BaseModel]]] = {
    "datasets": ("dataset", DatasetConfig),
    "edit_models": ("edit model", EditModelConfig),
    "reward_models": ("reward model", RewardModelConfig),
    "reporters": ("reporter", ReporterConfig),
}


BUILT_IN_PACKAGE = "editgauge"


def base_of(kind: Kind) -> type[BaseModel]:
    """Return what the config models of a kind inherit from; what registers none has this one.

    Raises:
        KeyError: it is a command, which has no configuration.
    """
    return dict(_SECTIONS.values())[kind]


def config_models(
    plugins: PluginManager, *, built_in_only: bool = False
) -> dict[str, dict[str, type[BaseModel]]]:
    """Return the arguments of `config_schemas.schema.run_schema`, by argument and name.

    Args:
        plugins: the plugins.
        built_in_only: leave out what does not come with editgauge itself.

    Raises:
        PluginError: a config model cannot be imported.
    """
    return {
        section: {
            registration.name: registration.load_config_model() or base
            for registration in plugins.registrations(kind)
            if not built_in_only or plugins.plugins[registration.plugin].package == BUILT_IN_PACKAGE
        }
        for section, (kind, base) in _SECTIONS.items()
    }
