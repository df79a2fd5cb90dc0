"""`editgauge plugins`."""

from dataclasses import asdict

import click

from editgauge.core.cli.common import disable_option, load_plugins, say
from editgauge.core.hooks.plugin_manager import KINDS, PluginInfo
from editgauge.core.text import clean, dump_json_document

_EPILOG = """\b
Examples:
  editgauge plugins
  editgauge plugins --json | jq '.[] | select(.state == "broken")'
  EDITGAUGE_DISABLE_PLUGINS=qwen-edit editgauge plugins
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@disable_option
def plugins(as_json: bool, disable_plugin: tuple[str, ...]) -> None:
    """List every plugin: name, version, state, and what it registers."""
    found = list(load_plugins(disable_plugin).plugins.values())
    if as_json:
        click.echo(dump_json_document([_as_data(info) for info in found]))
        return
    if not found:
        say("no plugins are installed")
    width = max((len(clean(info.name)) for info in found), default=0)
    for info in found:
        version = f"{info.package} {info.version}".strip() or "-"
        say(f"{clean(info.name):<{width}}  {info.state:<8}  {version}")
        if info.error:
            say(f"    {info.error}")
        for kind in KINDS:
            for registration in info.registrations:
                if registration.kind == kind:
                    summary = f": {registration.summary}" if registration.summary else ""
                    say(f"    {kind} {registration.name}{summary}")


def _as_data(info: PluginInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "package": info.package,
        "version": info.version,
        "state": info.state,
        "error": info.error,
        "registers": [
            {
                key: value
                for key, value in asdict(registration).items()
                if key in ("kind", "name", "target", "summary")
            }
            for registration in info.registrations
        ],
    }
