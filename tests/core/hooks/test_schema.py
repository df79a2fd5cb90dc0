"""The JSON Schema of events, and its committed copy."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

import editgauge.config_schemas
from editgauge.core.hooks.events import EVENT_TYPES, Event, event_to_dict
from editgauge.core.hooks.recording import event_from_dict, header_line
from editgauge.core.hooks.schema import events_schema
from tests.core.hooks.event_strategies import EVENTS

COMMITTED = Path(editgauge.config_schemas.__file__).parent / "events.schema.json"
RENEW = "editgauge events schema --output config_schemas/events.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(events_schema())


def test_the_committed_schema_is_current() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(events_schema())), f"renew it with: {RENEW}"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(events_schema())


def test_a_header_is_a_line() -> None:
    VALIDATOR.validate(json.loads(header_line()))


@given(event=EVENTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_event_that_is_written_is_what_the_schema_says(event: Event) -> None:
    VALIDATOR.validate(event_to_dict(event))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_field_is_there_and_described(kind: str) -> None:
    definition = events_schema()["$defs"][kind]
    names = [field.name for field in dataclasses.fields(EVENT_TYPES[kind])]
    assert list(definition["properties"]) == ["kind", *names]
    assert definition["description"]


WRONG: list[dict[str, Any]] = [
    {"kind": "WorkerReady", "stage": "edit"},
    {"kind": "WorkerReady", "stage": None, "seconds": 3},
    {"kind": "WorkerReady", "stage": "edit", "seconds": "3"},
    {"kind": "WorkerLost", "stage": "edit", "reason": "", "samples": "ab"},
    {"kind": "WorkerLost", "stage": "edit", "reason": "", "will_restart": 1},
    {"kind": "StageFinished", "stage": "e", "samples": 1, "outcomes": [["a", 1]], "seconds": 1},
]


@pytest.mark.parametrize("line", WRONG, ids=str)
def test_the_schema_refuses_what_a_reader_refuses(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)
    with pytest.raises(ValueError, match="not a valid"):
        event_from_dict(line)


@pytest.mark.parametrize("line", [{}, {"step": 1}, {"kind": "ImageDreamt"}], ids=str)
def test_what_is_no_event_of_this_version_is_not_valid(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)


def test_fields_of_later_versions_are_valid() -> None:
    VALIDATOR.validate({"kind": "WorkerReady", "stage": "edit", "seconds": 3, "colour": [1]})
