"""What holds for every kind of event, the kinds of the future included."""

import dataclasses
import re
import types
import typing
from typing import Any

import pytest
from hypothesis import given

from editgauge.core.hooks import event_values, events
from editgauge.core.hooks.events import (
    EVENT_TYPES,
    BatchEvent,
    Event,
    Figures,
    RunEvent,
    SampleEvent,
    StageFinished,
    StepEvent,
    StepFinished,
    event_to_dict,
)
from tests.core.hooks.event_strategies import EVENTS, events_of

BASES: dict[type[Event], str] = {
    RunEvent: "run",
    BatchEvent: "batch",
    SampleEvent: "sample",
    StepEvent: "step",
}
ENVELOPE = {"seq", "time", "elapsed", "run_id", "worker"}
NAMED_TUPLES = [
    value
    for value in vars(event_values).values()
    if isinstance(value, type) and issubclass(value, tuple)
]

each_kind = pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.__name__)


def is_plain(hint: Any) -> bool:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is types.UnionType:
        return all(is_plain(argument) for argument in arguments)
    if typing.get_origin(hint) is tuple:
        return len(arguments) == 2 and arguments[1] is Ellipsis and is_plain(arguments[0])
    if hint in NAMED_TUPLES:
        return all(is_plain(inner) for inner in typing.get_type_hints(hint).values())
    return hint in (str, int, float, bool, types.NoneType)


def test_every_event_of_the_module_is_listed_by_its_name() -> None:
    defined = {
        name: value
        for name, value in vars(events).items()
        if isinstance(value, type)
        and issubclass(value, Event)
        and value is not Event
        and value not in BASES
    }
    assert defined == EVENT_TYPES


@each_kind
def test_is_frozen_slotted_and_keyword_only(kind: type[Event]) -> None:
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]
    assert parameters.frozen
    assert "__slots__" in vars(kind)
    assert not hasattr(StepFinished(sample="a", index=0, step=1, of=2), "__dict__")
    assert all(field.kw_only for field in dataclasses.fields(kind))


@each_kind
def test_has_the_scope_of_its_one_base(kind: type[Event]) -> None:
    assert [BASES[base] for base in kind.__bases__ if base in BASES] == [kind.scope]
    assert {field.name for field in dataclasses.fields(kind)} >= ENVELOPE


@each_kind
def test_holds_plain_values_only(kind: type[Event]) -> None:
    hints = {n: h for n, h in typing.get_type_hints(kind).items() if n != "scope"}
    assert [name for name, hint in hints.items() if not is_plain(hint)] == []


@each_kind
def test_docstring_names_every_field(kind: type[Event]) -> None:
    named = set(re.findall(r"`(\w+)`|^\s+(\w+): ", kind.__doc__ or "", re.MULTILINE))
    names = {name for pair in named for name in pair}
    assert {field.name for field in dataclasses.fields(kind)} - ENVELOPE - names == set()


@pytest.mark.parametrize("kind", NAMED_TUPLES, ids=lambda kind: kind.__name__)
def test_docstring_of_a_group_of_values_names_each(kind: Any) -> None:
    named = set(re.findall(r"`(\w+)`|^\s+(\w+): ", kind.__doc__ or "", re.MULTILINE))
    assert set(kind._fields) - {name for pair in named for name in pair} == set()


@each_kind
def test_default_values_are_of_the_annotated_type(kind: type[Event]) -> None:
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            allowed = typing.get_args(hints[field.name]) or (hints[field.name],)
            outer = typing.get_origin(hints[field.name])
            kinds = (tuple,) if outer is tuple else tuple(a for a in allowed if a is not Ellipsis)
            assert isinstance(field.default, kinds), field.name


@given(event=EVENTS)
def test_serialised_form_is_tagged_first_and_made_of_json_types(event: Event) -> None:
    data = event_to_dict(event)
    assert next(iter(data.items())) == ("kind", type(event).__name__)
    assert list(data)[1:] == [field.name for field in dataclasses.fields(event)]

    def check(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                check(inner)
        elif isinstance(value, list):
            for inner in value:
                check(inner)
        else:
            assert value is None or type(value) in (str, int, float, bool)

    check(data)


def test_named_tuples_become_objects() -> None:
    figures = Figures(samples=2, scored=1, mean=7.0, std=None, median=7.0, minimum=7.0, maximum=7.0)
    event = StageFinished(
        stage="score",
        samples=2,
        outcomes=(events.Count("ok", 1), events.Count("unparsed", 1)),
        seconds=1.5,
        figures=figures,
    )
    data = event_to_dict(event)
    assert data["outcomes"] == [{"name": "ok", "number": 1}, {"name": "unparsed", "number": 1}]
    assert data["figures"] == figures._asdict()


@given(event=events_of(StepFinished))
def test_events_cannot_be_changed(event: StepFinished) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.step = 3  # type: ignore[misc]
