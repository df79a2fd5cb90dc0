"""The example of a package by somebody else: installed and tested without the checkout."""

import ast
import json
import shutil
from pathlib import Path

import pytest

import editgauge
from tests.support.outsiders import ROOT, Outsider, make_outsider, run_command
from tests.support.pythons import make_bare_python

EXAMPLE = ROOT / "examples" / "plugins" / "editgauge-gedit"


@pytest.fixture(scope="module")
def outsider(tmp_path_factory: pytest.TempPathFactory) -> Outsider:
    found = make_outsider(tmp_path_factory)
    found.install(found.copy(EXAMPLE, found.folder / "sources"))
    return found


def test_its_own_tests_pass_without_the_checkout(outsider: Outsider, tmp_path: Path) -> None:
    """Only the tests are there: the package itself is what was installed."""
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shutil.copy2(EXAMPLE / "pyproject.toml", tmp_path)
    where = "import editgauge, editgauge_gedit; print(editgauge.__file__, editgauge_gedit.__file__)"
    files = outsider.run("python", "-c", where, cwd=tmp_path).split()
    assert [Path(name).is_relative_to(outsider.folder) for name in files] == [True, True]
    out = outsider.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert " passed" in out


def test_it_is_listed_with_what_it_registers(outsider: Outsider, tmp_path: Path) -> None:
    listed = json.loads(outsider.run("editgauge", "plugins", "--json", cwd=tmp_path))
    (found,) = (plugin for plugin in listed if plugin["name"] == "gedit")
    assert (found["state"], found["package"], found["error"]) == ("loaded", "editgauge-gedit", "")
    assert [(item["kind"], item["name"]) for item in found["registers"]] == [
        ("reward model", "gedit-judge"),
        ("dataset", "gedit-bench"),
        ("reporter", "gedit-table"),
    ]


def test_its_judge_can_be_imported_in_a_python_with_nothing_but_pillow(tmp_path: Path) -> None:
    """As a worker does: editgauge and the package are lent, pydantic and pyarrow are missing."""
    python = make_bare_python(tmp_path / "python")
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import editgauge.core.workers.inert as inert; inert.install()\n"
        "from editgauge_gedit.judge import GEditJudge\n"
        "print(GEditJudge.__mro__[1].__name__, 'pydantic' in sys.modules)\n"
    )
    command = [str(python), "-I", "-c", code, str(ROOT / "src"), str(EXAMPLE)]
    assert run_command(command, cwd=tmp_path).stdout.split() == ["RewardModel", "False"]


def test_it_uses_the_public_api_only() -> None:
    used: set[str] = set()
    for path in sorted(EXAMPLE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
                assert not any(name.startswith("editgauge.") for name in names), path
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("editgauge."):
                assert node.module == "editgauge.testing", path
            if isinstance(node, ast.ImportFrom) and node.module == "editgauge":
                used |= {alias.name for alias in node.names}
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "editgauge":
                used.add(node.attr)
    assert used - {"__file__", "testing"} <= set(editgauge.__all__)
    assert {"Dataset", "RewardModel", "Reporter", "hookimpl"} <= used
