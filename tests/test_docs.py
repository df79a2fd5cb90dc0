"""The documentation says what is: hooks, events, links and examples."""

import ast
import inspect
import re
import textwrap
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks import event_values, events, hookspecs
from editgauge.core.hooks.events import EVENT_TYPES
from editgauge.core.hooks.recording import header_line, read_events
from tests.docs.pages import DOCS as DOCS  # noqa: PLC0414 - for other tests
from tests.docs.pages import EVERY_PAGE, PAGES, blocks_of, links_of, page_name
from tests.docs.pages import ROOT as ROOT  # noqa: PLC0414 - for other tests

HOOKS = {
    name: function
    for name, function in vars(hookspecs).items()
    if hasattr(function, "editgauge_spec")
}
GROUPS = {
    name: value
    for name, value in vars(event_values).items()
    if isinstance(value, type) and issubclass(value, tuple)
}


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading, up to the next one of any level."""
    pattern = rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)"
    found = re.search(pattern, page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"{page_name(page)} has no section {heading!r}"
    return found.group(1)


def section_with_code(page: Path, heading: str) -> str:
    """Return all that stands below a heading, up to the next one outside of code."""
    below = page.read_text("utf-8").partition(f"\n## {heading}\n")[2]
    return re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0]


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def signature_of(function: Callable[..., Any]) -> str:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    returns = ast.unparse(node.returns) if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}) -> {returns}"


def test_there_are_hooks_to_document() -> None:
    assert len(HOOKS) == 9


def page_of_hook(hook: str) -> Path:
    page = DOCS / "hooks" / f"{hook}.md"
    assert page.is_file(), f"the hook {hook} has no page: write {page_name(page)} as the others are"
    return page


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_page_with_its_signature(hook: str) -> None:
    page = page_of_hook(hook)
    assert page.read_text("utf-8").startswith(f"# {hook}\n")
    (block, *_) = blocks_of(page)
    assert (block.language, block.text.strip()) == ("python", signature_of(HOOKS[hook]))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_page_of_a_hook_says_what_it_may_do_and_has_an_example(hook: str) -> None:
    page = page_of_hook(hook)
    assert section(page, "What it may do").strip()
    assert "```python\n# " in section_with_code(page, "Example")
    assert f"def {hook}(" in section_with_code(page, "Example") or hook == "register_reporters"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_docstring(hook: str) -> None:
    assert HOOKS[hook].__doc__


def test_hooks_that_are_gone_are_not_documented() -> None:
    assert {page.stem for page in (DOCS / "hooks").iterdir()} == {*HOOKS, "index"}


def test_the_callback_is_documented_with_its_signature() -> None:
    (block, *_) = code_blocks(section(DOCS / "hooks" / "index.md", "Registering"), "python")
    written = inspect.signature(hookspecs.Register.__call__)
    shown = ast.parse(block.strip() + ": ...").body[0]
    assert isinstance(shown, ast.FunctionDef)
    assert [argument.arg for argument in (*shown.args.args, *shown.args.kwonlyargs)] == [
        name for name in written.parameters if name != "self"
    ]


def documented_fields(page_section: str) -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \| (.+) \|$", page_section, re.MULTILINE)
    return {name: kind.replace(r"\|", "|") for name, kind, _ in rows}


def fields_of(kind: type) -> dict[str, str]:
    """Return the fields that a class adds itself, with their types as the source has them."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    return {
        item.target.id: ast.unparse(item.annotation)
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and typing.get_origin(typing.get_type_hints(kind)[item.target.id]) is not typing.ClassVar
    }


@pytest.mark.parametrize("kind", [*EVENT_TYPES, *GROUPS])
def test_every_event_is_documented_with_all_its_fields(kind: str) -> None:
    documented = documented_fields(section(DOCS / "events.md", kind))
    assert documented == fields_of({**EVENT_TYPES, **GROUPS}[kind])
    assert documented


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_event_stands_under_its_scope(kind: str) -> None:
    before = (DOCS / "events.md").read_text("utf-8").partition(f"\n### {kind}\n")[0]
    scope = re.findall(r"^## (.*)$", before, re.MULTILINE)[-1]
    assert scope == f"{EVENT_TYPES[kind].scope.capitalize()} events"


def test_the_envelope_is_documented() -> None:
    documented = documented_fields(section(DOCS / "events.md", "The envelope"))
    assert documented == fields_of(events.Event)


def test_events_that_are_gone_are_not_documented() -> None:
    headings = re.findall(r"^### (\w+)$", (DOCS / "events.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [*EVENT_TYPES, *GROUPS]


def test_the_recording_shown_can_be_read() -> None:
    (block, *_) = code_blocks((DOCS / "events.md").read_text("utf-8"), "json")
    lines = block.splitlines(keepends=True)
    assert lines[0].strip() == header_line()
    assert len(list(read_events(lines))) == len(lines) - 1


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", EVERY_PAGE, ids=page_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        lost = anchor and target.suffix == ".md" and anchor not in anchors_of(target)
        if not target.exists() or not target.is_relative_to(ROOT) or lost:
            broken.append(link)
    assert broken == []


def listed_in(index: Path) -> set[Path]:
    """Return the pages that an index lists, and those that they list if they are indices."""
    links = re.findall(r"^- \[.*?\]\(([^):#]+\.md)\)", index.read_text("utf-8"), re.MULTILINE)
    pages = {(index.parent / link).resolve() for link in links}
    return pages.union(*(listed_in(page) for page in pages if page.name == "index.md"))


def test_every_page_is_listed_in_an_index() -> None:
    missing = {page_name(page) for page in PAGES} - {
        page_name(page) for page in listed_in(DOCS / "index.md")
    }
    assert missing == {"docs/index.md"}, (
        "add each page to a list in docs/index.md, or in the index.md of its folder: "
        "`- [Title](page.md): what it is about`; the contents of the site are made of these lists"
    )


@pytest.mark.parametrize("page", EVERY_PAGE, ids=page_name)
def test_every_page_begins_with_one_title(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
