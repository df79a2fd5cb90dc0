import io

import pytest

from editgauge.core.terminal import is_ci, is_interactive, wants_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_a_terminal_that_can_move_its_cursor_is_interactive() -> None:
    assert is_interactive(Terminal(), {"TERM": "xterm"})
    assert is_interactive(Terminal(), {})
    assert not is_interactive(Terminal(), {"TERM": "dumb"})
    assert not is_interactive(io.StringIO(), {"TERM": "xterm"})


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert not is_interactive(stream, {})


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_follows_the_conventions(
    environ: dict[str, str], terminal: bool, expected: bool
) -> None:
    assert wants_color(Terminal() if terminal else io.StringIO(), environ) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("1", True), ("", False), ("0", False), ("False", False)],
)
def test_ci_is_what_the_variable_says(value: str, expected: bool) -> None:
    assert is_ci({"CI": value}) is expected
