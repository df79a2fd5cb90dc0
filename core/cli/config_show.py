"""`editgauge config show`."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from editgauge.core.cli.asked import Asked, asks_for_config
from editgauge.core.cli.common import UserError, load_plugins, say, user_errors

if TYPE_CHECKING:
    from editgauge.core.config.merging import Origin

_EPILOG = """\b
Examples:
  editgauge config show run.yaml                     (all that a run would use)
  editgauge config show run.yaml --profile production --origin
  editgauge config show --profile production --origin
  editgauge config show run.yaml --origin --format json | jq .origins

\b
An origin is the file with its line, a profile, an environment variable, an
option of the command line, `progress` for what the terminal's reporter
brings with it, or `default`. Secrets are masked.
"""


@click.command(epilog=_EPILOG)
@asks_for_config(required=False)
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="yaml has origins as comments, json as data.",
)
def show(
    *,
    asked: Asked,
    disable_plugin: tuple[str, ...],
    origin: bool,
    form: Literal["yaml", "json"],
) -> None:
    """Print CONFIG as a run would use it: merged, checked, defaults filled in.

    Without CONFIG, print what a built-in profile sets.
    """
    with user_errors():
        if asked.config is None:
            _show_profile(asked, origin=origin, form=form)
        else:
            _show_config(asked, asked.config, disable_plugin, origin=origin, form=form)


def _show_config(
    asked: Asked,
    path: Path,
    disable_plugin: tuple[str, ...],
    *,
    origin: bool,
    form: Literal["yaml", "json"],
) -> None:
    plugins = load_plugins(disable_plugin)
    resolved = asked.load(plugins)
    from editgauge.core.config import shown
    from editgauge.core.run.known_secrets import redactor_of

    redactor = redactor_of(resolved)
    # By value, too: what is masked under its own key may stand in an address or a prompt.
    plain = redactor.data(resolved.to_plain())
    found = shown.origins(resolved, plain, _lines(path)) if origin else {}
    if form == "json":
        _print_json(plain, found, resolved.profile, origin=origin)
        return
    comments = shown.reporter_reasons(resolved) if origin else {}
    profile = f", profile {resolved.profile}" if resolved.profile else ""
    tail = [f"configured, but not running: {name}" for name in shown.not_running(resolved)]
    _print_yaml(f"{resolved.source}{profile}", plain, comments | _texts(found), tail)


def _show_profile(asked: Asked, *, origin: bool, form: Literal["yaml", "json"]) -> None:
    from editgauge.core.config import PROFILE_VARIABLE
    from editgauge.core.config.built_in_profiles import BUILT_IN_PROFILES
    from editgauge.core.config.profiles import find_profiles
    from editgauge.core.config.shown import origins_of_profile

    name = asked.profile or os.environ.get(PROFILE_VARIABLE)
    if not name:
        known = ", ".join(BUILT_IN_PROFILES)
        raise click.UsageError(f"give CONFIG, or --profile with one of {known}")
    if asked != Asked(profile=asked.profile):
        raise click.UsageError("without CONFIG there is only the profile; give CONFIG, too")
    chain = find_profiles("built-in profiles", {}, name, os.environ)
    data, found = origins_of_profile(chain)
    found = found if origin else {}
    if form == "json":
        _print_json(data, found, name, origin=origin)
    else:
        title = f"profile {name} (built in). {BUILT_IN_PROFILES[name].purpose}"
        _print_yaml(title, data, {path: each[0].why for path, each in found.items()}, [])


def _lines(path: Path) -> dict[str, int]:
    import yaml

    from editgauge.core.config.key_lines import key_lines

    try:
        return key_lines(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} has changed while it was read; try again") from error


def _texts(found: "Mapping[str, list[Origin]]") -> dict[str, str]:
    return {
        path: ", parts of it: ".join([str(first), *([_joined(rest)] if rest else [])])
        for path, (first, *rest) in found.items()
    }


def _joined(origins: "Iterable[Origin]") -> str:
    return ", ".join(dict.fromkeys(map(str, origins)))


def _print_yaml(
    title: str, data: Mapping[str, Any], comments: Mapping[str, str], tail: Iterable[str]
) -> None:
    from editgauge.core.config.yaml_writing import yaml_lines

    say(f"# {title}")
    for line in yaml_lines(data, comments):
        say(line)
    for line in tail:
        say(f"# {line}")


def _print_json(
    data: Mapping[str, Any],
    found: "Mapping[str, list[Origin]]",
    profile: str | None,
    *,
    origin: bool,
) -> None:
    from editgauge.core.text import dump_json_document

    told: Any = data
    if origin:
        by_path = {
            path: [
                {key: value for key, value in asdict(each).items() if value not in ("", None)}
                for each in origins
            ]
            for path, origins in found.items()
        }
        told = {"profile": profile, "config": data, "origins": by_path}
    click.echo(dump_json_document(told))
