"""Which reporters run, and with which options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.config_schemas.run import Progress
from editgauge.core.config.problems import Problem
from editgauge.core.config.pydantic_problems import known_keys, validate
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager, Registration
from editgauge.core.surroundings import Surroundings

BARS = "tqdm"
LINES = "plain"
TERMINAL_REPORTERS = (BARS, LINES)
"""The reporters among which `progress` chooses; all others run when they are listed."""
QUIET_LEVELS = ("quiet", "errors")
"""Levels of `plain` that leave something out; `progress: quiet` keeps either."""
VERBOSE: Mapping[str, Any] = {"detail": "full", "logs": "debug", "level": "normal"}
"""Options that `-v` gives to what draws on the terminal, as far as it has them."""

Configured = Mapping[str, Mapping[str, Any] | Literal[False] | None]
"""The configuration's `reporters`: options by name, None for the defaults, False for not at all."""


@dataclass(frozen=True, slots=True)
class ReporterChoice:
    """A reporter asked for by name.

    Attributes:
        name: registered name.
        options: merged over the options that the configuration has for this name.
        option: the command line's option that asks for it, for messages.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    option: str = "-r"

    @classmethod
    def parse(cls, text: str, option: str = "-r") -> "ReporterChoice":
        """Read `NAME` or `NAME:PATH` as given to `-r`; the path is the option `path`."""
        name, colon, path = text.partition(":")
        return cls(name, {"path": path} if colon else {}, option)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterChanges:
    """What the command line changes in the reporters that a configuration chooses.

    Attributes:
        added: these run, too.
        without: these do not run.
        verbosity: how many `-v` less `-q` there are. They change what draws on the terminal only.
    """

    added: Sequence[ReporterChoice] = ()
    without: Sequence[str] = ()
    verbosity: int = 0

    def progress(self, configured: Progress) -> Progress:
        """Return what the terminal shows: with `-q` never more than was configured."""
        if self.verbosity < -1 or (self.verbosity < 0 and configured == "none"):
            return "none"
        if self.verbosity < 0:
            return "quiet"
        return "auto" if self.verbosity > 0 and configured in ("quiet", "none") else configured


NO_CHANGES = ReporterChanges()


@dataclass(frozen=True, slots=True)
class ChosenReporter:
    """A reporter that takes part in the run.

    Attributes:
        registration: what the plugin registered.
        config: instance of the registered config model.
        because: why it runs, if not because the configuration lists it.
        set_by: options that do not come from the configuration, with what has set them.
        second: whether it is the second one of its name: lines in a file beside the terminal's.
    """

    registration: Registration
    config: ReporterConfig
    because: str = ""
    set_by: Mapping[str, str] = field(default_factory=dict)
    second: bool = False

    @property
    def name(self) -> str:
        """Its registered name, with a 2 behind it if there are two of them."""
        return f"{self.registration.name}-2" if self.second else self.registration.name


def choose_reporters(
    *,
    plugins: PluginManager,
    configured: Configured,
    progress: Progress,
    choices: Sequence[ReporterChoice] | None,
    surroundings: Surroundings,
    changes: ReporterChanges = NO_CHANGES,
) -> tuple[tuple[ChosenReporter, ...], list[Problem]]:
    """Return the reporters of a run, and what is wrong with any that is configured or asked for.

    Args:
        plugins: where reporters are registered.
        configured: the configuration's `reporters`; all of them are checked.
        progress: what the terminal shows, unless there are choices.
        choices: exactly these run, if given.
        surroundings: what stderr is; `auto` takes what fits.
        changes: what the command line changes, apart from `choices`.
    """
    chooser = _Chooser(plugins, configured, surroundings, changes)
    chosen = chooser.by_config(progress) if choices is None else chooser.exactly(choices)
    return tuple(chosen), chooser.problems


class _Chooser:
    """Chooses, and collects what is wrong."""

    def __init__(
        self,
        plugins: PluginManager,
        configured: Configured,
        surroundings: Surroundings,
        changes: ReporterChanges,
    ) -> None:
        self.problems: list[Problem] = []
        self._plugins = plugins
        self._surroundings = surroundings
        self._changes = changes
        self._options = {name: options or {} for name, options in configured.items()}
        self._listed = [name for name, options in configured.items() if options is not False]
        self._valid: dict[str, ChosenReporter] = {}
        for name, options in self._options.items():
            found = self._make(name, options, f"reporters.{name}")
            if found is not None:
                self._valid[name] = found
        self._off = {name for name in configured if name not in self._listed}
        self._off |= set(changes.without)
        self._check_changes()

    def by_config(self, progress: Progress) -> list[ChosenReporter]:
        """Return the terminal's reporter, those that are listed, and those that are added."""
        added = [choice.name for choice in self._changes.added]
        beside = [
            found
            for name, found in self._valid.items()
            if name not in (*TERMINAL_REPORTERS, *added) and name not in self._off
        ]
        beside += self._asked_for(self._changes.added)
        terminal = self._for_terminal(progress, beside)
        chosen = [] if terminal is None else [terminal]
        for found in beside:
            if terminal is None or found.registration != terminal.registration:
                chosen.append(found)
            elif not found.config.writes_to_stderr():
                # Lines in a file beside those on the terminal.
                chosen.append(replace(found, second=True))
        self.problems += _overdrawn(chosen)
        return chosen

    def exactly(self, choices: Sequence[ReporterChoice]) -> list[ChosenReporter]:
        """Return the reporters that are asked for by `-r`."""
        chosen = [self._verbose(found) for found in self._asked_for(choices)]
        self.problems += _overdrawn(chosen)
        return chosen

    def _asked_for(self, choices: Sequence[ReporterChoice]) -> list[ChosenReporter]:
        named = [f"{choice.option} {choice.name}" for choice in choices]
        self.problems += [
            Problem(name, "a reporter can be chosen once.")
            for name in dict.fromkeys(named)
            if named.count(name) > 1
        ]
        for choice in choices:
            if choice.name == BARS and not self._surroundings.takes_bars:
                message = _NEEDS_TERMINAL.replace("'auto'", f"no {choice.option}")
                self.problems.append(Problem(f"{choice.option} {BARS}", message))
        found = [
            self._with_options(choice.name, choice.options, f"{choice.option} {choice.name}")
            for choice in choices
        ]
        return [each for each in found if each is not None]

    def _for_terminal(
        self, progress: Progress, beside: Sequence[ChosenReporter]
    ) -> ChosenReporter | None:
        """Return what draws on the terminal, if anything does."""
        shown = self._changes.progress(progress)
        name = self._name_of(shown, beside)
        if shown != progress and self._lines_go_to_a_file():
            # `-v` and `-q` are for the terminal: that file stays as it would be without them.
            before = self._name_of(progress, beside)
            if before == LINES:
                name, shown = before, progress
            elif name == LINES:
                name = None
        if name is None:
            return None
        because = f"progress: {shown}"
        if shown != progress:
            because = "-v" if self._changes.verbosity > 0 else "-q"
        if shown == "auto":
            because += f", {self._surroundings.fitting().because}"
        options: dict[str, Any] = {}
        if shown == "quiet" and self._options.get(LINES, {}).get("level") not in QUIET_LEVELS:
            options = {"level": "quiet"}
        found = self._with_options(name, options, because, where="progress")
        return None if found is None else self._verbose(found)

    def _lines_go_to_a_file(self) -> bool:
        return LINES in self._valid and not self._valid[LINES].config.writes_to_stderr()

    def _name_of(self, shown: Progress, beside: Sequence[ChosenReporter]) -> str | None:
        """Return the reporter that a value of `progress` stands for here."""
        if shown == "none":
            return None
        return self._fitting(beside) if shown == "auto" else self._explicit(shown)

    def _fitting(self, beside: Sequence[ChosenReporter]) -> str | None:
        """Return the reporter that `auto` takes; it is never an error."""
        if any(found.config.writes_to_stderr() for found in beside):
            # Somebody reads structured lines there, which nothing may be mixed into.
            return None
        fits_bars = self._surroundings.fitting().progress == "bars"
        preferred = [BARS, LINES] if fits_bars else [LINES]
        known = self._plugins.names("reporter")
        return next((name for name in preferred if name in known and name not in self._off), None)

    def _explicit(self, shown: Progress) -> str | None:
        """Return the reporter that a value of `progress` stands for."""
        name = BARS if shown == "bars" else LINES
        if name in self._changes.without:
            return None
        if name in self._off:
            message = f"is off, which contradicts 'progress: {shown}'; change one of the two."
            self.problems.append(Problem(f"reporters.{name}", message))
        if name == BARS and not self._surroundings.takes_bars:
            self.problems.append(Problem("progress", _NEEDS_TERMINAL))
        return name

    def _verbose(self, found: ChosenReporter) -> ChosenReporter:
        """Return a reporter as `-v` wants it, if it draws on the terminal and there is one."""
        name = found.registration.name
        if (
            self._changes.verbosity <= 0
            or name not in TERMINAL_REPORTERS
            or not found.config.writes_to_stderr()
        ):
            return found
        keys = known_keys(type(found.config))
        options = {key: value for key, value in VERBOSE.items() if key in keys}
        made = self._make(name, found.config.model_dump(mode="json") | options, "-v")
        if made is None:
            return found
        set_by = {**found.set_by, **dict.fromkeys(options, "-v")}
        return replace(made, because=found.because, set_by=set_by)

    def _with_options(
        self, name: str, options: Mapping[str, Any], because: str, *, where: str = ""
    ) -> ChosenReporter | None:
        """Return a reporter with its configured options and others over them."""
        if name in self._valid and not options:
            return replace(self._valid[name], because=because)
        if name in self._options and name not in self._valid:
            return None  # what is wrong with its options is told already
        merged = {**self._options.get(name, {}), **options}
        found = self._make(name, merged, where or because)
        set_by = dict.fromkeys(options, because)
        return None if found is None else replace(found, because=because, set_by=set_by)

    def _make(self, name: str, options: Mapping[str, Any], where: str) -> ChosenReporter | None:
        found, problems = _validated(self._plugins, name, options, where)
        self.problems += problems
        return found

    def _check_changes(self) -> None:
        """Check `--no-reporter`."""
        left_out = list(self._changes.without)
        added = [choice.name for choice in self._changes.added]
        for name in dict.fromkeys(left_out):
            where = f"--no-reporter {name}"
            if left_out.count(name) > 1:
                self.problems.append(Problem(where, "a reporter can be left out once."))
            if name in added:
                message = f"contradicts '--add-reporter {name}'; give one of the two."
                self.problems.append(Problem(where, message))
            if name not in self._options:
                self._make(name, {}, where)


_NEEDS_TERMINAL = "bars need a terminal on stderr; use 'plain', or 'auto' to take what fits."


def _overdrawn(chosen: Sequence[ChosenReporter]) -> list[Problem]:
    """Report lines and bars on the same terminal: each would tear the other."""
    drawing = [found for found in chosen if found.config.writes_to_stderr()]
    if all(found.registration.name != BARS for found in drawing):
        return []
    problems = []
    for found in drawing:
        name = found.registration.name
        if name == BARS:
            continue
        if found.because.startswith("-"):
            message = "would write through the bars; give it a file, as in "
            problems.append(Problem(found.because, f"{message}'{found.because}:run.log'."))
        else:
            message = "would write to stderr, through the bars; give it a 'path'."
            problems.append(Problem(f"reporters.{name}", message))
    return problems


def _validated(
    plugins: PluginManager, name: str, options: Mapping[str, Any], where: str
) -> tuple[ChosenReporter | None, list[Problem]]:
    try:
        registration = plugins.find("reporter", name)
        model = registration.load_config_model() or ReporterConfig
    except PluginError as error:
        return None, [Problem(where, str(error))]
    if "path" in options and where.startswith("-") and "path" not in known_keys(model):
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
