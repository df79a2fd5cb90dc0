"""The public API: every name is listed, described, and its changes are told in the changelog."""

import ast
import inspect
import re

import pytest

import editgauge
from tests.api_listing import (
    COMMAND,
    LISTING,
    RELEASED,
    entries,
    listing,
    private_classes,
    public_modules,
    public_names,
    unnamed_changes,
)
from tests.import_graph import ROOT, modules

DOCS = ROOT / "docs"
CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = {"events": "events.md", "testing": "testing-plugins.md"}
"""Pages that describe the names of a public module in a text of their own; others are tables."""


def test_the_listing_is_that_of_the_source() -> None:
    assert LISTING.read_text("utf-8") == listing(), (
        f"the public API has changed: renew docs/api.txt by `{COMMAND}`, look at the difference, "
        "and name it in CHANGELOG.md"
    )


def test_what_changed_since_the_last_release_is_in_the_changelog() -> None:
    missing = unnamed_changes(RELEASED.read_text("utf-8"), listing(), CHANGELOG.read_text("utf-8"))
    assert missing == [], (
        "these public names have changed since the last release (docs/api-released.txt), and "
        f"CHANGELOG.md does not name them under `Unreleased`: {', '.join(missing)}"
    )


OLD = """head

Model: class(ABC)
    load: def(self, device: str) -> None
    edit: def(self) -> Image

run: def(config: Path) -> Result
        where Result = int

gone: def() -> None
"""
NEW = """head

Model: class(ABC)
    load: def(self, device: str, *, threads: int) -> None
    edit: def(self) -> Image
    close: def(self) -> None

Fresh: class()
    field: str

run: def(config: Path) -> Result
        where Result = float
"""


@pytest.mark.parametrize(
    ("changelog", "missing"),
    [
        ("- nothing", ["Model.load", "run", "gone", "Model.close", "Fresh"]),
        (
            "- `Model.load` takes `threads`, `editgauge.Model.close` is new, `gone` is gone",
            ["run", "Fresh"],
        ),
        (
            "- `Model.load(threads=...)`, `Model.close`, `run(...)`, `Fresh.field`, `gone`",
            ["Fresh"],
        ),
        (
            "- load, run, gone, close, Fresh; `Model`",
            ["Model.load", "run", "gone", "Model.close", "Fresh"],
        ),
    ],
)
def test_a_change_that_the_changelog_does_not_name_is_found(
    changelog: str, missing: list[str]
) -> None:
    text = f"# Changelog\n\n## Unreleased\n\n{changelog}\n\n## 0.0.1\n\n- `Model.load`, `Fresh`\n"
    assert unnamed_changes(OLD, NEW, text) == missing
    assert unnamed_changes(NEW, NEW, text) == []


def test_the_listing_has_every_name_with_its_members() -> None:
    found = entries(listing())
    assert {
        "EditModel.load",
        "EditRequest.seed",
        "ExitCode.USAGE",
        "events.RunStarted.run_dir",
        "Register.__call__",
        "run",
        "register_edit_models",
        "step_event",
    } <= found.keys()
    assert found["EditRequest.seed"].strip() == "seed: int"
    assert "where Redo = Literal['edits', 'scores']" in found["run"]
    for name in public_names():
        assert name in found


@pytest.mark.parametrize("module", public_modules())
def test_every_name_of_a_public_module_is_its_own(module: str) -> None:
    names = [name for name, home in public_names().items() if home == module]
    assert names
    assert len(set(names)) == len(names)


def documented(page: str) -> dict[str, str]:
    """Return the names that the tables of a page describe, with what they say."""
    text = (DOCS / page).read_text("utf-8")
    return dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text, re.MULTILINE))


@pytest.mark.parametrize("name", public_names())
def test_every_public_name_is_described_in_the_docs(name: str) -> None:
    module, _, last = name.rpartition(".")
    page = DOCS / PAGES.get(module, "api.md")
    text = page.read_text("utf-8") if page.exists() else ""
    is_told = module in PAGES and re.search(rf"`{last}\b|^#+ {last}$", text, re.MULTILINE)
    assert is_told or documented("api.md").get(name, "").strip(), (
        f"docs/api.md has no row for `{name}` that says what it is"
        + (f", and docs/{page.name} does not describe it" if module in PAGES else "")
    )


def test_no_name_is_described_that_is_gone() -> None:
    assert sorted(documented("api.md").keys() - public_names().keys()) == []


def test_the_modules_are_described() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    for module in public_modules():
        assert f"`{module}`" in text


@pytest.mark.parametrize("name", public_names())
def test_every_public_class_and_function_has_a_docstring(name: str) -> None:
    value: object = editgauge
    for part in name.split("."):
        value = getattr(value, part)
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return  # values say what they are in docs/api.md
    assert (value.__doc__ or "").strip()
    for own, member in vars(value).items() if inspect.isclass(value) else ():
        is_code = inspect.isfunction(member) or isinstance(
            member, classmethod | staticmethod | property
        )
        if is_code and not own.startswith("_"):
            assert inspect.getdoc(getattr(value, own)), f"{name}.{own} has no docstring"


def test_public_signatures_take_and_give_public_classes() -> None:
    assert private_classes() == {}


def test_what_is_not_public_says_so_by_its_place_or_its_name() -> None:
    for module in public_modules():
        tree = ast.parse(modules()[module].read_text("utf-8"))
        defined = {
            name for node in tree.body for name in _assigned(node) if not name.startswith("_")
        }
        names = {name.rpartition(".")[2] for name, home in public_names().items() if home == module}
        assert defined <= names, f"{module} has names that are neither private nor in its __all__"


def _assigned(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets]
    return [ast.unparse(node.target)] if isinstance(node, ast.AnnAssign) else []
