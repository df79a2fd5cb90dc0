"""The table of all checks in docs/testing-plugins.md: `python -m tests.testing.check_tables`."""

import re
from typing import TYPE_CHECKING

from editgauge.core.conformance.api import checks_of
from editgauge.core.conformance.registration_checks import FIRST
from editgauge.core.hooks.plugin_manager import Kind
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from editgauge.core.conformance.checks import Check

PAGE = DOCS / "testing-plugins.md"
_MARKED = re.compile(r"(<!-- checks: .*? -->\n).*?(<!-- end of checks -->)", re.DOTALL)
_KINDS: dict[Kind, str] = {
    "edit model": "Edit models",
    "reward model": "Reward models",
    "dataset": "Datasets",
    "reporter": "Reporters",
}


def tables() -> str:
    """Return the tables of all kinds, what they share first."""
    shared = FIRST.described()
    parts = [_table("Every part", shared)]
    parts += [
        _table(title, [check for check in checks_of(kind) if check not in shared])
        for kind, title in _KINDS.items()
    ]
    return "\n".join(parts)


def renewed(page: str) -> str:
    """Return the page with the tables of today."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{tables()}\n{found[2]}", page)


def _table(title: str, checks: "Sequence[Check]") -> str:
    rows = [f"| `{check.name}` | {check.title} | {_cell(check.tries)} |" for check in checks]
    head = f"#### {title}\n\n| check | what should be so | how it is tried |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
