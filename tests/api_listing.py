"""The listing of the public API: every public name, as the source has it.

`python -m tests.api_listing` renews `docs/api.txt`. It is read from the source, and so the same in
every version of Python and of pydantic.

`docs/api-released.txt` is the listing of the last release. What differs between the two is named in
the part `Unreleased` of CHANGELOG.md; at a release, `python -m tests.api_listing --release` makes
the one the other.
"""

import ast
import functools
import importlib
import re
import sys
from collections.abc import Iterator

from tests.import_graph import ROOMS, ROOT, modules

LISTING = ROOT / "docs" / "api.txt"
RELEASED = ROOT / "docs" / "api-released.txt"
COMMAND = "python -m tests.api_listing"
_SHOWN_DECORATORS = ("abstractmethod", "classmethod", "dataclass", "overload", "property")
_HEAD = (
    f"The public API of editgauge, as the source has it. `{COMMAND}` renews this file.\n"
    "A difference to docs/api-released.txt is to be named in CHANGELOG.md.\n"
)


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text("utf-8"))


def public_modules() -> list[str]:
    """Return the public modules: the package itself, and those beside it that are no room."""
    return [
        name
        for name in modules()
        if name.count(".") < 2 and name.split(".")[-1] not in (*ROOMS, "__main__")
    ]


def public_names() -> dict[str, str]:
    """Return every public name, as in `events.RunStarted`, and the module that says it is."""
    found = {}
    for module in public_modules():
        prefix = "".join(f"{part}." for part in module.split(".")[1:])
        for name in importlib.import_module(module).__all__:
            if f"{module}.{name}" not in modules():
                found[f"{prefix}{name}"] = module
    return dict(sorted(found.items()))


def definition(module: str, name: str) -> tuple[str, ast.stmt] | None:
    """Return where a name is defined, and how; None for what is not of this package."""
    found = None
    for node in _statements(tree_of(module)):
        if (
            (isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name)
            or (isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets))
            or (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name)
        ):
            found = node
        elif isinstance(node, ast.ImportFrom) and node.module in modules():
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return definition(node.module, alias.name)
    return None if found is None else (module, found)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield what stands at the top of a module, and in its `if TYPE_CHECKING`."""
    for node in tree.body:
        yield node
        if isinstance(node, ast.If):
            yield from node.body


def listing() -> str:
    """Return the listing as it is now."""
    blocks = ["\n".join(lines_of(name, module)) for name, module in public_names().items()]
    blocks += [f"{node.name}: hook {_signature(node)}" for node in hooks()]
    return _HEAD + "".join(f"\n{block}\n" for block in blocks)


def hooks() -> list[ast.FunctionDef]:
    """Return the specifications of hooks, in their order."""
    return [
        node
        for node in tree_of("editgauge.core.hooks.hookspecs").body
        if isinstance(node, ast.FunctionDef) and "hookspec" in map(ast.unparse, node.decorator_list)
    ]


def lines_of(name: str, module: str) -> list[str]:
    """Return the block of a name: itself, and indented its fields and methods."""
    found = definition(module, name.rpartition(".")[2])
    if found is None:
        return [f"{name}: of another package"]
    home, node = found
    if isinstance(node, ast.ClassDef):
        return [f"{name}: {_decorated(node)}class({', '.join(map(ast.unparse, node.bases))})"] + [
            f"    {line}" for line in _members(home, node)
        ]
    if isinstance(node, ast.FunctionDef):
        return [f"{name}: {_signature(node)}", *_aliases(home, node)]
    if isinstance(node, ast.AnnAssign):
        return [f"{name}: {ast.unparse(node.annotation)}"]
    value = node.value if isinstance(node, ast.Assign) else None
    is_version = name == "__version__"
    return [f"{name}: value" if value is None or is_version else f"{name} = {_short(value)}"]


def _short(value: ast.expr) -> str:
    """Return a value, without what is computed in a table: its keys are names of their own."""
    text = ast.unparse(value)
    return text if len(text) < 200 else type(value).__name__


def _decorated(node: ast.ClassDef | ast.FunctionDef) -> str:
    shown = [
        text
        for text in map(ast.unparse, node.decorator_list)
        if text.partition("(")[0].rpartition(".")[2] in _SHOWN_DECORATORS
    ]
    return "".join(f"@{text} " for text in shown)


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{_decorated(node)}def({ast.unparse(node.args)}){returns}"


def _members(module: str, node: ast.ClassDef) -> Iterator[str]:
    """Yield fields and methods, those of private bases of this package included."""
    for base in node.bases:
        found = definition(module, ast.unparse(base))
        if found is not None and isinstance(found[1], ast.ClassDef) and found not in _public():
            yield from _members(found[0], found[1])
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and not ast.unparse(item.target).startswith("_"):
            default = "" if item.value is None else f" = {ast.unparse(item.value)}"
            yield f"{ast.unparse(item.target)}: {ast.unparse(item.annotation)}{default}"
            yield from _aliases(module, item)
        elif isinstance(item, ast.Assign):
            for target in map(ast.unparse, item.targets):
                if not target.startswith("_"):
                    yield f"{target} = {_short(item.value)}"
        elif isinstance(item, ast.FunctionDef) and _is_shown(item.name):
            yield f"{item.name}: {_signature(item)}"
            yield from _aliases(module, item)


def _is_shown(name: str) -> bool:
    return not name.startswith("_") or name in ("__init__", "__call__", "__enter__", "__exit__")


@functools.cache
def _public() -> list[tuple[str, ast.stmt] | None]:
    """Return where every public name is defined."""
    return [definition(module, name.rpartition(".")[2]) for name, module in public_names().items()]


def private_classes() -> dict[str, list[str]]:
    """Return the classes in public signatures that have no public name, by name or member."""
    found = {}
    for name, module in public_names().items():
        place = definition(module, name.rpartition(".")[2])
        if place is None:
            continue
        home, node = place
        parts = [node, *(node.body if isinstance(node, ast.ClassDef) else [])]
        for part in parts:
            if not isinstance(part, ast.FunctionDef | ast.AnnAssign):
                continue
            own = part.name if isinstance(part, ast.FunctionDef) else ast.unparse(part.target)
            if own.startswith("_"):
                continue
            classes = sorted(
                each
                for each in _names_in(*_annotations(part))
                if (where := definition(home, each)) is not None
                and isinstance(where[1], ast.ClassDef)
                and where not in _public()
            )
            if classes:
                found[name if part is node else f"{name}.{own}"] = classes
    return found


def _aliases(module: str, node: ast.FunctionDef | ast.AnnAssign) -> list[str]:
    """Return what names in annotations stand for that are no classes and not public themselves."""
    found = {}
    for name in sorted(_names_in(*_annotations(node))):
        where = definition(module, name)
        if where is None or not isinstance(where[1], ast.Assign) or where in _public():
            continue
        found[name] = f"        where {name} = {ast.unparse(where[1].value)}"
    return list(found.values())


def _annotations(node: ast.FunctionDef | ast.AnnAssign) -> list[ast.expr | None]:
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [*(each.annotation for each in arguments), node.returns]


def _names_in(*annotations: ast.expr | None) -> set[str]:
    names: set[str] = set()
    for node in (node for each in annotations if each is not None for node in ast.walk(each)):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # An annotation in quotation marks.
            names |= set(re.findall(r"\b[A-Za-z_]\w*", node.value))
    return names


def entries(text: str) -> dict[str, str]:
    """Return every name and member of a listing with what stands there, as in `EditModel.load`."""
    found: dict[str, str] = {}
    owner = key = ""
    for line in text.partition("\n\n")[2].splitlines():
        match = re.match(r"( {4})?([\w.]+)(?: =|:) ", line)
        if match is None:
            found[key] = f"{found.get(key, '')}\n{line}" if line.strip() else found.get(key, "")
        elif match[1]:
            key = f"{owner}.{match[2]}"
            found[key] = line
        else:
            owner = key = match[2]
            found[key] = line
    return found


def unnamed_changes(released: str, now: str, changelog: str) -> list[str]:
    """Return what differs between two listings and is not named among what is unreleased.

    A name that is new or gone stands for its members.

    Args:
        released: the listing of the last release.
        now: the listing of today.
        changelog: the whole text of CHANGELOG.md.
    """
    before, after = entries(released), entries(now)
    unreleased = re.split(r"^## ", changelog, flags=re.MULTILINE)[1]
    named = set(re.findall(r"`(?:editgauge\.)?([\w.]+)", unreleased))
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        name
        for name in changed
        if name not in named
        # A member of what is new or gone, as a whole.
        and not any(
            owner in changed and (owner in before) != (owner in after) for owner in _owners(name)
        )
    ]


def _owners(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def main() -> None:
    """Renew the listing; with `--release`, that of the last release, too."""
    LISTING.write_text(listing(), encoding="utf-8")
    if "--release" in sys.argv[1:]:
        RELEASED.write_text(listing(), encoding="utf-8")


if __name__ == "__main__":
    main()
