"""Writes plain data as YAML that `load_yaml` reads back, with a comment behind each value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from editgauge.core.text import clean, dump_json
from editgauge.core.yaml_loading import YamlError, load_yaml

_WIDEST = 60
"""Columns after which comments are no longer put under each other."""
_ESCAPE = re.compile(r"\\(?:u(?P<high>d[89ab]..)\\u(?P<low>d[c-f]..)|.)")
_PLAIN = re.compile(r"[A-Za-z_./~][A-Za-z0-9_./~+-]*")


def yaml_lines(data: Mapping[str, Any], comments: Mapping[str, str]) -> list[str]:
    """Return the lines of a mapping: mappings below each other, lists in one line.

    Args:
        data: plain JSON data.
        comments: by dotted path, what stands behind the key.
    """
    rows = list(_rows(data, (), comments))
    widest = max((len(text) for text, comment in rows if comment), default=0)
    column = min(widest, _WIDEST)
    return [f"{text:<{column}}  # {clean(comment)}" if comment else text for text, comment in rows]


def _rows(
    data: Mapping[str, Any], path: tuple[str, ...], comments: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    indent = "  " * len(path)
    for key, value in data.items():
        here = (*path, key)
        comment = comments.get(".".join(here), "")
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_flow(key)}:", comment
            yield from _rows(value, here, comments)
        else:
            yield f"{indent}{_flow(key)}: {_flow(value)}", comment


def _flow(value: Any) -> str:
    """Return a value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _needs_no_quotes(value):
        return value
    # YAML takes JSON's text as it is, apart from characters that are escaped as two halves.
    return _ESCAPE.sub(_whole_character, dump_json(value))


def _whole_character(match: re.Match[str]) -> str:
    if match["high"] is None:
        return match[0]
    code = (int(match["high"], 16) - 0xD800 << 10) + int(match["low"], 16) - 0xDC00 + 0x10000
    return f"\\U{code:08x}"


def _needs_no_quotes(text: str) -> bool:
    if not _PLAIN.fullmatch(text):
        return False
    try:
        return bool(load_yaml(text, source="a value") == text)
    except YamlError:
        return False
