"""Which plugins are installed, however damaged an installation is."""

import importlib.metadata
from importlib.metadata import Distribution, EntryPoint

BUILT_IN_PACKAGE = "editgauge"
"""The distribution whose plugins come with editgauge itself."""


def installed_entry_points(group: str) -> tuple[list[EntryPoint], dict[str, Exception]]:
    """Return the entry points of a group, and what could not be read, by where it is.

    Those of editgauge itself come first, so that nothing that is installed takes their names;
    then by name, and by package.

    Args:
        group: the group.
    """
    try:
        found = list(importlib.metadata.entry_points(group=group))
    except Exception:  # noqa: BLE001 - one damaged file, and the standard library gives up all
        found, unreadable = _one_by_one(group)
    else:
        unreadable = {}
    return sorted(found, key=_place), unreadable


def _place(point: EntryPoint) -> tuple[bool, str, str]:
    package, _ = package_of(point)
    return package != BUILT_IN_PACKAGE, point.name, package


def _one_by_one(group: str) -> tuple[list[EntryPoint], dict[str, Exception]]:
    found: list[EntryPoint] = []
    unreadable: dict[str, Exception] = {}
    seen: set[str] = set()
    for distribution in importlib.metadata.distributions():
        name = _name_of(distribution)
        if name in seen:
            continue  # an earlier folder of the path hides it
        seen.add(name)
        try:
            found += [point for point in distribution.entry_points if point.group == group]
        except Exception as error:  # noqa: BLE001 - the parser raises what it happens to raise
            if f"[{group}]" in (distribution.read_text("entry_points.txt") or ""):
                unreadable[name] = error
    return found, unreadable


def package_of(entry_point: EntryPoint) -> tuple[str, str]:
    """Return name and version of the distribution that an entry point is of, as far as known."""
    distribution = entry_point.dist
    if distribution is None:
        return "", ""
    return _name_of(distribution), _version_of(distribution)


def _name_of(distribution: Distribution) -> str:
    try:
        return str(distribution.name or "")
    except Exception:  # noqa: BLE001 - without metadata it raises, otherwise in each version
        return ""


def _version_of(distribution: Distribution) -> str:
    try:
        return str(distribution.version or "")
    except Exception:  # noqa: BLE001 - as above
        return ""


def in_a_line(error: BaseException) -> str:
    """Return type and message of what a plugin raised, in a line."""
    try:
        message = " ".join(str(error).split())
    except Exception as another:  # noqa: BLE001 - __str__ is the plugin's code, too
        message = f"(its message cannot be shown: {type(another).__name__})"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
