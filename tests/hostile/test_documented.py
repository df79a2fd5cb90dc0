"""docs/security.md names tests; what it says is proved only while they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_docs_security_names_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = text.partition("## What is done about each")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 15
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert named, row
        assert all((ROOT / name).is_file() for name in named), row
