"""Which reporters run, and with which options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.config_schemas.run import Progress
from editgauge.core.config.problems import Problem
from editgauge.core.config.pydantic_problems import known_keys, validate
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager, Registration

BARS = "tqdm"
LINES = "plain"
TERMINAL_REPORTERS = (BARS, LINES)
"""The reporters among which `progress` chooses; all others run when they are listed."""


@dataclass(frozen=True, slots=True)
class ReporterChoice:
    """A reporter asked for by name.

    Attributes:
        name: registered name.
        options: merged over the options that the configuration has for this name.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "ReporterChoice":
        """Read `NAME` or `NAME:PATH` as given to `-r`; the path is the option `path`."""
        name, colon, path = text.partition(":")
        return cls(name, {"path": path} if colon else {})


@dataclass(frozen=True, slots=True)
class ChosenReporter:
    """A reporter that takes part in the run.

    Attributes:
        registration: what the plugin registered.
        config: instance of the registered config model.
    """

    registration: Registration
    config: ReporterConfig


def choose_reporters(
    *,
    plugins: PluginManager,
    configured: Mapping[str, Mapping[str, Any] | None],
    progress: Progress,
    choices: Sequence[ReporterChoice] | None,
    interactive: bool,
    ci: bool,
) -> tuple[tuple[ChosenReporter, ...], list[Problem]]:
    """Return the reporters of a run, and what is wrong with any that is configured or asked for.

    Args:
        plugins: where reporters are registered.
        configured: the configuration's `reporters`; all of them are checked.
        progress: what the terminal shows, unless there are choices.
        choices: exactly these run, if given.
        interactive: whether stderr is a terminal that can move its cursor.
        ci: whether a continuous integration service runs this; `auto` then takes plain lines.
    """
    problems: list[Problem] = []
    valid: dict[str, ChosenReporter] = {}
    for name, options in configured.items():
        found, wrong = _validated(plugins, name, options or {}, f"reporters.{name}")
        problems += wrong
        if found is not None:
            valid[name] = found
    chosen: list[ChosenReporter] = []
    if choices is None:
        others = [found for name, found in valid.items() if name not in TERMINAL_REPORTERS]
        wanted, wrong = _by_progress(plugins, progress, interactive=interactive, ci=ci)
        problems += wrong
        if progress == "auto" and any(found.config.writes_to_stderr() for found in others):
            # Somebody reads structured lines there, which nothing may be mixed into.
            wanted = []
    else:
        wanted, others = list(choices), []
        problems += _conflicts(wanted, interactive=interactive)
    for choice in wanted:
        if choice.name in valid and not choice.options:
            chosen.append(valid[choice.name])
        elif choice.name in valid or choice.name not in configured:
            options = {**(configured.get(choice.name) or {}), **choice.options}
            where = "progress" if choices is None else f"-r {choice.name}"
            found, wrong = _validated(plugins, choice.name, options, where)
            problems += wrong
            chosen += [found] if found is not None else []
    everything = (*chosen, *others)
    return everything, problems + _overdrawn(everything, asked_for=choices is not None)


def _by_progress(
    plugins: PluginManager, progress: Progress, *, interactive: bool, ci: bool
) -> tuple[list[ReporterChoice], list[Problem]]:
    if progress == "none":
        return [], []
    if progress == "quiet":
        return [ReporterChoice(LINES, {"level": "quiet"})], []
    if progress == "plain":
        return [ReporterChoice(LINES)], []
    if progress == "bars":
        problem = Problem("progress", _NEEDS_TERMINAL)
        return [ReporterChoice(BARS)], [] if interactive else [problem]
    preferred = BARS if interactive and not ci else LINES
    # `auto` is never an error: without the built-in reporters there is nothing to choose.
    return [ReporterChoice(preferred)] if preferred in plugins.names("reporter") else [], []


_NEEDS_TERMINAL = "bars need a terminal on stderr; use 'plain', or 'auto' to take what fits."


def _conflicts(choices: Sequence[ReporterChoice], *, interactive: bool) -> list[Problem]:
    names = [choice.name for choice in choices]
    problems = [
        Problem(f"-r {name}", "a reporter can be chosen once.")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if BARS in names and not interactive:
        problems.append(Problem(f"-r {BARS}", _NEEDS_TERMINAL.replace("'auto'", "no -r")))
    return problems


def _overdrawn(chosen: Sequence[ChosenReporter], *, asked_for: bool) -> list[Problem]:
    """Report lines and bars on the same terminal: each would tear the other."""
    names = [found.registration.name for found in chosen if found.config.writes_to_stderr()]
    if BARS not in names:
        return []
    return [
        Problem(
            f"-r {name}" if asked_for else f"reporters.{name}",
            f"would write through the bars; give it a file, as in '-r {name}:run.log'."
            if asked_for
            else "would write to stderr, through the bars; give it a 'path'.",
        )
        for name in names
        if name != BARS
    ]


def _validated(
    plugins: PluginManager, name: str, options: Mapping[str, Any], where: str
) -> tuple[ChosenReporter | None, list[Problem]]:
    try:
        registration = plugins.find("reporter", name)
        model = registration.load_config_model() or ReporterConfig
    except PluginError as error:
        return None, [Problem(where, str(error))]
    if "path" in options and where.startswith("-r ") and "path" not in known_keys(model):
        message = f"this reporter writes no file; leave the path out, got {options['path']!r}."
        return None, [Problem(where, message)]
    if not (isinstance(model, type) and issubclass(model, ReporterConfig)):
        message = (
            f"plugin {registration.plugin!r} is wrong: the config model of the reporter {name!r} "
            f"should be a subclass of ReporterConfig, got {model!r}."
        )
        return None, [Problem(where, message)]
    config, problems = validate(model, options, prefix=(where,))
    return (None if config is None else ChosenReporter(registration, config)), problems
