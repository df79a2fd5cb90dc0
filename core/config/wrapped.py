"""A model within a model: the field of a registered model's config that holds another one's.

A config model wraps another model if it has a field `of` whose type is the base that they share
(`EditModelConfig` or `RewardModelConfig`). The user writes `of: {type: NAME, ...}` there, with the
keys of the model of that name. The keys that every model has (where it runs, how it is judged)
stand beside `of`, once, and hold for both; their defaults are those of the model inside.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel

from editgauge.core.config.problems import Problem

Model = TypeVar("Model", bound=BaseModel)

FIELD = "of"
"""Name of the field."""
STUB = {"type": "resolved"}
"""Takes the place of the model inside while the outer one is checked."""


def wraps_another(model: type[BaseModel], base: type[BaseModel], data: Mapping[str, Any]) -> bool:
    """Return whether a section names a model within it, as far as its shape is right."""
    field = model.model_fields.get(FIELD)
    return (
        field is not None
        and base in _parts(field.annotation)
        and isinstance(data.get(FIELD), Mapping)
    )


def inner_data(
    base: type[BaseModel], data: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the data of the model inside, and what is wrong with what was written there.

    Args:
        base: the base of both models, whose keys stand beside `of`.
        data: the section around it.
        where: path of the section, for messages.
    """
    shared = _shared(base)
    written = data[FIELD]
    problems = [
        Problem(f"{where}.{FIELD}.{key}", f"belongs beside {FIELD!r}, as {where}.{key}.")
        for key in written
        if key in shared
    ]
    beside = {key: data[key] for key in shared if key in data}
    return {key: value for key, value in written.items() if key not in shared} | beside, problems


def put_in(outer: Model, inner: BaseModel, base: type[BaseModel]) -> Model:
    """Return the outer config with the inner one in its place, and what they share as in it."""
    shared = {key: getattr(inner, key) for key in _shared(base)}
    return outer.model_copy(update=shared | {FIELD: inner})


def seen_from_outside(
    problems: list[Problem], base: type[BaseModel], where: str, known: list[Problem]
) -> list[Problem]:
    """Return the problems of the model inside, each where the user can mend it, and none twice."""
    inside = f"{where}.{FIELD}."
    shared = _shared(base)
    moved = [
        Problem(f"{where}.{problem.path.removeprefix(inside)}", problem.message)
        if problem.path.removeprefix(inside).split(".")[0] in shared
        else problem
        for problem in problems
    ]
    told = {problem.path for problem in known}
    return [problem for problem in moved if problem.path not in told]


def _parts(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation, without what is said about them."""
    arguments = get_args(annotation)
    return [annotation, *(part for argument in arguments for part in _parts(argument))]


def _shared(base: type[BaseModel]) -> list[str]:
    return [name for name in base.model_fields if name != "type"]
