"""`editgauge demo`: the main job on the shipped photographs, with miniature models."""

import importlib.util
from pathlib import Path
from typing import Any

import click

from editgauge.core.cli.asked import Asked, asks_for_reporters
from editgauge.core.cli.common import UserError, load_plugins, user_errors
from editgauge.core.cli.running import run_to_end

PHOTOGRAPHS = Path(__file__).parent / "photographs" / "photos.jsonl"

STEPS = 10
"""Denoising steps of an edit, unless told otherwise."""

_NEEDED_PACKAGES = ("torch", "torchvision", "diffusers", "transformers", "accelerate")

_BEFORE = """\
This is the real pipeline, with the real classes of Qwen-Image-Edit and Qwen3-VL. Their weights are
miniatures, trained for this program: they know 13 kinds of instruction on small pictures. Two of
the ten instructions are beyond them (coins, camera), to show what bad edits look like. Three
photographs were kept out of the training: coffee, coins, rocket.
"""
_AFTER = """\
Remember: miniature weights. What they do, and what they score, says nothing of the real models.
With real ones: editgauge run CONFIG (see `editgauge run --help`).
"""

_EPILOG = """\b
Examples:
  editgauge demo
  editgauge demo --profile production --add-reporter html
  editgauge demo -r plain -r json:events.jsonl
  editgauge demo --steps 20 --progress plain
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    default=STEPS,
    show_default=True,
    help="Denoising steps of an edit.",
)
@asks_for_reporters
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the run here, instead of a new folder in `runs`.",
)
@click.option("--resume", metavar="RUN", help="Go on with an earlier demo, or `latest`.")
@click.option("--retry-failed", is_flag=True, help="With --resume: do failed samples again.")
def demo(
    *,
    steps: int,
    asked: Asked,
    run_dir: Path | None,
    resume: str | None,
    retry_failed: bool,
) -> int:
    """Edit ten photographs with two workers and judge them, on the CPU, in less than a minute."""
    asked.check()
    _check_packages()
    click.echo(_BEFORE, err=True)
    with user_errors():
        plugins = load_plugins(())
        config = asked.load(plugins, data=demo_config(steps=steps))
        result = run_to_end(
            config, plugins, run_dir=run_dir, resume=resume, retry_failed=retry_failed
        )
    click.echo("\n" + _AFTER, err=True)
    return int(result.exit_code)


def demo_config(*, steps: int = STEPS, progress: str = "auto") -> dict[str, Any]:
    """Return the demo's configuration: what `editgauge run` would be given."""
    return {
        "name": "demo",
        "progress": progress,
        "dataset": {"type": "jsonl", "path": str(PHOTOGRAPHS)},
        "edit": {
            "type": "miniature-qwen-edit",
            "steps": steps,
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2},
        },
        "reward": {
            "type": "miniature-qwen3-vl",
            "batch_size": 4,
            "workers": {"devices": ["cpu"]},
        },
        "reporters": {"events": {}, "html": {}, "json": {"path": "{run_dir}/log.jsonl"}},
    }


def _check_packages() -> None:
    missing = [name for name in _NEEDED_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"the demo needs {', '.join(missing)}: install editgauge with its extra, "
            "pip install 'editgauge[qwen]'"
        )
