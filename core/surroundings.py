"""Where the progress of a run is shown, and what fits there: bars or lines."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from editgauge.core.terminal import FALLBACK_SIZE, is_ci, is_dumb, is_terminal, terminal_size

NARROWEST = 30
"""Columns that bars need: a worker's name, a percentage and its steps take nearly all of them."""
LOWEST = 6
"""Rows that bars need: a worker, the total, three lines above them and the shell's prompt."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """What fits, and why, as half a sentence for people."""

    progress: Literal["bars", "plain"]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known of the stream that people read, and of who started this process.

    Attributes:
        terminal: whether the stream is a terminal.
        dumb: whether its cursor cannot be moved (`TERM=dumb`).
        size: its columns and rows, 80 and 24 if they are not known.
        ci: the variable by which a continuous integration service says that it runs this, or "".
        notebook: whether the stream is shown below a cell of a notebook.
        cell: whether this process was started by a cell of a notebook, as `!editgauge run`.
    """

    terminal: bool = False
    dumb: bool = False
    size: tuple[int, int] = FALLBACK_SIZE
    ci: str = ""
    notebook: bool = False
    cell: bool = False

    @property
    def interactive(self) -> bool:
        """Whether the stream is a terminal whose cursor can be moved."""
        return self.terminal and not self.dumb

    @property
    def takes_bars(self) -> bool:
        """Whether bars can be drawn at all, if somebody asks for them by name."""
        return self.interactive or self.notebook

    def fitting(self) -> Fitting:
        """Return what `progress: auto` takes."""
        if self.notebook:
            return Fitting("bars", "this is a notebook")
        columns, rows = self.size
        obstacles = {
            "stderr is no terminal": not self.terminal,
            "TERM is dumb": self.dumb,
            f"{self.ci} is set": bool(self.ci),
            "a cell of a notebook started it": self.cell,
            f"the terminal has {columns} columns, fewer than {NARROWEST}": columns < NARROWEST,
            f"the terminal has {rows} rows, fewer than {LOWEST}": rows < LOWEST,
        }
        for obstacle, is_there in obstacles.items():
            if is_there:
                return Fitting("plain", obstacle)
        return Fitting("bars", "stderr is a terminal")


def surroundings_of(stream: TextIO, environ: Mapping[str, str] | None = None) -> Surroundings:
    """Return what is known of a stream, usually `sys.stderr`, and of this process.

    Args:
        stream: where people read.
        environ: the environment; default `os.environ`.
    """
    environ = os.environ if environ is None else environ
    notebook = is_notebook(stream)
    return Surroundings(
        terminal=is_terminal(stream),
        dumb=is_dumb(environ),
        size=terminal_size(stream),
        ci=ci_variable(environ),
        notebook=notebook,
        # Jupyter sets it for its kernels, and whatever they start inherits it.
        cell=not notebook and bool(environ.get("JPY_PARENT_PID")),
    )


def is_notebook(stream: TextIO) -> bool:
    """Return whether a stream is shown below a cell: in Jupyter, VS Code, Colab and their like.

    Nothing is imported to find out: in a kernel, ipykernel has put its own stream there.
    """
    kernel_stream = getattr(sys.modules.get("ipykernel.iostream"), "OutStream", None)
    return isinstance(kernel_stream, type) and isinstance(stream, kernel_stream)


def ci_variable(environ: Mapping[str, str]) -> str:
    """Return the variable by which a build system says that it runs this, or an empty string."""
    if is_ci(environ):
        return "CI"
    return "GITHUB_ACTIONS" if environ.get("GITHUB_ACTIONS") == "true" else ""
