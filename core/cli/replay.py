"""`editgauge replay RUN|FILE`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from editgauge.core.cli.common import UserError, load_plugins, plugin_options, user_errors
from editgauge.core.hooks.plugin_output import stdout_is_in_use

if TYPE_CHECKING:
    from editgauge.config_schemas.run import Progress

_EPILOG = """\b
Examples:
  editgauge replay latest                       (what the run showed, again)
  editgauge replay latest --speed 10            (ten times as fast as it was)
  editgauge replay runs/NAME -r html            (a report that was not asked for then)
  editgauge replay runs/NAME -r json:log.jsonl -r plain
  editgauge replay events.jsonl -o reporters.plain.detail=full

\b
The recording is kept by the reporter `events`. Nothing is run and no model
is loaded. Each reporter gets every event, however long it takes.
Exit codes: 0 replayed, however the run itself ended; 2 nothing that can be
read, or a wrong option; 110 a reporter could not write; 1 one failed
otherwise; 129, 130 and 143 interrupted.
"""


@click.command(epilog=_EPILOG)
@click.argument("recording", metavar="RUN|FILE")
@click.option(
    "-r",
    "--reporter",
    "reporters",
    multiple=True,
    metavar="NAME[:PATH]",
    help="Play it to this reporter, instead of the one for this terminal. Repeatable.",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "bars", "plain", "quiet", "none"]),
    help="What the terminal shows, unless there is -r; `auto` takes what fits.",
)
@click.option("-v", "--verbose", count=True, help="Show replies whole, and debug lines.")
@click.option("-q", "--quiet", count=True, help="Show problems and the closing block only.")
@click.option(
    "-o",
    "--override",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set an option of a reporter, as in reporters.tqdm.detail=full. Repeatable.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    metavar="X",
    help="Pace: 1 is that of the run, 10 ten times as fast. Default: as fast as possible.",
)
@click.option("--width", type=click.IntRange(min=1), metavar="N", help="Draw for so many columns.")
@click.option("--height", type=click.IntRange(min=1), metavar="N", help="Draw for so many rows.")
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default="runs",
    show_default=True,
    metavar="DIR",
    help="Where `latest` and names of runs are looked for.",
)
@plugin_options
def replay(
    *,
    recording: str,
    reporters: tuple[str, ...],
    progress: "Progress | None",
    verbose: int,
    quiet: int,
    overrides: tuple[str, ...],
    speed: float | None,
    width: int | None,
    height: int | None,
    runs_dir: Path,
    disable_plugin: tuple[str, ...],
) -> int:
    """Show a recorded run again, or send it to other reporters.

    RUN|FILE is a run directory, its name, `latest`, or a recording (events.jsonl).
    """
    from editgauge.core.cli.asked import Asked
    from editgauge.core.config import ReporterChanges, ReporterChoice
    from editgauge.core.hooks.recording import RecordingError
    from editgauge.core.replay.choosing import check_speed, choose
    from editgauge.core.replay.player import Player, Screen
    from editgauge.core.replay.source import find_recording
    from editgauge.core.run.ending import say
    from editgauge.core.run.store import RunDirectoryError
    from editgauge.core.surroundings import surroundings_of
    from editgauge.core.terminal import terminal_size, wants_color
    from editgauge.core.text import counted

    Asked(reporters=reporters, progress=progress, verbose=verbose, quiet=quiet).check()
    with user_errors():
        check_speed(speed)
        plugins = load_plugins(disable_plugin)
        surroundings = surroundings_of(sys.stderr)
        choices = [ReporterChoice.parse(text) for text in reporters] or None
        chosen = choose(
            choices,
            plugins,
            surroundings=surroundings,
            progress=progress or "auto",
            changes=ReporterChanges(verbosity=verbose - quiet),
            overrides=overrides,
        )

        def size() -> tuple[int, int]:
            columns, rows = terminal_size(sys.stderr)
            return width or columns, height or rows

        screen = Screen(
            stderr=sys.stderr,
            stdout=sys.stdout,
            interactive=surroundings.interactive,
            color=wants_color(sys.stderr),
            size=size,
        )
        try:
            source = find_recording(recording, runs_dir)
            player = Player(source, chosen, plugins, screen, speed=speed)
            with stdout_is_in_use():
                result = player.play(handle_signals=True)
        except RunDirectoryError as error:
            raise UserError(str(error)) from error
        except RecordingError as error:
            say(_of_partial(player.partial), sys.stderr)
            raise UserError(f"{source.path}: {error}") from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UserError(f"{source.path} cannot be read: {error.strerror or error}") from error
    lines = [
        f"reporter {failure.reporter!r} failed in {failure.hook} and was muted: {failure.error}"
        for failure in result.reporter_failures
    ]
    if result.is_interrupted:
        lines.append(f"interrupted after {counted(result.events, 'event')}")
    elif not result.finished and not result.reporter_failures:
        lines.append("here the recording ends; the run goes on, or was killed")
    say([*lines, *_of_partial(result.partial)], sys.stderr)
    return result.exit_code


def _of_partial(names: tuple[str, ...]) -> list[str]:
    return [
        f"the report of {name!r} is partial: it shows what the recording holds" for name in names
    ]
