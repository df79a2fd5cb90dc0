"""`make miniature`: trains the miniature models, or goes on where it was stopped."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import torch

from editgauge.plugins.miniature.checkpoints import WEIGHTS
from editgauge.plugins.miniature.training.autoencoder import train_autoencoder
from editgauge.plugins.miniature.training.editor import train_editor
from editgauge.plugins.miniature.training.judge import train_judge

INTERRUPTED = 130

STAGES = ("autoencoder", "editor", "judge")

_DESCRIPTION = """\
Train the miniature models from nothing: first the autoencoder, then the editor and, at the same
time in another process, the judge. It takes about two hours on two cores. Stop it with Ctrl-C at
any time: the same command goes on where it was.
"""


def main(arguments: list[str] | None = None) -> int:
    """Train one stage in this process, or all of them in processes of their own."""
    parser = argparse.ArgumentParser(
        prog="python -m editgauge.plugins.miniature.training", description=_DESCRIPTION
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=WEIGHTS,
        help="where the checkpoints go; default: %(default)s",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("build/miniature"),
        help="where states are kept meanwhile; default: %(default)s",
    )
    parser.add_argument("--only", choices=STAGES, help="one stage; default: all of them")
    parser.add_argument(
        "--device",
        default="cuda" if torch.cuda.is_available() else "cpu",
        help="what to train on; default: a GPU if there is one",
    )
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    if options.only:
        try:
            _train(options.only, options.output, options.work, options.device)
        except KeyboardInterrupt:
            sys.stderr.write(f"\n{options.only}: stopped; the same command goes on from here\n")
            return INTERRUPTED
        return 0
    running = [_start("autoencoder", options)]
    try:
        if code := running[0].wait():
            return code
        running = [
            _start(stage, options, line=line) for line, stage in enumerate(("editor", "judge"))
        ]
        codes = [process.wait() for process in running]
        # A process that was killed has a negative one.
        return next((code for code in codes if code), 0)
    except KeyboardInterrupt:
        # They have had it, too.
        for process in running:
            process.wait()
        return INTERRUPTED


def _train(stage: str, output: Path, work: Path, device: str) -> None:
    autoencoder = work / "autoencoder"
    if stage == "autoencoder":
        train_autoencoder(autoencoder, work, device)
    elif stage == "editor":
        train_editor(output / "qwen-image-edit", work, device, autoencoder=autoencoder)
    else:
        train_judge(output / "qwen3-vl", work, device)


def _start(stage: str, options: argparse.Namespace, *, line: int = 0) -> "subprocess.Popen[bytes]":
    """Start a stage in a process of its own, with its bar in its own line of the terminal.

    Each has a thread for every core, and none that waits keeps a core busy: so two stages share
    the cores, and the one that is left has them all.
    """
    command = [sys.executable, "-m", "editgauge.plugins.miniature.training", "--only", stage]
    for name in ("output", "work", "device"):
        command += [f"--{name}", str(getattr(options, name))]
    return subprocess.Popen(
        command,
        env=os.environ
        | {
            "OMP_NUM_THREADS": str(os.cpu_count() or 1),
            "OMP_WAIT_POLICY": "passive",
            "TQDM_POSITION": str(line),
        },
    )


if __name__ == "__main__":
    sys.exit(main())
