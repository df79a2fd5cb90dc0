"""Hypothesis strategies that build every kind of event from its type annotations."""

import types
import typing
from typing import Any

from hypothesis import strategies as st

from editgauge.core.hooks.events import EVENT_TYPES, Event

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
"""Any text, control characters and lone surrogates included."""


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a field of an event may have."""
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is types.UnionType:
        return st.one_of([values_of(argument) for argument in arguments])
    if typing.get_origin(hint) is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if issubclass(hint, tuple):
        return st.builds(hint, **{n: values_of(h) for n, h in typing.get_type_hints(hint).items()})
    plain: dict[type, st.SearchStrategy[Any]] = {
        str: TEXTS,
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        types.NoneType: st.none(),
    }
    return plain[hint]


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for events of one kind."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{n: values_of(h) for n, h in hints.items() if n != "scope"})


EVENTS = st.one_of([events_of(kind) for kind in EVENT_TYPES.values()])
