"""`editgauge.run(...)`: a run from Python."""

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from editgauge.core.config import load_config
from editgauge.core.hooks.given_plugins import Plugin, load_with
from editgauge.core.run.python_reporters import GivenReporter, named_reporters, register_objects
from editgauge.core.surroundings import surroundings_of
from editgauge.core.terminal import wants_color

if TYPE_CHECKING:
    from editgauge.core.run.opening import Redo
    from editgauge.core.run.result import RunResult


def run(
    config: Path | str | Mapping[str, Any],
    *,
    reporters: Sequence[GivenReporter] | None = None,
    run_dir: Path | str | None = None,
    resume: str | None = None,
    retry_failed: bool = False,
    redo: "Redo | None" = None,
    profile: str | None = None,
    overrides: Sequence[str] = (),
    plugins: Sequence[Plugin] = (),
) -> "RunResult":
    """Edit the images of a dataset and score the edits, as `editgauge run` does.

    Ctrl-C ends the run in good order if this is called in the main thread.

    Args:
        config: path of a YAML file, or the same keys as a mapping.
        reporters: exactly these run; default: what the config says, so that a terminal shows
            progress unless the config has `progress: none`. An empty list means none.
        run_dir: folder of this run, instead of a new one in the config's `runs_dir`.
        resume: name or path of a run to go on with, or `latest`.
        retry_failed: with `resume`, samples that failed or have no score are done again.
        redo: with `resume`, which finished rows may be done again where they would not come out
            the same now, because of another configuration, model or source image: `scores`, or
            `edits` with their scores. Without it, such a run is refused.
        profile: name of a profile, of the config or built in.
        overrides: `KEY=VALUE` each, as given to `-o`.
        plugins: more plugins than those that are installed: the path of a Python file or of a
            package's folder, as for `--plugin`, a module, or an object with hooks.

    Returns:
        How the run ended, and its figures; failed samples raise nothing.

    Raises:
        ConfigError: the config is wrong; lists every problem.
        PluginError: a plugin that is given cannot be used, a reporter cannot be made, or one of its
            hooks is wrong.
        RunDirectoryError: the run directory cannot be used; `run_dir` and `resume` are both given.
        TypeError: a reporter is neither a name, a pair nor an object with hooks, or a plugin has
            no hook.
    """
    from editgauge.core.run.opening import Redo, Wish

    if retry_failed and resume is None:
        raise ValueError("'retry_failed' goes with 'resume': a new run has no failed samples")
    if redo is not None and redo not in get_args(Redo):
        raise ValueError(f"'redo' should be one of {get_args(Redo)}, not {redo!r}")
    if redo is not None and resume is None and run_dir is None:
        raise ValueError("'redo' goes with 'resume': a new run has no finished rows")
    for name, value in (("reporters", reporters), ("overrides", overrides)):
        if isinstance(value, str):
            raise TypeError(f"{name!r} should be a list, as in [{value!r}], not one text")
    from editgauge.core.run.runner import run_resolved

    manager = load_with(plugins)
    surroundings = surroundings_of(sys.stderr)
    resolved = load_config(
        config,
        plugins=manager,
        profile=profile,
        overrides=overrides,
        reporters=None if reporters is None else named_reporters(reporters),
        surroundings=surroundings,
    )
    register_objects(reporters or (), manager)
    return run_resolved(
        resolved,
        manager,
        wish=Wish(
            run_dir=None if run_dir is None else Path(run_dir),
            resume=resume,
            retry_failed=retry_failed,
            redo=redo,
        ),
        stderr=sys.stderr,
        stdout=sys.stdout,
        interactive=surroundings.interactive,
        color=wants_color(sys.stderr),
        handle_signals=threading.current_thread() is threading.main_thread(),
    )
