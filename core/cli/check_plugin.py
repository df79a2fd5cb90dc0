"""`editgauge check plugin NAME`."""

import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editgauge.core.cli.common import UserError, load_plugins, plugin_options, say, user_errors
from editgauge.core.hooks.plugin_manager import KINDS, Kind, PluginInfo, PluginManager, Registration
from editgauge.core.outcomes import ExitCode
from editgauge.core.text import clean, counted, did_you_mean, dump_json_document

if TYPE_CHECKING:
    from editgauge.core.conformance.checks import Check, CheckResult, ConformanceReport

_CHECKED: tuple[Kind, ...] = ("edit model", "reward model", "dataset", "reporter")
_EPILOG = """\b
Examples:
  editgauge check plugin words --instruction "blur it"
  editgauge check plugin my_model --plugin ./my_model.py
  editgauge check plugin qwen-image-edit -o model=./checkpoint -o steps=4
  editgauge check plugin my-judge --config run.yaml --json
  editgauge check plugin --list

\b
Exit codes: 0 nothing is wrong (there may be advice), 100 a check found something, 2 it could not be
checked (no such name, a wrong option).
"""


@click.command("plugin", epilog=_EPILOG)
@click.argument("name", required=False)
@click.option(
    "-o",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the part's own configuration, as in -o model=./checkpoint. Repeatable.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the part's configuration from the config of a run.",
)
@click.option("--kind", type=click.Choice(_CHECKED), help="Check only what is of this kind.")
@click.option("--instruction", help="What models are asked to do; default: make it brighter.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="How far two results may be apart that should be the same: levels of 255, or of a score.",
)
@click.option("--rows", type=click.IntRange(min=1), help="Rows of a dataset that are read.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave a check out. Repeatable.")
@click.option("--list", "as_list", is_flag=True, help="Show all checks, and try none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@plugin_options
@click.pass_context
def check_plugin(
    context: click.Context,
    /,
    *,
    name: str | None,
    overrides: tuple[str, ...],
    config_file: Path | None,
    kind: Kind | None,
    skip: tuple[str, ...],
    as_list: bool,
    as_json: bool,
    disable_plugin: tuple[str, ...],
    **options: Any,
) -> int:
    """Try what the plugin NAME registers, or what is registered under NAME.

    Models are tried in real workers, datasets by reading them, and reporters with the events of
    made-up runs.
    """
    if as_list:
        _list_checks(kind, as_json=as_json)
        return ExitCode.OK
    if name is None:
        raise click.UsageError("give the NAME of a plugin, or --list", context)
    with user_errors():
        manager = load_plugins(disable_plugin)
        given = {key: value for key, value in options.items() if value is not None}
        trials = _Trials(manager, config_file, overrides, skip, given, as_json=as_json)
        return trials.run(name, kind)


class _Trials:
    """Tries one part after the other, and says what came of it."""

    def __init__(
        self,
        manager: PluginManager,
        config_file: Path | None,
        overrides: Sequence[str],
        skip: Sequence[str],
        options: Mapping[str, Any],
        *,
        as_json: bool,
    ) -> None:
        from editgauge.core.config.layers import Override, read_file

        self._manager = manager
        self._file = {} if config_file is None else read_file(config_file)
        self._overrides = [Override.parse(text) for text in overrides]
        self._skip = skip
        self._options = options
        self._as_json = as_json
        self._reports: list[ConformanceReport] = []
        self._not_checked: list[str] = []

    def run(self, name: str, kind: Kind | None) -> int:
        """Try all that has the name; return the exit code."""
        from editgauge.core.conformance.api import broken, examine_hooks

        info = self._manager.plugins.get(name)
        if info is not None and info.state in ("broken", "incompatible"):
            report = broken(kind or "edit model", name, info.error)
            self._reports.append(report)
            if not self._as_json:
                say(f"plugin {name!r} is {info.state}")
                _Lines().ends(report.results[0])
        elif info is not None and info.state == "loaded" and not _of_plugin(info):
            report = examine_hooks(name, self._manager.pluggy.get_plugin(name))
            self._reports.append(report)
            if not self._as_json:
                say(f"plugin {name!r} registers nothing that can be tried")
                _Lines().ends(report.results[0])
        else:
            parts = _parts(self._manager, name, kind)
            self._check_overrides(parts)
            for registration in parts:
                self._try(registration)
        if self._as_json:
            click.echo(dump_json_document(list(map(_as_data, self._reports))))
        for line in self._not_checked:
            click.echo(clean(f"Error: {line}", keep_newlines=True), err=True)
        if any(report.findings for report in self._reports):
            return ExitCode.TOO_MANY_FAILURES
        return ExitCode.USAGE if self._not_checked else ExitCode.OK

    def _try(self, registration: Registration) -> None:
        from editgauge.core.config import ConfigError
        from editgauge.core.conformance.api import checks_of, examine
        from editgauge.core.conformance.checks import Progress

        known = {check.name for check in checks_of(registration.kind)}
        what = f"{registration.kind} {registration.name!r}"
        lines = _Lines()
        if not self._as_json:
            say(what)
        try:
            report = examine(
                registration.kind,
                self._config(registration),
                plugins=self._manager,
                # A plugin may have parts of several kinds.
                skip=[name for name in self._skip if name in known],
                progress=Progress(begins=lines.begins)
                if self._as_json
                else Progress(begins=lines.begins, ends=lines.ends),
                **self._options,
            )
        except ConfigError as error:
            problems = "".join(f"\n  {problem}" for problem in error.problems)
            advice = "give what is missing by -o KEY=VALUE or --config FILE"
            self._not_checked.append(f"{what} cannot be checked; {advice}{problems}")
            return
        finally:
            lines.clear()
        self._reports.append(report)
        if not self._as_json:
            failed = len(report.names("failed"))
            say(f"  {counted(len(report.results), 'check')}, {failed} failed")

    def _config(self, registration: Registration) -> dict[str, Any]:
        from editgauge.core.config import ConfigError
        from editgauge.core.config.layers import apply_overrides

        data = self._section(registration)
        wanted = [one for one in self._overrides if _has(registration, one.path)]
        if problems := apply_overrides(data, wanted):
            raise ConfigError("command line", problems)
        return {**data, "type": registration.name}

    def _section(self, registration: Registration) -> dict[str, Any]:
        from editgauge.core.conformance.parts import SECTIONS

        section = self._file.get(SECTIONS[registration.kind])
        if not isinstance(section, Mapping):
            return {}
        if registration.kind == "reporter":
            return copy.deepcopy(dict(section.get(registration.name) or {}))
        return copy.deepcopy(dict(section)) if section.get("type") == registration.name else {}

    def _check_overrides(self, parts: Sequence[Registration]) -> None:
        for override in self._overrides:
            if not any(_has(registration, override.path) for registration in parts):
                key = override.path.partition(".")[0]
                known = [key for registration in parts for key in _keys(registration)]
                hint = did_you_mean(key, known)
                raise UserError(f"-o {override.path}: there is no such key.{hint}")
        from editgauge.core.conformance.api import checks_of

        known_checks = [check.name for part in parts for check in checks_of(part.kind)]
        for name in self._skip:
            if name not in known_checks:
                hint = did_you_mean(name, known_checks)
                raise UserError(f"--skip: no check is called {name!r}.{hint}")


class _Lines:
    """What people see: a line for each check that is over, and one for the present one."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def begins(self, check: "Check") -> None:
        """Show what is tried now, on a terminal."""
        if self._live:
            click.echo(f"\r\x1b[K  trying {check.name} ...", err=True, nl=False)

    def ends(self, result: "CheckResult") -> None:
        """Show what came of a check."""
        self.clear()
        words = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[result.state]
        if result.state == "passed" and result.messages:
            words = "advice"
        text = result.why_skipped or result.check.title
        say(f"  {words:<7}  {result.check.name:<22}  {text}")
        for message in result.messages:
            say(f"           {message}")
        if result.messages:
            say(f"           to mend it: {result.check.mend}")

    def clear(self) -> None:
        """Take the present line away."""
        if self._live:
            click.echo("\r\x1b[K", err=True, nl=False)


def _of_plugin(info: PluginInfo) -> list[Registration]:
    """Return what a plugin registers that can be checked."""
    return [part for part in info.registrations if part.kind in _CHECKED]


def _parts(manager: PluginManager, name: str, kind: Kind | None) -> list[Registration]:
    """Return what has the name: all of a plugin, or what is registered under it."""
    everything = [found for each in _CHECKED for found in manager.registrations(each)]
    found = [part for part in everything if name in (part.plugin, part.name)]
    found = [part for part in found if kind in (None, part.kind)]
    if found:
        return found
    known = [*manager.plugins, *(part.name for part in everything)]
    kinds = f" of kind {kind!r}" if kind else " that can be checked"
    raise UserError(f"there is nothing called {name!r}{kinds}.{did_you_mean(name, known)}")


def _keys(registration: Registration) -> list[str]:
    from editgauge.core.conformance.parts import BASES

    model = registration.load_config_model() or BASES[registration.kind]
    return list(model.model_fields)


def _has(registration: Registration, path: str) -> bool:
    return path.partition(".")[0] in _keys(registration)


def _all_checks(kind: Kind | None) -> Iterator[tuple[Kind, "tuple[Check, ...]"]]:
    from editgauge.core.conformance.api import checks_of

    for each in KINDS:
        if each in _CHECKED and kind in (None, each):
            yield each, checks_of(each)


def _list_checks(kind: Kind | None, *, as_json: bool) -> None:
    if as_json:
        data = {each: [_described(check) for check in checks] for each, checks in _all_checks(kind)}
        click.echo(dump_json_document(data))
        return
    for each, checks in _all_checks(kind):
        say(each)
        for check in checks:
            say(f"  {check.name:<22}  {check.title}")
            say(f"  {'':<22}  {check.tries}")


def _described(check: "Check") -> dict[str, str]:
    return {
        "check": check.name,
        "title": check.title,
        "tries": check.tries,
        "mend": check.mend,
    }


def _as_data(report: "ConformanceReport") -> dict[str, Any]:
    return {
        "kind": report.kind,
        "name": report.name,
        "results": [
            {
                **_described(result.check),
                "state": result.state,
                "messages": list(result.messages),
                "why_skipped": result.why_skipped,
            }
            for result in report.results
        ],
    }
