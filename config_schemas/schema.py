"""The JSON Schema of a run's configuration, made from the pydantic models."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from editgauge.config_schemas.run import RunConfig

Models = Mapping[str, type[BaseModel]]
"""Config models by registered name."""


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
                ]
            }
            for name in sorted(reporters)
        },
    }
    in_profiles = sorted(key for key in properties if key != "profiles")
    properties["profiles"]["additionalProperties"] = {
        "type": "object",
        "propertyNames": {"enum": in_profiles},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "editgauge run",
        **{key: value for key, value in schema.items() if key != "title"},
        "$defs": dict(sorted(defs.items())),
    }
