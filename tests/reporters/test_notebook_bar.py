"""The bar below a cell of a notebook, in a real kernel where it is made of widgets."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.tqdm_bars import TqdmReporter
from tests.hostile.texts import CORPUS, SHORT, harm_in
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play, whole_run

ROOT = Path(__file__).parents[2]
CELL = f"""
import sys, threading
sys.path.insert(0, {str(ROOT)!r})
from tests.reporters.test_notebook_bar import play_the_run
# As in a run: made in the thread of the cell, told in another.
thread = threading.Thread(target=play_the_run(sys.stderr))
thread.start()
thread.join()
"""


def _context(stderr: Any, clock: Clock) -> ReporterContext:
    context = make_context(stderr=stderr, clock=clock, interactive=False)
    return ReporterContext(**{**_fields(context), "notebook": True})


def _fields(context: ReporterContext) -> dict[str, Any]:
    return {name: getattr(context, name) for name in context.__dataclass_fields__}


def play_the_run(stderr: Any) -> Any:
    """Make the reporter, and return what tells it the run."""
    clock = Clock()
    reporter = TqdmReporter(TqdmConfig(), _context(stderr, clock))

    def tell() -> None:
        play(reporter, whole_run(), clock)
        reporter.close()

    return tell


def _execute(folder: Path) -> Any:
    """Return the notebook with one cell, after its execution by a kernel of this Python.

    The client has a process of its own: it leaves sockets open.
    """
    kernel = folder / "share" / "kernels" / "this"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "language": "python", "display_name": "this"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": CELL}
    cells = [cell | {"execution_count": None}]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    path = folder / "run.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    code = (
        "import sys, nbformat, nbclient;"
        "notebook = nbformat.read(sys.argv[1], 4);"
        "nbclient.NotebookClient(notebook, timeout=120, kernel_name='this').execute();"
        "nbformat.write(notebook, sys.argv[1])"
    )
    environment = {
        **os.environ,
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = [sys.executable, "-c", code, str(path)]
    subprocess.run(command, check=True, env=environment, timeout=200)
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_notebook_shows_one_bar_of_widgets_and_below_it_problems_and_the_closing_block(
    tmp_path: Path,
) -> None:
    executed = _execute(tmp_path)
    outputs = executed["cells"][0]["outputs"]
    widgets = [
        o for o in outputs if "application/vnd.jupyter.widget-view+json" in o.get("data", {})
    ]
    assert len(widgets) == 1
    assert outputs[0] is widgets[0]
    text = "\n".join("".join(o["data"]["text/plain"]) for o in outputs[1:])
    assert "[GPU 1] lost: killed by SIGKILL" in text
    assert "Run finished: 4 samples" in text
    assert "8.50" not in text.split("Run finished")[0]
    states = executed["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    html = [
        state["state"].get("value") for state in states.values() if "HTML" in state["model_name"]
    ]
    assert "Scoring:" in html
    assert any("4\u2007of\u20074\u2007(100\u2007%)" in (value or "") for value in html), html
    (bar,) = [
        state["state"] for state in states.values() if state["model_name"] == "FloatProgressModel"
    ]
    assert (bar["value"], bar["max"], bar["bar_style"]) == (1000.0, 1000.0, "success")


def test_without_widgets_there_is_one_line_that_is_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.delitem(sys.modules, "tqdm.notebook", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", None)
    stderr, clock = io.StringIO(), Clock()
    reporter = TqdmReporter(TqdmConfig(), _context(stderr, clock))
    seen: list[str] = []

    def look(_event: Event) -> None:
        seen.append(stderr.getvalue().rpartition("\r")[2].rpartition("\n")[2])

    play(reporter, whole_run(), clock, after_each=look)
    reporter.close()
    assert "Editing: 1 of 4 (25 %), 3.5 images/min, about 7.2 s left" in seen
    assert any(line.startswith("Scoring: 2 of 4 (50 %), mean 8.50") for line in seen)
    assert max(map(len, seen)) <= 80
    text = stderr.getvalue()
    assert "\x1b" not in text
    shown = [line.rpartition("\r")[2] for line in text.split("\n")]
    # Nothing of the bar is left, neither in a line of its own nor at the end of another.
    assert shown[-1] == ""
    assert not [line for line in shown if "images/min, about" in line]
    assert "[GPU 1] lost: killed by SIGKILL" in "\n".join(shown)


@pytest.mark.parametrize("name", SHORT)
def test_hostile_text_harms_no_notebook(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)
    stderr, clock = io.StringIO(), Clock()
    reporter = TqdmReporter(TqdmConfig(detail="full", logs="debug"), _context(stderr, clock))
    stage = events.StageStarted(
        stage=CORPUS[name], samples=1, batch_size=1, batches=1, workers=1, detail=CORPUS[name]
    )
    log = events.LogEmitted(level="info", text=CORPUS[name], elapsed=1.0)
    play(reporter, [stage, events.PhaseStarted(phase=CORPUS[name]), log], clock)
    reporter.close()
    assert harm_in(stderr.getvalue().replace("\r", "")) == []
