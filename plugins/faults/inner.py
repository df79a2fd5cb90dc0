"""The model that goes wrong: the one that the configuration names, or a light one.

Standard library only, Python 3.10: imported in workers of any environment.
"""

from typing import Any, TypeVar

from editgauge.core.models import Config, EditModel, RewardModel
from editgauge.core.workers.contract import import_model

Model = TypeVar("Model", EditModel, RewardModel)

_OF_THE_FAULTS = frozenset(
    ("type", "faults", "chance_seed", "of", "of_target", "steps", "step_seconds", "seconds")
)


def inner_model(config: Config, base: Any, light: type[Model]) -> type[Model]:
    """Return the class of the model inside.

    Args:
        config: the outer model's; `of_target` names the class.
        base: what it has to be.
        light: the class where none is named.

    Raises:
        ImportError, AttributeError: it cannot be imported.
        TypeError: it is no model of this kind.
    """
    target = vars(config).get("of_target")
    if target is None:
        return light
    found: type[Model] = import_model(target, "edit" if base is EditModel else "score")
    return found


def inner_config(config: Config) -> Config:
    """Return what the model inside would get if it stood alone."""
    of = vars(config).get("of")
    if of is None:
        return config
    beside = {name: value for name, value in vars(config).items() if name not in _OF_THE_FAULTS}
    return Config(**(beside | vars(of)))
