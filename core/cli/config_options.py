"""`editgauge config options`."""

from pathlib import Path

import click

from editgauge.core.cli.common import (
    UserError,
    load_plugins,
    plugin_options,
    say,
    user_errors,
    warn,
)
from editgauge.core.text import did_you_mean

_EPILOG = """\b
Examples:
  editgauge config options                           (of every reporter)
  editgauge config options json file
  editgauge config options --renew docs/reporters.md
"""


@click.command(epilog=_EPILOG)
@click.argument("names", nargs=-1, metavar="[REPORTER]...")
@click.option(
    "--renew",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the marked tables in a Markdown file anew, instead of printing any.",
)
@plugin_options
def options(names: tuple[str, ...], renew: Path | None, disable_plugin: tuple[str, ...]) -> None:
    """Print what reporters take as options, as Markdown tables."""
    with user_errors():
        plugins = load_plugins(disable_plugin)
        from editgauge.core.config import config_models
        from editgauge.core.config.option_tables import option_table, renewed

        models = config_models(plugins, on_problem=warn)["reporters"]
        for name in names:
            if name not in models:
                raise UserError(
                    f"no reporter is called {name!r}.{did_you_mean(name, models)} "
                    f"Known: {', '.join(models)}."
                )
        if renew is None:
            for name in names or models:
                say(f"## `{name}`")
                say()
                for line in option_table(models[name]).splitlines():
                    say(line)
                say()
            return
        try:
            page = renew.read_text(encoding="utf-8")
            renew.write_text(renewed(page, models, source=str(renew)), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{renew} cannot be renewed: {error.strerror}") from error
