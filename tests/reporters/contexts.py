"""What a reporter is given, for tests: streams that keep what is written, and a clock."""

import io
from pathlib import Path

from editgauge.core.hooks.reporting import ReporterContext
from tests.reporters.script import RUN_DIR, RUN_ID, Clock


def make_context(
    *,
    clock: Clock | None = None,
    stderr: io.TextIOBase | None = None,
    stdout: io.TextIOBase | None = None,
    size: tuple[int, int] = (100, 30),
    run_dir: Path = RUN_DIR,
    interactive: bool = True,
    color: bool = False,
) -> ReporterContext:
    """Return a context; what is not given is in memory."""
    return ReporterContext(
        run_id=RUN_ID,
        run_dir=run_dir,
        stderr=stderr or io.StringIO(),  # type: ignore[arg-type]
        stdout=stdout or io.StringIO(),  # type: ignore[arg-type]
        interactive=interactive,
        color=color,
        size=lambda: size,
        clock=clock or Clock(),
    )
