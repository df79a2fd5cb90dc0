"""Registers the edit model and the reward model `faults`."""

from editgauge import hookimpl
from editgauge.core.hooks.hookspecs import Register

_SUMMARY = "goes wrong on purpose, to rehearse a night"


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "faults",
        config="editgauge.config_schemas.faults:FaultyEditConfig",
        target="editgauge.plugins.faults.models:FaultyEditModel",
        summary=_SUMMARY,
    )


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the judge by name, so that nothing of it is imported here."""
    register(
        "faults",
        config="editgauge.config_schemas.faults:FaultyRewardConfig",
        target="editgauge.plugins.faults.models:FaultyRewardModel",
        summary=_SUMMARY,
    )
