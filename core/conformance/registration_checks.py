"""Checks of what every part of a plugin has: hooks, a registration and a configuration."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.conformance.checks import Checks, NotTriedError, Said
from editgauge.core.conformance.fresh_start import FreshStart
from editgauge.core.conformance.hook_checks import hook_problems
from editgauge.core.conformance.parts import Part

UNKNOWN_KEY = "conformance_unknown_key"
_BASES = (DatasetConfig, EditModelConfig, RewardModelConfig, ReporterConfig)
_WRONG: dict[type, Any] = {int: "8", float: "0.5", bool: "yes", str: 8}
"""What YAML might hold by mistake for a value of each type."""


class HasPart(Protocol):
    """What these checks need."""

    @property
    def part(self) -> Part:
        """What is checked."""
        ...


FIRST: Checks[HasPart] = Checks()


@FIRST.add(
    "hooks",
    "hooks are named, marked and typed as they are called",
    tries="Compares every function of the plugin with the hooks: name, `hookimpl`, argument, the "
    "annotated type of the event, and the kinds of events that it tests for.",
    mend="name the function like the hook, mark it with @editgauge.hookimpl, and let it take the "
    "event of its scope",
)
def _hooks(trial: HasPart) -> Iterator[str]:
    yield from hook_problems(trial.part.plugin)


@FIRST.add(
    "light-parent",
    "heavy packages are imported in the worker only",
    tries="Imports and registers the plugin in a fresh interpreter, loads its config models, and "
    "looks for torch, diffusers, transformers, numpy and others of their weight.",
    mend="import such packages in the module of the target, and register the target as text; "
    "or import them inside of the function that needs them",
)
def _light(trial: HasPart) -> Iterator[str]:
    start = _fresh_start(trial)
    if start.error:
        yield f"the plugin cannot be imported in a fresh interpreter: {start.error}"
    elif start.heavy:
        yield (
            f"importing and registering the plugin imports {', '.join(start.heavy)}, so every "
            "command waits for it"
        )


@FIRST.add(
    "quiet-import",
    "nothing is printed while the plugin is imported",
    tries="Watches stdout while the plugin is imported and registered in a fresh interpreter.",
    mend="use logging, or print to sys.stderr: stdout carries what a program asked for, such as "
    "the JSON of `--json`",
)
def _quiet_import(trial: HasPart) -> Iterator[str]:
    start = _fresh_start(trial)
    if start.error:
        raise NotTriedError("the plugin cannot be imported")
    if start.printed:
        yield f"prints while it is imported: {start.printed[:80]!r}"


@FIRST.add(
    "unknown-keys",
    "a misspelt key is refused",
    tries=f"Adds the key `{UNKNOWN_KEY}` to the configuration, which has to be refused.",
    mend="derive the config model from editgauge's base, and leave `extra` of its `model_config` "
    "alone",
)
def _unknown_keys(trial: HasPart) -> Iterator[str]:
    model = type(trial.part.config)
    if _accepts(model, _given(trial.part) | {UNKNOWN_KEY: 1}):
        yield f"{model.__name__} accepts the unknown key {UNKNOWN_KEY!r} without a word"


@FIRST.add(
    "wrong-types",
    "a value of a wrong type is refused before anything is loaded",
    tries="Gives each of its own keys of type int, float, bool or str a value of another type.",
    mend="annotate the key with the type that it has, and leave `strict` of `model_config` alone",
)
def _wrong_types(trial: HasPart) -> Iterator[str]:
    model = type(trial.part.config)
    for name, field in _own_fields(model).items():
        if field.annotation in _WRONG:
            wrong = _WRONG[field.annotation]
            if _accepts(model, _given(trial.part) | {name: wrong}):
                yield (
                    f"{model.__name__}.{name} is {field.annotation.__name__} and accepts {wrong!r}"
                )


@FIRST.add(
    "documented-keys",
    "every key says what it means",
    tries="Looks for the description of each of its own keys.",
    mend='write a docstring below the key: """What it means, with its unit."""',
)
def _documented(trial: HasPart) -> Iterator[str]:
    model = type(trial.part.config)
    for name, field in _own_fields(model).items():
        if not (field.description or "").strip():
            yield f"{model.__name__}.{name} has no docstring below it"


@FIRST.add(
    "summary",
    "the registration says in a line what it is",
    tries="Looks at `summary` of the registration. What is missing is advice, and no fault.",
    mend='give `register(..., summary="...")` one line without a full stop',
)
def _summary(trial: HasPart) -> Iterator[str]:
    summary = trial.part.registration.summary
    if not summary.strip():
        missing = "the registration has no `summary`, so `editgauge plugins` cannot say what it is"
        yield Said(missing, is_advice=True)
    elif "\n" in summary:
        yield Said("`summary` has several lines", is_advice=True)


def _fresh_start(trial: HasPart) -> FreshStart:
    if getattr(trial.part.plugin, "__name__", "") == "__main__":
        raise NotTriedError("the plugin is the program itself")
    return trial.part.fresh_start


def _given(part: Part) -> dict[str, Any]:
    given = copy.deepcopy(dict(part.given))
    if part.kind == "reporter":
        given.pop("type", None)
    return given


def _accepts(model: type[BaseModel], data: dict[str, Any]) -> bool:
    try:
        model.model_validate_json(json.dumps(data, default=str))
    except ValidationError:
        return False
    return True


def _own_fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the keys that are not those of editgauge's base."""
    bases = [base for base in _BASES if issubclass(model, base)]
    inherited = set(bases[0].model_fields) if bases else set()
    return {
        name: field
        for name, field in model.model_fields.items()
        if name not in inherited and name != "type"
    }
