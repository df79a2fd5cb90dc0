"""Runs editgauge as its users do: the command, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a command: this one's, without what steers editgauge and colour."""
    steering = {
        *("CI", "GITHUB_ACTIONS", "JPY_PARENT_PID", "NO_COLOR", "FORCE_COLOR"),
        *("PYTHONPATH", "TERM"),
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in steering and (name == "EDITGAUGE_CACHE" or not name.startswith("EDITGAUGE_"))
    }
    return kept | {"TERM": "xterm-256color", **changes}


def editgauge(
    *arguments: str, folder: Path, **changes: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run `editgauge` in a folder, its output piped; `changes` are environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "editgauge", *arguments],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one on each line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pixels(image: Path) -> bytes:
    """Return the pixels of an image."""
    with Image.open(image) as opened:
        return opened.tobytes()


def pictures(run_dir: Path) -> dict[str, bytes]:
    """Return the content of every file in the run's `images`, hidden ones too."""
    return {path.name: path.read_bytes() for path in sorted((run_dir / "images").iterdir())}
