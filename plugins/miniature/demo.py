"""`editgauge demo`: the main job on the shipped photographs, with miniature models."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from editgauge.core.cli.asked import Asked, asks_for_reporters
from editgauge.core.cli.common import UserError, load_plugins, user_errors
from editgauge.core.cli.running import run_to_end
from editgauge.plugins.miniature.checkpoints import KINDS, Kind, checkpoint_path

PHOTOGRAPHS = Path(__file__).parent / "photographs" / "photos.jsonl"

_NEEDED: tuple[Kind, ...] = ("qwen-image-edit", "qwen3-vl")
_NEEDED_PACKAGES = ("torch", "torchvision", "diffusers", "transformers", "accelerate")

_BEFORE = """\
This is the real pipeline, with the real classes of Qwen-Image-Edit and Qwen3-VL, but with tiny
random weights: the pictures and the scores mean nothing.
"""
_AFTER = """\
Remember: random weights, so the pictures and the scores mean nothing. With real ones:
editgauge run CONFIG (see `editgauge run --help`).
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
    default=8,
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
    """Edit ten photographs with two workers and judge them, on the CPU, in about a minute."""
    asked.check()
    _check_packages()
    click.echo(_BEFORE, err=True)
    _build_checkpoints()
    with user_errors():
        plugins = load_plugins(())
        config = asked.load(plugins, data=demo_config(steps=steps))
        result = run_to_end(
            config, plugins, run_dir=run_dir, resume=resume, retry_failed=retry_failed
        )
    click.echo("\n" + _AFTER, err=True)
    return int(result.exit_code)


def demo_config(*, steps: int = 8, progress: str = "auto") -> dict[str, Any]:
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
            "score_by": "logprobs",
            "also_reply": True,
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


def _build_checkpoints() -> None:
    missing = [kind for kind in _NEEDED if not checkpoint_path(kind).is_dir()]
    if not missing:
        return
    click.echo(f"Building {' and '.join(missing)}, once; this takes some seconds ...", err=True)
    # In a process of its own, so that this one stays light; both workers then find them ready.
    builder = subprocess.run(
        [sys.executable, "-m", "editgauge.plugins.miniature.checkpoints", *missing],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if builder.returncode != 0:
        raise UserError(
            f"the miniature checkpoints ({', '.join(KINDS)}) could not be built; "
            "what went wrong stands above"
        )
