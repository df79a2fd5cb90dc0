import io
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from editgauge.core.surroundings import LOWEST, NARROWEST, Surroundings, surroundings_of
from tests.core.test_terminal import Terminal


@pytest.mark.parametrize(
    ("known", "progress", "because"),
    [
        ({"terminal": True}, "bars", "stderr is a terminal"),
        ({}, "plain", "stderr is no terminal"),
        ({"terminal": True, "dumb": True}, "plain", "TERM is dumb"),
        ({"terminal": True, "ci": "CI"}, "plain", "CI is set"),
        ({"terminal": True, "cell": True}, "plain", "a cell of a notebook started it"),
        (
            {"terminal": True, "size": (NARROWEST - 1, 50)},
            "plain",
            "the terminal has 29 columns, fewer than 30",
        ),
        (
            {"terminal": True, "size": (200, LOWEST - 1)},
            "plain",
            "the terminal has 5 rows, fewer than 6",
        ),
        ({"terminal": True, "size": (NARROWEST, LOWEST)}, "bars", "stderr is a terminal"),
        ({"notebook": True, "ci": "CI"}, "bars", "this is a notebook"),
    ],
)
def test_what_fits_and_why(known: dict[str, Any], progress: str, because: str) -> None:
    fitting = Surroundings(**known).fitting()
    assert (fitting.progress, fitting.because) == (progress, because)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Surroundings(terminal=True)),
        ({"TERM": "dumb"}, Surroundings(terminal=True, dumb=True)),
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, Surroundings(terminal=True, ci="CI")),
        ({"GITHUB_ACTIONS": "true"}, Surroundings(terminal=True, ci="GITHUB_ACTIONS")),
        ({"CI": "false", "GITHUB_ACTIONS": "no"}, Surroundings(terminal=True)),
        ({"JPY_PARENT_PID": "7"}, Surroundings(terminal=True, cell=True)),
    ],
)
def test_the_environment_says_who_started_it(
    environ: dict[str, str], expected: Surroundings
) -> None:
    assert surroundings_of(Terminal(), environ) == expected


def test_a_stream_that_is_no_terminal_has_the_usual_size() -> None:
    assert surroundings_of(io.StringIO(), {}) == Surroundings(size=(80, 24))


def test_a_stream_of_a_kernel_is_a_notebook_and_takes_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    class OutStream(io.StringIO):
        """Stands for ipykernel's, which is no terminal."""

    module = ModuleType("ipykernel.iostream")
    module.OutStream = OutStream  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel.iostream", module)
    kernel = surroundings_of(OutStream(), {"JPY_PARENT_PID": "7"})
    assert kernel == Surroundings(notebook=True)
    assert kernel.takes_bars
    assert not kernel.interactive
    assert not surroundings_of(io.StringIO(), {}).notebook


def test_looking_for_a_notebook_imports_none() -> None:
    code = (
        "import sys; from editgauge.core.surroundings import surroundings_of;"
        "surroundings_of(sys.stderr);"
        "print([name for name in sys.modules if name.split('.')[0] in ('IPython', 'ipykernel')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
