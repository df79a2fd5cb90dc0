"""`editgauge config`: its schema, and what a run would use."""

import json
from pathlib import Path

import click

from editgauge.core.cli.common import UserError, load_plugins, plugin_options, user_errors, warn
from editgauge.core.cli.config_options import options
from editgauge.core.cli.config_show import show

_EPILOG = """\b
Examples:
  editgauge config schema
  editgauge config schema --output run.schema.json
and as the first line of a config, for editors with a YAML language server:
  # yaml-language-server: $schema=run.schema.json
"""


_GROUP_EPILOG = """\b
Examples:
  editgauge config show run.yaml --profile production --origin
  editgauge config options json
  editgauge config schema --output run.schema.json
"""


@click.group(epilog=_GROUP_EPILOG)
def config() -> None:
    """Print what can be written in a config, and what a run would use."""


config.add_command(show)
config.add_command(options)


@config.command(epilog=_EPILOG)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the schema to a file instead of stdout.",
)
@click.option("--built-in", is_flag=True, help="Only what editgauge itself brings.")
@plugin_options
def schema(output: Path | None, built_in: bool, disable_plugin: tuple[str, ...]) -> None:
    """Print the JSON Schema of configs.

    It knows everything that the installed plugins register.
    """
    with user_errors():
        plugins = load_plugins(disable_plugin)
        from editgauge.config_schemas.schema import run_schema
        from editgauge.core.config import config_models

        models = config_models(plugins, built_in_only=built_in, on_problem=warn)
        text = json.dumps(run_schema(**models), indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}") from error
