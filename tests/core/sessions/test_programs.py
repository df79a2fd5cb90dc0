"""Sessions in programs as people write them: scripts, prompts, notebooks, and their sudden end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import descendants, is_alive, wait_until

ROOT = Path(__file__).parents[3]
OPEN = """
import editgauge
from PIL import Image
from tests.support import plugin
config = {"type": "sleeping", "workers": {"devices": ["cpu"]}}
editor = editgauge.open_edit_model(config, plugins=[plugin])
"""
EDIT = """
(result,) = editor.edit(Image.new("RGB", (4, 4)), "x")
print(result.outcome, result.image.size, editor.folder, flush=True)
"""


def environment(folder: Path) -> dict[str, str]:
    ours = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default::ResourceWarning"}
    # A program that is killed leaves its temporary folder.
    return {**os.environ, **ours, "TMPDIR": str(folder)}


def start(*arguments: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def of(pid: int) -> str:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")


@pytest.mark.parametrize("how", ["script", "module", "prompt"])
def test_a_program_needs_no_guard_and_a_session_left_open_ends_with_it(
    how: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(f"{OPEN}{EDIT}")
    arguments = {"script": ["program.py"], "module": ["-m", "program"], "prompt": ["-i", "-q"]}[how]
    typed = f"{OPEN}{EDIT}" if how == "prompt" else ""
    with start(*arguments, folder=tmp_path) as process:
        told, problems = process.communicate(typed, timeout=120)
    assert process.returncode == 0, problems
    assert "ok (8, 8)" in told
    folder = Path(told.split()[-1])
    # It was left open: Python says so where it is asked to, and nothing stays.
    assert "unclosed session <EditSession" in problems
    assert not folder.exists()


@pytest.mark.parametrize("forks", [False, True])
def test_nothing_outlives_a_program_that_is_killed(tmp_path: Path, *, forks: bool) -> None:
    # As data loaders do that read images beside the session.
    fork = "import os, time\nif os.fork() == 0:\n    time.sleep(3600)\n" if forks else ""
    (tmp_path / "program.py").write_text(f"{OPEN}{fork}{EDIT}input()\n")
    with start("program.py", folder=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ok")
        below = descendants(process.pid)
        forked = [
            pid for pid in below if forks and not descendants(pid) and "program.py" in of(pid)
        ]
        assert len(forked) == forks
        workers = set(below) - set(forked)
        assert len(workers) >= 2
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        ended = wait_until(lambda: not any(map(is_alive, workers)), 60)
        still_there = [pid for pid in forked if is_alive(pid)]
        for pid in still_there:
            os.kill(pid, signal.SIGKILL)
        assert ended
        assert still_there == forked


def test_a_notebook_opens_in_one_cell_and_edits_in_others(tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    kernel = tmp_path / "share" / "kernels" / "this"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "language": "python", "display_name": "this"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    sources = [
        OPEN.replace("plugins=", "reporters=['tqdm'], plugins="),
        EDIT,
        EDIT,
        "editor.close()",
    ]
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [], "source": source}
        | {"execution_count": None}
        for number, source in enumerate(sources)
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "work.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code = (
        "import nbformat, nbclient; book = nbformat.read('work.ipynb', 4); "
        "nbclient.NotebookClient(book, timeout=120, kernel_name='this').execute(); "
        "nbformat.write(book, 'done.ipynb')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path) | {"JUPYTER_PATH": str(tmp_path / "share")},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    executed = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    for cell in executed[1:3]:
        told = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        assert "ok (8, 8)" in told
    shown = json.dumps([cell["outputs"] for cell in executed])
    assert "widget-view" in shown
    assert "Run finished: 2 samples" in shown
