"""Tables of options for people, made from config models, and kept up to date in a page."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from editgauge.core.config.problems import ConfigError, Problem
from editgauge.core.text import did_you_mean, dump_json

BEGIN = "<!-- options of {name}: `editgauge config options --renew FILE` writes them -->"
"""The line in front of a table in a page, with the reporter's name."""
END = "<!-- end of options -->"
"""The line behind it."""

_HEAD = ["| option | values | default | meaning |", "|---|---|---|---|"]
_MARKED = re.compile(
    re.escape(BEGIN).replace(re.escape("{name}"), r"(?P<name>\S+)")
    + r"\n(?P<table>.*?)"
    + re.escape(END),
    re.DOTALL,
)
_KINDS = {"string": "text", "integer": "integer", "number": "number", "object": "mapping"}


def option_table(model: type[BaseModel]) -> str:
    """Return the options of a config model as a Markdown table, or a sentence if it has none."""
    schema = model.model_json_schema()
    properties = schema.get("properties", {})
    if not properties:
        return "It has no options.\n"
    required = schema.get("required", [])
    definitions = schema.get("$defs", {})
    rows = [
        f"| `{name}` | {_cell(_values(about, definitions))} | "
        f"{'required' if name in required else _cell(_default(about))} | "
        f"{_cell(about.get('description', ''))} |"
        for name, about in properties.items()
    ]
    return "\n".join([*_HEAD, *rows]) + "\n"


def renewed(page: str, models: Mapping[str, type[BaseModel]], *, source: str) -> str:
    """Return a page with every marked table made anew.

    Args:
        page: its text.
        models: the models by name.
        source: what people know the page by.

    Raises:
        ConfigError: a marker names a model that there is not.
    """

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in models:
            message = f"no reporter is called {name!r}.{did_you_mean(name, models)}"
            raise ConfigError(source, [Problem("<!-- options of", message)])
        return f"{BEGIN.format(name=name)}\n{option_table(models[name])}{END}"

    return _MARKED.sub(table, page)


def marked_names(page: str) -> list[str]:
    """Return the names of the tables that a page has, in order."""
    return [match["name"] for match in _MARKED.finditer(page)]


def _values(about: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return what an option may be, in words; null is left to the default."""
    branches = about.get("anyOf", about.get("oneOf", [about]))
    return " or ".join(
        dict.fromkeys(text for branch in branches for text in _branch(branch, definitions))
    )


def _branch(about: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in about:
        about = definitions[about["$ref"].rsplit("/", 1)[-1]]
    kind = about.get("type")
    if kind == "null":
        return
    if "anyOf" in about:
        yield _values(about, definitions)
    elif "enum" in about:
        yield ", ".join(f"`{_plain(value)}`" for value in about["enum"])
    elif "const" in about:
        yield f"`{_plain(about['const'])}`"
    elif kind == "boolean":
        yield "`true`, `false`"
    elif kind == "array":
        yield f"list of {_values(about.get('items', {}), definitions) or 'values'}"
    else:
        yield _KINDS.get(str(kind), "any value") + _range(about)


def _range(about: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
    }
    return "".join(f" {word} {about[key]:,}" for key, word in words.items() if key in about)


def _default(about: Mapping[str, Any]) -> str:
    return f"`{_plain(about.get('default'))}`"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return value if isinstance(value, str) else dump_json(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
