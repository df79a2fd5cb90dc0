"""Validates a section, and says pydantic's errors in the words of someone who writes YAML."""

import json
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import BaseModel, SecretBytes, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from editgauge.core.config.problems import Path, Problem, dotted, shown
from editgauge.core.text import did_you_mean

Model = TypeVar("Model", bound=BaseModel)

# Error types that say "another kind of thing", in YAML's words instead of JSON's or Python's.
_KINDS = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
    "path_type": "a path",
    "none_required": "null",
    "finite_number": "a finite number",
}
_LEAST_SECRET = 4
"""Shorter texts would be found in every sentence."""
# pydantic's message names the size that came.
_SAYS_WHAT_CAME = ("too_short", "too_long")


def validate(
    model: type[Model], data: Mapping[str, Any], *, prefix: Path = ()
) -> tuple[Model | None, list[Problem]]:
    """Return the validated model, or None and what is wrong.

    Args:
        model: the pydantic model.
        data: plain JSON data. It is read as JSON, so that strict models accept lists for tuples
            and text for paths, but neither `true` nor `"8"` for an integer.
        prefix: where the data stands in the configuration.
    """
    try:
        config = model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        problems = list(_problems(error, model, data, prefix))
    except Exception as error:  # noqa: BLE001 - a plugin's validator may raise anything
        reason = f"the plugin's check failed: {type(error).__name__}: {error}"
        problems = [Problem(dotted(prefix), reason)]
    else:
        problems = list(_wrong_defaults(config, prefix))
        return (None if problems else config), problems
    # What a plugin's validator says may quote what it was given.
    secrets = sorted(_secrets(model, data, ()), key=len, reverse=True)
    return None, [replace(one, message=_without(secrets, one.message)) for one in problems]


def _wrong_defaults(config: BaseModel, prefix: Path) -> Iterator[Problem]:
    """Yield what is wrong with defaults that took effect, which pydantic takes as they are.

    Not by `validate_default`: data is read as JSON, in which a default that is a path or a tuple
    is an error. Factories are left alone, and so are a class's own functions that check: they may
    not know what the default means.
    """
    model = type(config)
    for name, field in model.model_fields.items():
        place = (*prefix, field.alias or name)
        checked = model.model_config.get("validate_default") or field.validate_default
        is_default = name not in config.model_fields_set and field.default_factory is None
        if is_default and not field.is_required() and not checked:
            try:
                _adapter(model, name).validate_python(field.default, strict=True)
            except ValidationError as error:
                found = [
                    _Found(details["loc"], frozenset(), details["type"], details)
                    for details in error.errors(include_url=False)
                ]
                said = "; ".join(_single(one, _Place.find(model, (name,))) for one in found)
                message = (
                    f"the default of this key is wrong: it {said} The mistake is in the config "
                    f"model {model.__module__}:{model.__qualname__}, not in this configuration; "
                    "until it is mended, give a value here."
                )
                yield Problem(dotted(place), message)
            except Exception:  # noqa: BLE001, S112 - a type of a plugin that has no check alone
                continue
        else:
            for inner, path in _models_in(getattr(config, name, None), place):
                yield from _wrong_defaults(inner, path)


@lru_cache(maxsize=1024)
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for constraint in field.metadata:
        if isinstance(constraint, BaseMetadata | GroupedMetadata):
            annotation = Annotated[annotation, constraint]
    return TypeAdapter(annotation)


def _models_in(value: Any, path: Path) -> Iterator[tuple[BaseModel, Path]]:
    if isinstance(value, BaseModel):
        yield value, path
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _models_in(each, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _models_in(each, (*path, position))


def _secrets(model: type[BaseModel], data: Any, path: Path) -> Iterator[str]:
    """Yield every text in the data that is of a secret field."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _secrets(model, value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from _secrets(model, value, (*path, position))
    elif isinstance(data, str) and len(data) >= _LEAST_SECRET and _Place.find(model, path).secret:
        yield data


def _without(secrets: list[str], text: str) -> str:
    for secret in secrets:
        for spelling in (secret, repr(secret)[1:-1]):
            text = text.replace(spelling, "***")
    return text


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys that a user may write, in the order of the model."""
    return [field.alias or name for name, field in model.model_fields.items()]


@dataclass(frozen=True, slots=True)
class _Found:
    """An error at its place in the data.

    `unions` are the depths at which pydantic's location names a branch of a union.
    """

    path: Path
    unions: frozenset[int]
    kind: str
    details: Any


def _problems(
    error: ValidationError, model: type[BaseModel], data: Any, prefix: Path
) -> Iterator[Problem]:
    found = [
        _Found(*_locate(details["loc"], data, details["type"]), details["type"], details)
        for details in error.errors(include_url=False)
    ]
    groups: dict[Path, list[_Found]] = {}
    for one in found:
        if not _other_branch_fits_better(one, found):
            groups.setdefault(one.path, []).append(one)
    for path, group in groups.items():
        yield Problem(dotted((*prefix, *path)), _message(group, _Place.find(model, path)))


def _locate(loc: Path, data: Any, kind: str) -> tuple[Path, frozenset[int]]:
    """Return where in the data an error is: its location without the names of union branches."""
    path: list[str | int] = []
    unions: set[int] = set()
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if _has(data, part):
            data = data[part]
        elif not (last and kind == "missing"):
            unions.add(len(path))
            continue
        path.append(part)
    return tuple(path), frozenset(unions)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _other_branch_fits_better(one: _Found, found: Iterable[_Found]) -> bool:
    """Whether another branch of the same union got further into the data."""
    depth = len(one.path)
    return depth in one.unions and any(
        depth in other.unions and len(other.path) > depth and other.path[:depth] == one.path
        for other in found
    )


def _message(group: list[_Found], place: "_Place") -> str:
    kinds = [one for one in group if one.kind in _KINDS or one.kind == "literal_error"]
    others = [one for one in group if one not in kinds]
    if others:
        # A branch that accepts this kind of value knows best what is wrong with it.
        return "; ".join(dict.fromkeys(_single(one, place) for one in others))
    expected = " or ".join(dict.fromkeys(_expected(one) for one in kinds))
    value = kinds[0].details["input"]
    message = f"should be {expected}, got {place.shown(value)}."
    if isinstance(value, str):
        message += did_you_mean(value, [word for one in kinds for word in _literals(one)])
    return message + place.explanation


def _single(one: _Found, place: "_Place") -> str:
    details = one.details
    if one.kind == "extra_forbidden":
        key, known = str(one.path[-1]), place.siblings
        return f"unknown key.{did_you_mean(key, known)} Known: {', '.join(known) or 'none'}."
    if one.kind == "missing":
        return f"missing.{place.explanation}"
    if one.kind in ("value_error", "assertion_error"):
        return str(details["ctx"]["error"]) + "."
    text = str(details["msg"])
    if text.startswith("Input should be "):
        text = text.removeprefix("Input ")
    else:
        text = text[:1].lower() + text[1:]
    if one.kind not in _SAYS_WHAT_CAME:
        text += f", got {place.shown(details['input'])}"
    return f"{text}.{place.explanation}"


def _expected(one: _Found) -> str:
    expected = _KINDS.get(one.kind) or str(one.details["ctx"]["expected"])
    return {"True": "true", "False": "false"}.get(expected, expected)


def _literals(one: _Found) -> list[str]:
    # Other kinds have a context, too: that of `model_type` names a class.
    expected = one.details["ctx"]["expected"] if one.kind == "literal_error" else ""
    return re.findall(r"'([^']*)'", expected)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the models say about one place in the data."""

    siblings: list[str]
    field: FieldInfo | None
    secret: bool

    @classmethod
    def find(cls, model: type[BaseModel], path: Path) -> "_Place":
        annotations: list[Any] = [model]
        field: FieldInfo | None = None
        siblings: list[str] = []
        for part in path:
            branches = [branch for each in annotations for branch in _branches(each)]
            models = [branch for branch in branches if _is_model(branch)]
            siblings = list(dict.fromkeys(key for each in models for key in known_keys(each)))
            fields = [
                candidate
                for each in models
                for name, candidate in each.model_fields.items()
                if part == (candidate.alias or name)
            ]
            field = fields[0] if fields else None
            annotations = [candidate.annotation for candidate in fields]
            for branch in branches:
                annotations += _items(branch)
        secret = any(
            branch in (SecretStr, SecretBytes) for each in annotations for branch in _branches(each)
        )
        return cls(siblings, field, secret)

    @property
    def explanation(self) -> str:
        """The first sentence of the field's description, in brackets, unless it is a long one."""
        if self.field is None or not self.field.description:
            return ""
        sentence = " ".join(self.field.description.split()).split(". ")[0].rstrip(".")
        return f" ({sentence}.)" if len(sentence) <= 120 else ""

    def shown(self, value: Any) -> str:
        return "a value that is kept secret" if self.secret else shown(value)


def _branches(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation, without `Annotated` and type aliases."""
    if isinstance(annotation, TypeAliasType):
        return _branches(annotation.__value__)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _branches(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [branch for each in get_args(annotation) for branch in _branches(each)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _items(annotation: Any) -> list[Any]:
    """Return the annotations of what is inside of a container."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None or not arguments:
        return []
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return [arguments[-1]]
    if isinstance(origin, type) and issubclass(origin, (list, tuple, set, frozenset)):
        return [each for each in arguments if each is not Ellipsis]
    return []
