"""A checked configuration as `config show` prints it: every value, and where it comes from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from editgauge.core.config.merging import Merged, Origin
from editgauge.core.config.profiles import Profile
from editgauge.core.config.reporter_choice import ChosenReporter
from editgauge.core.config.resolve import ResolvedConfig

REPORTERS = "reporters"


def origins(
    config: ResolvedConfig, plain: Mapping[str, Any], lines: Mapping[str, int]
) -> dict[str, list[Origin]]:
    """Return what set each value, by its dotted path; of a list, what set parts of it, too.

    Args:
        config: the configuration.
        plain: the same as plain data, all defaults filled in.
        lines: the line of each key in the file; empty if there is none.
    """
    chosen = {found.name: found for found in config.reporters}
    return {
        ".".join(path): [_with_line(origin, lines) for origin in _origins(config, chosen, path)]
        for path in _leaves(plain, ())
    }


def reporter_reasons(config: ResolvedConfig) -> dict[str, str]:
    """Return why each reporter runs that does not run because it is listed."""
    return {
        f"{REPORTERS}.{found.name}": found.because for found in config.reporters if found.because
    }


def not_running(config: ResolvedConfig) -> list[str]:
    """Return the reporters that are configured and do not run."""
    running = {found.registration.name for found in config.reporters}
    return [name for name in config.run.reporters if name not in running]


def origins_of_profile(chain: list[Profile]) -> tuple[dict[str, Any], dict[str, list[Origin]]]:
    """Return the keys of a profile that stands for itself, and what set each of them."""
    merged = Merged({}, Origin("file"))
    for profile in chain:
        merged.add(profile.keys, Origin("profile", str(profile)), profile.reasons)
    found = {".".join(path): [merged.origin(".".join(path))] for path in _leaves(merged.data, ())}
    return merged.data, found


def _origins(
    config: ResolvedConfig, chosen: Mapping[str, ChosenReporter], path: tuple[str, ...]
) -> list[Origin]:
    if path[0] == REPORTERS and len(path) > 1 and path[1] in chosen:
        reporter = chosen[path[1]]
        by = reporter.set_by.get(".".join(path[2:]))
        if by is not None:
            return [Origin("command line" if by.startswith("-") else "progress", by)]
        path = (REPORTERS, reporter.registration.name, *path[2:])
    where = ".".join(path)
    return [config.merged.origin(where), *config.merged.origins_within(where)]


def _with_line(origin: Origin, lines: Mapping[str, int]) -> Origin:
    return replace(origin, line=lines.get(origin.key)) if origin.key else origin


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path
