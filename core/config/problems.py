"""What is wrong with a configuration, as a list that can be shown whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from editgauge.core.text import counted, shorten

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the configuration."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        path: where, as in `edit.workers.devices.0`; for the command line, the option itself.
        message: what was expected, what came, and what to do.
    """

    path: str
    message: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(Exception):
    """A configuration that cannot be used; its text lists every problem.

    Attributes:
        source: what people know the configuration by, usually the file's path.
        problems: what is wrong, at least one entry.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = [f"{source}: {counted(len(self.problems), 'problem')} in the configuration"]
        super().__init__("\n".join(lines + [f"  {problem}" for problem in self.problems]))


def dotted(path: Iterable[str | int]) -> str:
    """Return a path as people write it: `edit.workers.devices.0`."""
    return ".".join(str(part) for part in path)


def shown(value: Any) -> str:
    """Return a value as people write it in YAML, short enough for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(shorten(value, 80))
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return shorten(repr(value), 80)


def with_origins(problems: Iterable[Problem], origins: Mapping[str, str]) -> list[Problem]:
    """Return the problems, each saying who set the value if it was not the file.

    Args:
        problems: the problems.
        origins: by dotted path, who set what is there or below.
    """
    return [_with_origin(problem, origins) for problem in problems]


def _with_origin(problem: Problem, origins: Mapping[str, str]) -> Problem:
    parts = problem.path.split(".")
    for length in range(len(parts), 0, -1):
        origin = origins.get(".".join(parts[:length]))
        if origin is not None:
            return replace(problem, message=f"{problem.message} [set by {origin}]")
    return problem
