"""The JSON Schema of a run's configuration, made from the pydantic models."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.run import RunConfig

Models = Mapping[str, type[BaseModel]]
"""Config models by registered name."""

_BASES: dict[str, type[BaseModel]] = {"edit": EditModelConfig, "reward": RewardModelConfig}
"""What a config model names if it holds any model of the section within it, as `faults` does."""


def run_schema(
    *, datasets: Models, edit_models: Models, reward_models: Models, reporters: Models
) -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for configurations that use any of these models.

    The sections `dataset`, `edit` and `reward` are one of the models by `type`; `reporters` has a
    property for each reporter. A profile is checked for its top-level keys only, since what it
    leaves out stands in the rest of the file.
    """
    by_section: dict[str, Models] = {
        "dataset": datasets,
        "edit": edit_models,
        "reward": reward_models,
    }
    every = {model for models in (*by_section.values(), reporters) for model in models.values()}
    # Sorted, because the order decides how models with the same name are told apart.
    ordered: list[type[BaseModel]] = [
        RunConfig,
        *sorted(every, key=lambda model: (model.__module__, model.__qualname__)),
    ]
    references, definitions = models_json_schema(
        [(model, "validation") for model in ordered],
        ref_template="#/$defs/{model}",
    )
    defs = definitions["$defs"]
    schema = defs.pop(references[RunConfig, "validation"]["$ref"].rsplit("/", 1)[-1])
    properties = schema["properties"]
    for section, models in by_section.items():
        branches = [
            {
                "$ref": references[models[name], "validation"]["$ref"],
                "properties": {"type": {"const": name}},
                "required": ["type"],
            }
            for name in sorted(models)
        ]
        if section in _BASES:
            _open_to_any(defs, _BASES[section], branches[:])
        if section == "reward":
            branches.append({"type": "null"})
        described = {"description": properties[section]["description"], "oneOf": branches}
        properties[section] = described | ({"default": None} if section == "reward" else {})
    properties["reporters"] = {
        "description": properties["reporters"]["description"],
        "type": "object",
        "default": {},
        "additionalProperties": False,
        "properties": {
            name: {
                "anyOf": [
                    {"$ref": references[reporters[name], "validation"]["$ref"]},
                    {"type": "null"},
                    {"const": False},
                ]
            }
            for name in sorted(reporters)
        },
    }
    in_profiles = sorted(key for key in properties if key != "profiles")
    properties["profiles"]["additionalProperties"] = {
        "type": "object",
        "properties": {"inherits": {"type": "string"}},
        "propertyNames": {"enum": ["inherits", *in_profiles]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "editgauge run",
        **{key: value for key, value in schema.items() if key != "title"},
        "$defs": dict(sorted(defs.items())),
    }


def _open_to_any(
    defs: dict[str, Any], base: type[BaseModel], branches: list[dict[str, Any]]
) -> None:
    """Let a model within a model be any registered one, and not only what they all share."""
    own = f"#/$defs/{base.__name__}"
    any_model = base.__name__.removesuffix("Config")
    for definition in list(defs.values()):
        for choice in definition.get("properties", {}).get("of", {}).get("anyOf", []):
            if choice.get("$ref") == own:
                choice["$ref"] = f"#/$defs/{any_model}"
                defs[any_model] = {"description": f"Any registered {any_model}.", "oneOf": branches}
    if all(branch["$ref"] != own for branch in branches):
        defs.pop(base.__name__, None)
