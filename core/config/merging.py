"""Lays the layers of a configuration over each other, and remembers which one set what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from editgauge.core.config.problems import dotted

Layer = Literal["default", "file", "profile", "environment", "command line", "progress"]
"""Where a value comes from, from the weakest on; `progress` is what the choice of the terminal's
reporter brings with it."""

_SECTIONS_WITH_TYPE = ("dataset", "edit", "reward")


@dataclass(frozen=True, slots=True)
class Origin:
    """What set a value.

    Attributes:
        layer: the layer.
        name: the file, the profile, the variable or the option.
        key: dotted path of the key in the file, if it stands in one.
        line: its line, where that is known.
        why: why a built-in profile sets it.
    """

    layer: Layer
    name: str = ""
    key: str = ""
    line: int | None = None
    why: str = ""

    def __str__(self) -> str:
        """Return it as people read it: `run.yaml:7`, `profile 'production' (built in): …`."""
        place = self.name or self.layer
        if self.line is not None:
            place += f":{self.line}" if self.layer == "file" else f" in line {self.line}"
        return f"{place}: {self.why}" if self.why else place


DEFAULT = Origin("default")


class Merged:
    """A configuration as it grows, layer by layer.

    Attributes:
        data: everything that was set, as plain data.
        set_by: by dotted path, what set the value or mapping there, unless it was the file; for
            messages.
    """

    def __init__(self, data: Mapping[str, Any], origin: Origin) -> None:
        """Begin with the file's data."""
        self.data = dict(data)
        self.set_by: dict[str, str] = {}
        self._origins = {path: replace(origin, key=path) for path in leaf_paths(data)}

    def add(self, keys: Mapping[str, Any], origin: Origin, reasons: Mapping[str, str]) -> None:
        """Lay a profile over it.

        Args:
            keys: what the profile sets.
            origin: the profile; its `key` is where it stands in the file.
            reasons: by dotted path, why.
        """
        for section in changed_types(self.data, keys):
            self._forget(section)
        self.data = apply_profile(self.data, keys)
        for path in leaf_paths(keys):
            self.set_by[path] = origin.name
            key = f"{origin.key}.{path}" if origin.key else ""
            self._note(path, replace(origin, key=key, why=reasons.get(path, "")))

    def override(self, path: str, origin: Origin) -> None:
        """Remember that an override has set a key of `data`."""
        for known in [*self.set_by]:
            if known.startswith(f"{path}."):
                del self.set_by[known]
        self.set_by[path] = origin.name
        self._note(path, origin)

    def _note(self, path: str, origin: Origin) -> None:
        self._forget(path)
        value = self._value(path)
        if isinstance(value, Mapping) and value:
            for below in leaf_paths(value):
                self._origins[f"{path}.{below}"] = origin
        else:
            self._origins[path] = origin

    def origin(self, path: str) -> Origin:
        """Return what set a value that is no mapping, or an empty one.

        A value that stands within one that was set whole, as what a name of a rubric stands for,
        has its origin; one within a mapping that does not name it is a default.
        """
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            above = ".".join(parts[:length])
            if above in self._origins:
                value = self._value(above)
                stands_for_more = value is not None and not isinstance(value, Mapping)
                is_it = length == len(parts) or stands_for_more
                return self._origins[above] if is_it else DEFAULT
        return DEFAULT

    def origins_within(self, path: str) -> list[Origin]:
        """Return what set parts of a list, beside what set the list."""
        return [origin for each, origin in self._origins.items() if each.startswith(f"{path}.")]

    def _value(self, path: str) -> Any:
        value: Any = self.data
        for part in path.split("."):
            if isinstance(value, list):
                value = value[int(part)]
            elif isinstance(value, Mapping):
                value = value.get(part)
            else:
                return None
        return value

    def _forget(self, path: str) -> None:
        for known in [*self._origins]:
            if known == path or known.startswith(f"{path}."):
                del self._origins[known]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `over` merged into `base`: mappings key by key, everything else replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def apply_profile(data: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with a profile merged over it.

    A section `dataset`, `edit` or `reward` that changes `type` is replaced whole, since the other
    type's keys mean nothing to it.
    """
    base = dict(data)
    for section in changed_types(data, profile):
        del base[section]
    return merge(base, profile)


def changed_types(data: Mapping[str, Any], profile: Mapping[str, Any]) -> list[str]:
    """Return the sections whose `type` a profile changes."""
    return [
        section
        for section in _SECTIONS_WITH_TYPE
        if isinstance(old := data.get(section), Mapping)
        and isinstance(new := profile.get(section), Mapping)
        and new.get("type", old.get("type")) != old.get("type")
    ]


def leaf_paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted path of everything in a mapping that is no mapping itself."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaf_paths(item, (*path, key))
    else:
        yield dotted(path)
