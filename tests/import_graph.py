"""Who imports whom in the package, read from the source without importing anything."""

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config_schemas", "core", "plugins", "reporters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module.

    Attributes:
        importer: the module that imports.
        imported: the module that is imported, as exactly as the source tells.
        name: the name that is taken from it, or an empty string.
        at_start: whether it happens when the importer is imported, not only in a function.
        for_types: whether it stands under `if TYPE_CHECKING` and never happens.
        line: where it stands.
    """

    importer: str
    imported: str
    name: str
    at_start: bool
    for_types: bool
    line: int

    @property
    def top(self) -> str:
        """The top-level package that is imported."""
        return self.imported.split(".")[0]

    @property
    def is_standard(self) -> bool:
        """Whether it belongs to the standard library."""
        return self.top in sys.stdlib_module_names

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


@functools.cache
def modules() -> dict[str, Path]:
    """Return every module of the package by import name."""
    found = {}
    for folder, prefix in [("src/editgauge", ()), *((room, (room,)) for room in ROOMS)]:
        base = ROOT / folder
        # The links to the other rooms lie in the public face's folder.
        own = [path for name in ("*.py", "testing/*.py") for path in base.glob(name)]
        paths = own if folder.startswith("src") else list(base.rglob("*.py"))
        for path in sorted(paths):
            parts = ("editgauge", *prefix, *path.relative_to(base).with_suffix("").parts)
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


@functools.cache
def imports() -> tuple[Import, ...]:
    """Return every import of the package, those in functions and for types included."""
    return tuple(
        found
        for name, path in modules().items()
        for found in imports_of(
            name, ast.parse(path.read_text("utf-8"), path), frozenset(modules())
        )
    )


def imports_of(importer: str, tree: ast.Module, known: frozenset[str]) -> Iterator[Import]:
    """Yield the imports of one module; `known` tells submodules from other names."""

    def visit(node: ast.AST, *, at_start: bool, for_types: bool) -> Iterator[Import]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            at_start = False
        for module, name in _imported(node, known):
            yield Import(
                importer=importer,
                imported=module,
                name=name,
                at_start=at_start and not for_types,
                for_types=for_types,
                line=getattr(node, "lineno", 0),
            )
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for statement in node.body:
                yield from visit(statement, at_start=at_start, for_types=True)
            for statement in node.orelse:
                yield from visit(statement, at_start=at_start, for_types=for_types)
            return
        for child in ast.iter_child_nodes(node):
            yield from visit(child, at_start=at_start, for_types=for_types)

    yield from visit(tree, at_start=True, for_types=False)


def _imported(node: ast.AST, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            submodule = f"{module}.{alias.name}"
            yield (submodule, "") if submodule in known else (module, alias.name)
    elif (
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        yield str(node.args[0].value), ""


def loaded_with(module: str) -> set[str]:
    """Return the modules of the package that importing one of them imports, itself included."""
    at_start: dict[str, set[str]] = {}
    for found in imports():
        if found.at_start:
            at_start.setdefault(found.importer, set()).add(found.imported)
    loaded: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in loaded or name not in modules():
            continue
        loaded.add(name)
        waiting += at_start.get(name, ())
        waiting.append(name.rpartition(".")[0])
    return loaded


def room_of(module: str) -> str:
    """Return the top-level folder of a module of the package, or `` for the public face."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""


def find_circle(edges: dict[str, set[str]]) -> list[str]:
    """Return the nodes of a circle in a directed graph, the first one again at the end, or []."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for following in sorted(edges.get(node, ())):
            circle = walk(following, [*path, node])
            if circle:
                return circle
        done.add(node)
        return []

    for node in sorted(edges):
        circle = walk(node, [])
        if circle:
            return circle
    return []
