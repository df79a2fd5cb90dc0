"""The documentation says what is: hooks, events, links and examples."""

import ast
import importlib
import inspect
import io
import re
import sys
import textwrap
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks import event_values, events, hookspecs
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import EVENT_TYPES, SampleFinished
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.recording import header_line, read_events
from editgauge.core.hooks.reporting import ReporterContext

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("**/*.md"))
WITH_LINKS = [
    *PAGES,
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]

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


def page_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading, up to the next one of any level."""
    pattern = rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)"
    found = re.search(pattern, page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"docs/{page.name} has no section {heading!r}"
    return found.group(1)


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def signature_of(function: Callable[..., Any]) -> str:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    returns = ast.unparse(node.returns) if node.returns else ""
    return f"def {node.name}({ast.unparse(node.args)}) -> {returns}"


def test_there_are_hooks_to_document() -> None:
    assert len(HOOKS) == 9


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_its_signature(hook: str) -> None:
    (block, *_) = code_blocks(section(DOCS / "hooks.md", hook), "python")
    assert block.strip() == signature_of(HOOKS[hook])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_docstring(hook: str) -> None:
    assert HOOKS[hook].__doc__


def test_hooks_that_are_gone_are_not_documented() -> None:
    headings = re.findall(r"^### (\w+)$", (DOCS / "hooks.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(HOOKS)


def test_the_callback_is_documented_with_its_signature() -> None:
    (block, *_) = code_blocks(section(DOCS / "hooks.md", "Registering"), "python")
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


def test_the_plugin_shown_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block, *_) = code_blocks((DOCS / "hooks.md").read_text("utf-8"), "python")
    (tmp_path / "slow_edits.py").write_text(block)
    monkeypatch.syspath_prepend(tmp_path)
    manager = PluginManager()
    try:
        manager.register(importlib.import_module("slow_edits"), "slow-edits")
        found = manager.find("reporter", "slow-edits")
        stderr = io.StringIO()
        context = ReporterContext(
            run_id="run",
            run_dir=tmp_path,
            stderr=stderr,
            stdout=io.StringIO(),
            interactive=False,
            color=False,
            size=lambda: (80, 24),
            clock=lambda: 0.0,
        )
        reporter = found.load_target()(found.load_config_model()(seconds=30.0), context)
        manager.register(reporter, "slow-edits-reporter")
    finally:
        sys.modules.pop("slow_edits", None)
    bus = Bus(manager, run_id="run", clock=lambda: 0.0)
    for name, seconds in [("quick", 29.0), ("slow", 31.0)]:
        bus.emit(
            SampleFinished(
                stage="edit",
                sample=name,
                index=0,
                category="",
                outcome="ok",
                seconds=seconds,
                attempt=1,
                done=1,
                of=2,
                ok=1,
            )
        )
    assert bus.close(20.0) == []
    assert bus.failures == []
    assert stderr.getvalue() == "'slow' took 31 s\n"


def links_in(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "", text)
    return re.findall(r"\]\(([^)\s]+)[^)]*\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", WITH_LINKS, ids=page_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links_in(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        lost = anchor and target.suffix == ".md" and anchor not in anchors_of(target)
        if not target.exists() or not target.is_relative_to(ROOT) or lost:
            broken.append(link)
    assert broken == []


def test_the_index_links_every_page() -> None:
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links_in(DOCS / "index.md")}
    missing = {page_name(page) for page in PAGES if page not in linked}
    assert missing == {"docs/index.md"}


@pytest.mark.parametrize("page", WITH_LINKS, ids=page_name)
def test_every_page_begins_with_one_title(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
