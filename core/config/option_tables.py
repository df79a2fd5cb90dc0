"""Tables of options for people, made from config models, and kept up to date in a page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a config model.

    Attributes:
        name: its key; of a nested one the whole path, with dots. `*` stands for a key that the user
            chooses, `[]` for each entry of a list.
        values: what it may be, in words.
        required: whether it must be given.
        default: what it is otherwise, as plain JSON data.
        meaning: what it does, in Markdown; may be empty.
        has_parts: whether options of its own follow it.
    """

    name: str
    values: str
    required: bool
    default: Any
    meaning: str
    has_parts: bool = False


def option_table(model: type[BaseModel]) -> str:
    """Return the options of a config model as a Markdown table, or a sentence if it has none."""
    rows = [
        f"| `{option.name}` | {_cell(option.values)} | "
        f"{'required' if option.required else _cell(f'`{shown_default(option.default)}`')} | "
        f"{_cell(option.meaning)} |"
        for option in options_of(model, nested=False)
    ]
    return "\n".join([*_HEAD, *rows]) + "\n" if rows else "It has no options.\n"


def options_of(model: type[BaseModel], *, nested: bool = True) -> list[Option]:
    """Return the options of a config model, in the order of its fields.

    Args:
        model: the config model.
        nested: whether the options of models within it follow the option that holds them.
    """
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    # A model that refers to itself is a reference at the top.
    schema = definitions[_name_of(schema["$ref"])] if "$ref" in schema else schema
    return list(_options(schema, definitions, prefix="", given=None, within=(), nested=nested))


def shown_default(default: Any) -> str:
    """Return a default as it would be written in a config; blank text in quotation marks."""
    is_blank = isinstance(default, str) and default.strip() != default
    return dump_json(default) if is_blank or default == "" else _plain(default)


def _options(
    schema: Mapping[str, Any],
    definitions: Mapping[str, Any],
    *,
    prefix: str,
    given: Any,
    within: tuple[str, ...],
    nested: bool,
) -> Iterator[Option]:
    """Yield the options of an object; `given` is the default of the option that holds it."""
    for name, about in schema.get("properties", {}).items():
        default = about.get("default")
        is_given = isinstance(given, Mapping) and name in given
        if is_given:
            default = given[name]
        parts = [] if not nested else list(_parts(about, definitions, within))
        yield Option(
            name=f"{prefix}{name}",
            values=_values(about, definitions),
            required=name in schema.get("required", []) and not is_given,
            default=default,
            meaning=about.get("description", ""),
            has_parts=bool(parts),
        )
        for path, reference in parts:
            yield from _options(
                definitions[reference],
                definitions,
                prefix=f"{prefix}{name}{path}.",
                given=None if path else default,
                within=(*within, reference),
                nested=nested,
            )


def _parts(
    about: Mapping[str, Any],
    definitions: Mapping[str, Any],
    within: tuple[str, ...],
    path: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield path and name of each object with options that a value may be or hold."""
    if "$ref" in about:
        name = _name_of(about["$ref"])
        if name not in within and definitions[name].get("properties"):
            yield path, name
    for branch in about.get("anyOf", about.get("oneOf", ())):
        yield from _parts(branch, definitions, within, path)
    if isinstance(about.get("items"), Mapping):
        yield from _parts(about["items"], definitions, within, f"{path}[]")
    if isinstance(about.get("additionalProperties"), Mapping):
        yield from _parts(about["additionalProperties"], definitions, within, f"{path}.*")


def _name_of(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


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
        about = definitions[_name_of(about["$ref"])]
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


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return value if isinstance(value, str) else dump_json(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
