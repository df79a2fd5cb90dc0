"""`editgauge run CONFIG`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from editgauge.core.cli.asked import Asked, asks_for_config
from editgauge.core.cli.common import load_plugins, user_errors
from editgauge.core.cli.running import run_to_end

if TYPE_CHECKING:
    from editgauge.core.run.opening import Redo

_EPILOG = """\b
Examples:
  editgauge run run.yaml
  editgauge run run.yaml -o edit.steps=8 -o 'edit.workers.devices=[cuda:0, cuda:1]'
  editgauge run run.yaml --profile production      (files, and a quiet terminal)
  editgauge run run.yaml --add-reporter html --no-reporter json -v
  editgauge run run.yaml -r plain -r json:log.jsonl
  editgauge run run.yaml --plugin ./my_model.py    (a model that is not installed)
  editgauge run run.yaml --resume latest
  editgauge run run.yaml --resume latest --retry-failed
  editgauge run other_judge.yaml --resume latest --redo scores

\b
While it runs:
  kill -USR1 PID    says on stderr how far it is
  RUN/status.json   has the same for programs, renewed every two seconds
"""


@click.command(epilog=_EPILOG)
@asks_for_config()
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the run here, instead of a new folder in `runs_dir`.",
)
@click.option(
    "--resume", metavar="RUN", help="Go on with a run: its name, its folder, or `latest`."
)
@click.option(
    "--retry-failed",
    is_flag=True,
    help="With --resume: do samples again that failed or have no score.",
)
@click.option(
    "--redo",
    type=click.Choice(["edits", "scores"]),
    help="With --resume: do finished rows again that would not come out the same now, because the "
    "config, a model or a source image has changed: scores only, or edits and their scores.",
)
@click.option(
    "--max-failures",
    type=click.IntRange(min=0),
    metavar="N",
    help="End with exit code 100 if more samples than this failed.",
)
def run(
    *,
    asked: Asked,
    disable_plugin: tuple[str, ...],
    run_dir: Path | None,
    resume: str | None,
    retry_failed: bool,
    redo: "Redo | None",
    max_failures: int | None,
) -> int:
    """Edit the images of the dataset in CONFIG (a YAML file) and score the edits."""
    if run_dir is not None and resume is not None:
        raise click.UsageError("--run-dir starts a run and --resume goes on with one; use one")
    if retry_failed and resume is None:
        raise click.UsageError("--retry-failed goes with --resume: a new run has no failed samples")
    if redo is not None and resume is None and run_dir is None:
        raise click.UsageError("--redo goes with --resume: a new run has no finished rows")
    asked.check()
    with user_errors():
        from editgauge.core.config import Override

        plugins = load_plugins(disable_plugin)
        more = Override("max_failures", max_failures, "--max-failures")
        resolved = asked.load(plugins, more=[more] if max_failures is not None else [])
        result = run_to_end(
            resolved,
            plugins,
            run_dir=run_dir,
            resume=resume,
            retry_failed=retry_failed,
            redo=redo,
        )
    return int(result.exit_code)
