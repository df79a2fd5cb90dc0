"""Who may import whom: the rules of the house, read from the source.

Imports in functions and under `TYPE_CHECKING` count like all others where a rule is about rooms
and floors, for knowing a type is a dependency, too. Only where a rule is about what a process
loads do they not count.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterable

import pytest

from tests.import_graph import (
    ROOMS,
    ROOT,
    Import,
    find_circle,
    imports,
    imports_of,
    loaded_with,
    modules,
    room_of,
)

MAY_IMPORT = {
    "config_schemas": {"config_schemas"},
    "core": {"core", "config_schemas"},
    "plugins": {"plugins", "core", "config_schemas"},
    "reporters": {"reporters", "core", "config_schemas"},
}
"""Rooms that a room may import; the public face may import all."""

FLOORS = (
    "",
    "hooks",
    "judging",
    "workers",
    "config",
    "run",
    "sessions",
    "report",
    "replay",
    "scaffold",
    "conformance",
    "cli",
)
"""The floors of core, from the ground (the files of its own folder) up; nothing imports upward."""

HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft"}
LISTS_DEVICES = ("editgauge.core.workers.child", "torch")
"""A worker asks torch, if its environment has it, which devices there are."""
BROUGHT_BY_PYDANTIC = {"annotated_types", "pydantic_core", "typing_extensions"}
DISTRIBUTIONS = {"PIL": "pillow", "mlflow": "mlflow-skinny", "yaml": "pyyaml"}
LONGEST_FILE = 500

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def show(found: Iterable[Import]) -> list[str]:
    return [str(item) for item in found]


def packages_of(room: str) -> set[str]:
    return {
        name
        for name, path in modules().items()
        if name.startswith(f"editgauge.{room}.") and path.name == "__init__.py"
    }


def floor_of(module: str) -> str:
    name = ".".join(module.split(".")[:3])
    return name.split(".")[2] if name in packages_of("core") else ""


def test_rooms_import_only_the_rooms_below_them() -> None:
    wrong = [
        item
        for item in imports()
        if room_of(item.importer)
        and item.top == "editgauge"
        and room_of(item.imported)
        and room_of(item.imported) not in MAY_IMPORT[room_of(item.importer)]
    ]
    assert show(wrong) == []


def test_core_takes_nothing_but_the_version_from_the_public_face() -> None:
    wrong = [
        item
        for item in imports()
        if item.top == "editgauge"
        and not room_of(item.imported)
        and room_of(item.importer) in ("core", "config_schemas")
        and item.name not in ("", "__version__")
    ]
    assert show(wrong) == []


def test_config_schemas_needs_pydantic_only() -> None:
    wrong = [
        item
        for item in imports()
        if room_of(item.importer) == "config_schemas"
        and not item.is_standard
        and item.top not in {"pydantic", "editgauge", *BROUGHT_BY_PYDANTIC}
    ]
    assert show(wrong) == []


def test_plugins_know_nothing_of_each_other_but_the_miniature_of_what_it_makes_small() -> None:
    def plugin(module: str) -> str:
        name = ".".join(module.split(".")[:3])
        # A file beside the folders, or a folder without `plugin.py`, is what several plugins share.
        return name.split(".")[2] if f"{name}.plugin" in modules() else ""

    made_small = {("miniature", "qwen_edit"), ("miniature", "qwen3_vl")}
    wrong = [
        item
        for item in imports()
        if room_of(item.importer) == "plugins"
        and room_of(item.imported) == "plugins"
        and plugin(item.imported) not in ("", plugin(item.importer))
        and (plugin(item.importer), plugin(item.imported)) not in made_small
    ]
    assert show(wrong) == []


def test_every_package_of_core_has_its_floor() -> None:
    assert {name.split(".")[2] for name in packages_of("core")} == set(FLOORS) - {""}


def test_no_arrow_in_core_runs_back_up() -> None:
    wrong = [
        item
        for item in imports()
        if room_of(item.importer) == room_of(item.imported) == "core"
        and FLOORS.index(floor_of(item.imported)) > FLOORS.index(floor_of(item.importer))
    ]
    assert show(wrong) == []


def test_no_circle_of_modules() -> None:
    edges: dict[str, set[str]] = {}
    for item in imports():
        if item.imported in modules() and room_of(item.importer):
            edges.setdefault(item.importer, set()).add(item.imported)
    assert find_circle(edges) == []


def test_the_import_name_is_never_bare_or_relative() -> None:
    wrong = [item for item in imports() if item.top in ROOMS or item.imported.startswith(".")]
    assert show(wrong) == []


def test_a_worker_loads_nothing_but_the_standard_library() -> None:
    loaded = loaded_with("editgauge.core.workers.child")
    wrong = [
        item
        for item in imports()
        if item.importer in loaded
        and item.at_start
        and not item.is_standard
        and item.top != "editgauge"
    ]
    assert show(wrong) == []
    assert "editgauge.core.workers.child" in loaded


def test_a_worker_asks_its_environment_for_pillow_and_for_devices_and_nothing_else() -> None:
    wrong = [
        item
        for item in imports()
        if item.importer in loaded_with("editgauge.core.workers.child") - {"editgauge"}
        and not item.for_types
        and not item.is_standard
        and item.top not in ("editgauge", "PIL")
        and (item.importer, item.imported) != LISTS_DEVICES
    ]
    assert show(wrong) == []


def test_only_plugins_know_the_model_libraries() -> None:
    wrong = [
        item
        for item in imports()
        if item.top in HEAVY
        and room_of(item.importer) != "plugins"
        and (item.importer, item.imported) != LISTS_DEVICES
    ]
    assert show(wrong) == []


@pytest.mark.parametrize("point", PROJECT["entry-points"]["editgauge"].values())
def test_finding_plugins_loads_no_model_library(point: str) -> None:
    loaded = loaded_with(point)
    wrong = [
        item
        for item in imports()
        if item.importer in loaded and item.at_start and item.top in HEAVY
    ]
    assert show(wrong) == []


def test_what_the_light_rooms_import_is_declared() -> None:
    names = {requirement.split(">")[0].lower() for requirement in PROJECT["dependencies"]}
    extras = {
        requirement.split(">")[0].lower()
        for extra, requirements in PROJECT["optional-dependencies"].items()
        if extra not in ("dev", "qwen")
        for requirement in requirements
    }
    wrong = [
        item
        for item in imports()
        if room_of(item.importer) in ("config_schemas", "core", "reporters")
        and not item.is_standard
        and item.top not in {"editgauge", *BROUGHT_BY_PYDANTIC, *HEAVY}
        and DISTRIBUTIONS.get(item.top, item.top).lower() not in names
        # What is not always installed: a reporter is imported when it is used, core is always.
        and (
            DISTRIBUTIONS.get(item.top, item.top).lower() not in extras
            or (item.at_start and room_of(item.importer) != "reporters")
        )
    ]
    assert show(wrong) == []


def test_only_the_bus_a_replay_and_the_plugin_manager_know_who_implements_hooks() -> None:
    callers = {
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8"), path))
        if isinstance(node, ast.Attribute)
        and node.attr == "hook"
        and ast.unparse(node.value).split(".")[-1] in ("pluggy", "manager", "plugins", "pm")
    }
    assert callers == {"editgauge.core.hooks.observers", "editgauge.core.hooks.plugin_manager"}


@pytest.mark.parametrize("module", modules())
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(ast.parse(modules()[module].read_text("utf-8")))


def test_no_file_needs_much_scrolling() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for folder in (*ROOMS, "src", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if not path.is_symlink()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_importing_the_package_loads_next_to_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import editgauge;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "editgauge" in loaded
    assert loaded - set(sys.stdlib_module_names) == {"editgauge"}


def test_the_reading_of_imports_sees_every_kind() -> None:
    source = """
import a.b, c
from d import e
from editgauge.core import text, nothing
from . import f
if TYPE_CHECKING:
    import g
else:
    import h
def function():
    import i
    importlib.import_module("j")
class Class:
    import k
"""
    found = imports_of("m", ast.parse(source), frozenset({"editgauge.core.text"}))
    assert {item.imported: (item.at_start, item.for_types) for item in found} == {
        "a.b": (True, False),
        "c": (True, False),
        "d": (True, False),
        "editgauge.core.text": (True, False),
        "editgauge.core": (True, False),
        ".": (True, False),
        "g": (False, True),
        "h": (True, False),
        "i": (False, False),
        "j": (False, False),
        "k": (True, False),
    }


def test_circles_are_found() -> None:
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_circle({"a": {"a"}}) == ["a", "a"]
    assert find_circle({"a": {"b", "c"}, "b": {"c"}}) == []
