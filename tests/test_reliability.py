"""Each promise of docs/reliability.md names tests; a promise whose test is gone is no promise."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
_PROOF = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def defined_tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and node.name.lower().startswith("test")
    }


def promises() -> list[str]:
    """Return the rows of the tables of promises, without their heads."""
    text = PAGE.read_text("utf-8")
    section = text.split("## What is promised")[1].split("\n## ")[0]
    return [
        line
        for line in section.splitlines()
        if line.startswith("| ") and not line.startswith("| promise ")
    ]


def test_every_promise_names_a_test() -> None:
    rows = promises()
    assert len(rows) >= 20
    assert [row for row in rows if not _PROOF.search(row)] == []


def test_every_test_that_is_named_exists() -> None:
    proofs = _PROOF.findall(PAGE.read_text("utf-8"))
    assert proofs
    for name, test in proofs:
        path = ROOT / name
        assert path.is_file(), name
        assert not test or test in defined_tests(path), f"{name}::{test}"
