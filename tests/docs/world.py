"""A folder in which the commands of a page are run, with light models in place of large ones."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from editgauge.core.yaml_loading import load_yaml
from tests.docs.pages import ROOT, Block

LIGHT = {
    "edit": {"type": "faults", "workers": {"devices": ["cpu"]}},
    "reward": {"type": "faults", "workers": {"devices": ["cpu"]}},
}
"""What stands in for models that need weights."""
HEAVY = ("qwen", "miniature", "flux", "diffusers", "openai")
"""How the types begin that are stood in for."""
IDS = ("boat", "coffee", "cat")


class World:
    """The folder: photographs, `run.yaml`, a finished run, and the programs that pages name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = ""
        for name in ("bin", "site", "photos"):
            (folder / name).mkdir()
        self._write_programs()
        self._write_photographs()
        dataset = {"type": "jsonl", "path": "photos.jsonl"}
        self._write_config({"dataset": dataset, **LIGHT}, "run.yaml")

    def _write_programs(self) -> None:
        pip = "--quiet --no-deps --no-index --no-build-isolation --no-compile --target"
        programs = {
            "editgauge": f'exec {sys.executable} -m editgauge "$@"',
            "python": f'exec {sys.executable} "$@"',
            # What a page installs is seen by the commands that follow it, and by nobody else.
            "pip": f'[ "$1" = install ] && shift && [ "$1" = -e ] && shift\n'
            f'exec {sys.executable} -m pip install {pip} "{self.folder / "site"}" "$@"',
        }
        for name, text in programs.items():
            program = self.folder / "bin" / name
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)

    def _write_photographs(self) -> None:
        from PIL import Image

        rows = []
        for number, name in enumerate(IDS):
            picture = Image.linear_gradient("L").resize((48, 32)).rotate(90 * number)
            picture.convert("RGB").save(self.folder / "photos" / f"{name}.png")
            row = {"id": name, "image": f"photos/{name}.png", "instruction": "Make it winter."}
            rows.append(json.dumps(row) + "\n")
        (self.folder / "photos.jsonl").write_text("".join(rows))

    def _write_config(self, config: dict[str, Any], name: str) -> None:
        for section, light in LIGHT.items():
            model = config.get(section)
            if model is not None and str(model.get("type", "")).startswith(HEAVY):
                config[section] = light
            elif model is not None:
                # Where nothing is said of devices, torch would be asked for GPUs: two seconds.
                config[section] = {"workers": {"devices": ["cpu"]}} | model
        (self.folder / name).write_text(json.dumps(config))

    def give_run(self, run: Path) -> None:
        """Put a finished run into the folder, as the latest one and as `runs/NAME`."""
        shutil.copytree(run, self.folder / "runs" / run.name, symlinks=True)
        for alias in ("latest", "NAME"):
            (self.folder / "runs" / alias).symlink_to(run.name)
        shutil.copy(run / "events.jsonl", self.folder / "sent.jsonl")

    def give_file(self, block: Block) -> None:
        """Write the file that a block is."""
        path = self.folder / block.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = load_yaml(block.text, source=block.place) if path.suffix == ".yaml" else None
        if isinstance(data, dict) and "edit" in data:
            self._write_config(data, block.file_name)
        else:
            path.write_text(block.text, encoding="utf-8")

    def run(self, commands: str, *, terminal: bool = False) -> subprocess.CompletedProcess[str]:
        """Run commands as a shell does, up to the first that fails; keep what they print.

        Args:
            commands: what stands in a block.
            terminal: whether they have a terminal of 120 columns and 40 rows.
        """
        variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EDITGAUGE_", "GITHUB_", "PYTEST_"))
            and name not in ("CI", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH")
        }
        variables |= {
            "PATH": f"{self.folder / 'bin'}:{variables['PATH']}",
            "PYTHONPATH": str(self.folder / "site"),
            "HOME": str(self.folder),
        }
        command = ["/bin/bash", "-euxo", "pipefail", "-c", commands]
        if terminal:
            command = ["script", "--quiet", "--return", "--command", shlex.join(command), "typed"]
            variables |= {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=250,
        )
        self.output = done.stdout
        return done


def general(line: str) -> str:
    """Return a line of output without what differs from run to run.

    These are names and folders of runs, times and rates, and fractions; whole numbers stay.
    """
    line = re.sub(r"\d{8}T\d{6}Z-([\w-]+?)-[0-9a-f]{6}\b", r"RUN-\1", line.strip())
    line = re.sub(r"(?:/[\w.-]+)*/(?=runs/|report/)", "", line)
    line = re.sub(r"\d+\.\d+", "0.0", line)
    line = re.sub(r"\d+(?= (?:h|min|s|images/min)\b)", "0", line)
    return re.sub(r"\s+", " ", line)


def copy_examples(folder: Path) -> None:
    """Give a folder the examples of the checkout, for commands that name them."""
    shutil.copytree(
        ROOT / "examples",
        folder / "examples",
        ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"),
    )
    pictures = Path("plugins", "miniature", "photographs")
    shutil.copytree(ROOT / pictures, folder / pictures)
