import json
from pathlib import Path
from typing import Any

import pytest

import editgauge.config_schemas
from editgauge.config_schemas.base import ConfigModel
from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.schema import run_schema
from editgauge.core.config import config_models
from editgauge.core.hooks.plugin_manager import PluginManager

COMMITTED = Path(editgauge.config_schemas.__file__).parent / "run.schema.json"
RENEW = "editgauge config schema --built-in --output config_schemas/run.schema.json"


@pytest.fixture(scope="module")
def built_in() -> dict[str, Any]:
    plugins = PluginManager()
    plugins.load_entry_points()
    return run_schema(**config_models(plugins, built_in_only=True))


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [each for item in value.values() for each in references(item)]
    return [each for item in value for each in references(item)] if isinstance(value, list) else []


def test_the_committed_schema_is_current(built_in: dict[str, Any]) -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(built_in)), f"out of date; renew it with: {RENEW}"


def test_every_reference_leads_to_a_definition(built_in: dict[str, Any]) -> None:
    targets = {f"#/$defs/{name}" for name in built_in["$defs"]}
    assert set(references(built_in)) == targets


def test_unknown_keys_are_refused_at_the_top_and_among_reporters(built_in: dict[str, Any]) -> None:
    assert built_in["additionalProperties"] is False
    assert built_in["properties"]["reporters"]["additionalProperties"] is False
    assert set(built_in["required"]) == {"dataset", "edit"}


def test_a_section_is_one_of_its_models_by_type() -> None:
    class PaintConfig(EditModelConfig):
        steps: int = 3

    class BellConfig(ConfigModel):
        loud: bool = True

    schema = run_schema(
        datasets={"rows": DatasetConfig},
        edit_models={"wipe": EditModelConfig, "paint": PaintConfig},
        reward_models={"judge": RewardModelConfig},
        reporters={"bell": BellConfig},
    )
    properties = schema["properties"]
    assert properties["edit"]["oneOf"] == [
        {
            "$ref": "#/$defs/PaintConfig",
            "properties": {"type": {"const": "paint"}},
            "required": ["type"],
        },
        {
            "$ref": "#/$defs/EditModelConfig",
            "properties": {"type": {"const": "wipe"}},
            "required": ["type"],
        },
    ]
    assert properties["reward"]["oneOf"][-1] == {"type": "null"}
    assert list(properties["reporters"]["properties"]) == ["bell"]
    assert "steps" in schema["$defs"]["PaintConfig"]["properties"]
    in_profiles = properties["profiles"]["additionalProperties"]["propertyNames"]["enum"]
    assert "seed" in in_profiles
    assert "profiles" not in in_profiles
    assert "inherits" in in_profiles
    assert {"const": False} in properties["reporters"]["properties"]["bell"]["anyOf"]


def test_models_of_the_same_name_stay_apart() -> None:
    def make(default: int) -> type[EditModelConfig]:
        class SameConfig(EditModelConfig):
            steps: int = default

        SameConfig.__module__ = f"plugin_{default}"
        return SameConfig

    schema = run_schema(
        datasets={}, edit_models={"a": make(1), "b": make(2)}, reward_models={}, reporters={}
    )
    defaults = {
        branch["properties"]["type"]["const"]: schema["$defs"][branch["$ref"].split("/")[-1]][
            "properties"
        ]["steps"]["default"]
        for branch in schema["properties"]["edit"]["oneOf"]
    }
    assert defaults == {"a": 1, "b": 2}
