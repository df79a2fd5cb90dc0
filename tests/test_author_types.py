"""mypy, strict, on what an author writes: it passes what is right and reports what is wrong."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.import_graph import ROOT

SOURCES = Path(__file__).parent / "author_types"
"""Texts, not modules: neither is checked with the rest, and one is wrong on purpose."""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[tuple[int, str]]]:
    """Return how often mypy reports an error in a line, by file; both are checked at once."""
    folder = tmp_path_factory.mktemp("author")
    for name in ("right", "wrong"):
        (folder / f"{name}.py").write_text((SOURCES / f"{name}.txt").read_text("utf-8"))
    # The project's own options are strict, and with them the cache of `make test` is of use.
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-pretty"]
    done = subprocess.run(
        [*command, str(folder / "right.py"), str(folder / "wrong.py")],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "MYPY_FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, Counter[tuple[int, str]]] = {"right": Counter(), "wrong": Counter()}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r".*/(right|wrong)\.py:(\d+): error: .*\[([a-z-]+)\]", line)
        if match:
            found[match[1]][int(match[2]), match[3]] += 1
    return found


def expected(name: str) -> Counter[tuple[int, str]]:
    lines = (SOURCES / f"{name}.txt").read_text("utf-8").splitlines()
    return Counter(
        (number, code)
        for number, line in enumerate(lines, start=1)
        for code in re.findall(r"# E: ([a-z-]+)", line)
    )


def test_a_package_that_uses_the_public_api_only_passes_in_strict_mode(
    reported: dict[str, Counter[tuple[int, str]]],
) -> None:
    assert reported["right"] == Counter()
    text = (SOURCES / "right.txt").read_text("utf-8")
    assert "editgauge." + "core" not in text
    assert "type: ignore" not in text


def test_what_is_wrong_is_reported_where_it_stands(
    reported: dict[str, Counter[tuple[int, str]]],
) -> None:
    assert set(reported["wrong"]) == set(expected("wrong"))
    assert len(expected("wrong")) > 20
