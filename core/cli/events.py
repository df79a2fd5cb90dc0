"""`editgauge events schema`."""

import json
from pathlib import Path

import click

from editgauge.core.cli.common import UserError

_EPILOG = """\b
Examples:
  editgauge events schema
  editgauge events schema --output events.schema.json
and to check a recording with another program:
  check-jsonschema --schemafile events.schema.json LINE.json
"""


@click.group(
    epilog="""\b
Examples:
  editgauge events schema
"""
)
def events() -> None:
    """Describe what recordings (events.jsonl) hold."""


@events.command(epilog=_EPILOG)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the schema to a file instead of stdout.",
)
def schema(output: Path | None) -> None:
    """Print the JSON Schema of events.

    Every line of a recording is an instance of it, the header included.
    """
    from editgauge.core.hooks.schema import events_schema

    text = json.dumps(events_schema(), indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}") from error
