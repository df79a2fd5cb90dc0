"""Paths in a configuration with names in braces, `logs/{run_id}.log`, that are filled in a run."""

import re
from collections.abc import Mapping

RUN_NAMES = ("run_id", "run_dir")
"""Known from the start of a run: the name of its directory, and the directory's path."""
DATED_NAMES = (*RUN_NAMES, "date")
"""Of files that go on under another name: `date` is the day of the event that is written, in UTC,
as `2026-11-23`."""

_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


def check_pattern(pattern: str, names: tuple[str, ...]) -> str:
    """Return the pattern, if every brace in it belongs to one of the names.

    Raises:
        ValueError: there is another brace.
    """
    known = ", ".join(f"{{{name}}}" for name in names)
    for match in _BRACES.finditer(pattern):
        if match[1] not in names:
            raise ValueError(f"{match[0]} is not known in this path; known are {known}")
    return pattern


def fill_pattern(pattern: str, values: Mapping[str, str]) -> str:
    """Return the pattern with values for its names; braces in a value mean nothing.

    Raises:
        ValueError: a brace in the pattern belongs to none of the names.
    """
    check_pattern(pattern, tuple(values))
    return _BRACES.sub(lambda match: values[match[1]], pattern)
