"""Profiles: finding one by name, what it inherits from, and what is wrong with any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from editgauge.config_schemas.run import RunConfig
from editgauge.core.config.built_in_profiles import BUILT_IN_PROFILES
from editgauge.core.config.problems import ConfigError, Problem, shown
from editgauge.core.config.pydantic_problems import known_keys
from editgauge.core.text import did_you_mean

INHERITS = "inherits"
"""The key of a profile that names the one it is merged over."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile with its keys, without those that it inherits.

    Attributes:
        name: its name.
        keys: what it sets.
        built_in: whether it comes with editgauge.
        reasons: by dotted path, why it sets a key; only of built-in ones.
    """

    name: str
    keys: Mapping[str, Any]
    built_in: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return what messages call it."""
        return f"profile {self.name!r}" + (" (built in)" if self.built_in else "")


def find_profiles(
    source: str, profiles: Any, name: str, environ: Mapping[str, str]
) -> list[Profile]:
    """Return a profile and all that it inherits from, the farthest first, to be merged in order.

    A profile of the file stands in front of a built-in one of the same name; it may inherit from
    that one by its name.

    Args:
        source: what people know the configuration by.
        profiles: the configuration's `profiles`, unchecked.
        name: name of the profile.
        environ: the environment.

    Raises:
        ConfigError: it, or one that it inherits from, is unknown or no mapping, or there is a
            circle.
    """
    own = profiles if isinstance(profiles, Mapping) else {}
    if name not in own and name not in BUILT_IN_PROFILES:
        raise ConfigError(source, [Problem("profiles", _unknown(name, own))])
    links, problem = _follow(own, name)
    if problem is not None:
        raise ConfigError(source, [problem])
    return [_profile(link, own, environ) for link in reversed(links)]


def check_profiles(profiles: Any) -> list[Problem]:
    """Check the top-level keys of every profile, chosen or not, and what they inherit from."""
    if not isinstance(profiles, Mapping):
        return []
    known = [INHERITS, *(key for key in known_keys(RunConfig) if key != "profiles")]
    problems = []
    for name, profile in profiles.items():
        if not isinstance(profile, Mapping):
            continue  # for the run's own model to tell
        for key in profile:
            if key == "profiles":
                message = "a profile has no profiles of its own."
                problems.append(Problem(f"profiles.{name}.{key}", message))
            elif key not in known:
                message = f"unknown key.{did_you_mean(key, known)} Known: {', '.join(known)}."
                problems.append(Problem(f"profiles.{name}.{key}", message))
        problem = _follow(profiles, name)[1]
        # The same for every profile below it.
        if problem is not None and problem.path.endswith(INHERITS) and problem not in problems:
            problems.append(problem)
    return problems


def _profile(link: "_Link", own: Mapping[str, Any], environ: Mapping[str, str]) -> Profile:
    if link.built_in:
        found = BUILT_IN_PROFILES[link.name]
        return Profile(link.name, found.keys_under(environ), built_in=True, reasons=found.reasons)
    keys = {
        key: value for key, value in own[link.name].items() if key not in (INHERITS, "profiles")
    }
    return Profile(link.name, keys)


@dataclass(frozen=True, slots=True)
class _Link:
    """One profile of a chain; a built-in one may have a namesake in the file."""

    name: str
    built_in: bool


def _follow(own: Mapping[str, Any], name: str) -> tuple[Sequence[_Link], Problem | None]:
    """Return a profile and those that it inherits from, the nearest first, or what is wrong."""
    links = [_Link(name, built_in=name not in own)]
    while not links[-1].built_in:
        here = links[-1].name
        profile = own[here]
        if not isinstance(profile, Mapping):
            return links, Problem(f"profiles.{here}", f"should be a mapping, got {shown(profile)}.")
        if INHERITS not in profile:
            break
        parent, where = profile[INHERITS], f"profiles.{here}.{INHERITS}"
        if not isinstance(parent, str):
            message = f"should be the name of a profile, got {shown(parent)}."
            return links, Problem(where, message)
        others = {key: value for key, value in own.items() if key != here}
        if parent == here and parent not in BUILT_IN_PROFILES:
            message = "the profile inherits from itself; name another one, or leave this key out."
            return links, Problem(where, message)
        if parent not in others and parent not in BUILT_IN_PROFILES:
            return links, Problem(where, _unknown(parent, others))
        link = _Link(parent, built_in=parent not in others)
        if link in links:
            return links, _circle([each.name for each in links[links.index(link) :]], own)
        links.append(link)
    return links, None


def _circle(names: list[str], own: Mapping[str, Any]) -> Problem:
    """Return the problem of a circle, the same wherever one enters it."""
    first = min(range(len(names)), key=lambda position: list(own).index(names[position]))
    names = names[first:] + names[:first]
    message = f"the profiles inherit from each other: {' → '.join([*names, names[0]])}."
    return Problem(f"profiles.{names[-1]}.{INHERITS}", message)


def _unknown(name: str, own: Mapping[str, Any]) -> str:
    known = [*own, *(name for name in BUILT_IN_PROFILES if name not in own)]
    starting = [each for each in known if name and each.startswith(name)]
    guess = did_you_mean(name, known)
    if not guess and len(starting) == 1:
        guess = f" Did you mean {starting[0]!r}?"
    listed = ", ".join(each if each in own else f"{each} (built in)" for each in known)
    return f"no profile is called {name!r}.{guess} Known: {listed}."
