"""The package as it is built and installed: complete, under its import name, telling nothing."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import editgauge
from tests.support.outsiders import ROOT, built_wheel, files_of_the_checkout

ROOMS = ("config_schemas", "core", "plugins", "reporters")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]

LARGEST_WHEEL = 12_000_000
"""In bytes; the miniature's weights are most of it."""

# Written in parts, so that this file does not match itself.
TELLTALES = re.compile(
    rb"(?<![\w.~/-])/" + rb"(?:root|work|opt/(?:pypi|wheels))\b"
    rb"|files\.python" + rb"hosted\.org"
    rb"|https?://[^\s\"'<>]*/sim" + rb"ple\b"
    rb"|--(?:extra-)?index" + rb"-url\b|--find" + rb"-links\b"
)


def package_of(folder: Path) -> str:
    """Return the import name of a folder of the tree."""
    parts = folder.relative_to(ROOT).parts
    return ".".join(parts[1:] if parts[0] == "src" else ("editgauge", *parts))


def folders() -> list[Path]:
    """Return every folder that holds Python files of the package."""
    found = [ROOT / "src" / "editgauge", ROOT / "src" / "editgauge" / "testing"]
    for room in ROOMS:
        found += {path.parent for path in (ROOT / room).rglob("*.py")}
    return sorted(found)


def installed_paths() -> set[str]:
    """Return the paths that a wheel of this tree must hold, worked out from the tree alone."""
    paths = {"editgauge/py.typed"}
    for folder in folders():
        package = package_of(folder).replace(".", "/")
        paths |= {f"{package}/{path.name}" for path in folder.glob("*.py")}
    for name in files_of_the_checkout():
        if name.split("/")[0] in ROOMS and not name.endswith(".py"):
            paths.add(f"editgauge/{name}")
    return paths


def test_every_package_of_the_tree_is_listed() -> None:
    assert SETUPTOOLS["packages"] == sorted(package_of(folder) for folder in folders())


def test_every_folder_with_python_files_is_a_package() -> None:
    assert [str(folder) for folder in folders() if not (folder / "__init__.py").is_file()] == []


def test_every_room_is_mapped_to_its_import_name() -> None:
    expected = {"editgauge": "src/editgauge"} | {f"editgauge.{room}": room for room in ROOMS}
    assert SETUPTOOLS["package-dir"] == expected


@pytest.mark.parametrize("room", ROOMS)
def test_the_links_for_type_checkers_are_there(room: str) -> None:
    link = ROOT / "src" / "editgauge" / room
    assert link.is_symlink()
    assert link.readlink() == Path("..", "..", room)
    assert (link / "__init__.py").is_file()


def test_no_other_link_is_in_the_tree() -> None:
    links = {name for name in files_of_the_checkout() if (ROOT / name).is_symlink()}
    assert links == {f"src/editgauge/{room}" for room in ROOMS}


def test_versions_agree() -> None:
    assert editgauge.__version__ == PROJECT["project"]["version"]
    assert editgauge.__version__ == importlib.metadata.version("editgauge")


def test_every_public_name_can_be_imported() -> None:
    assert [name for name in editgauge.__all__ if getattr(editgauge, name, None) is None] == []


@pytest.mark.parametrize("point", PROJECT["project"]["entry-points"]["editgauge"].items())
def test_entry_points_name_modules_that_exist(point: tuple[str, str]) -> None:
    module = point[1].removeprefix("editgauge.").replace(".", "/")
    assert (ROOT / f"{module}.py").is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory)


def test_a_wheel_built_from_the_source_archive_holds_the_whole_tree(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        records = {name.split("/", 1)[1] for name in archive.namelist() if ".dist-info/" in name}
    assert names == installed_paths()
    assert {"entry_points.txt", "licenses/LICENSE"} <= records
    assert wheel.stat().st_size < LARGEST_WHEEL


def test_the_wheel_installs_and_imports_under_its_name(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True, capture_output=True)
    code = (
        "import editgauge, editgauge.core.hooks.bus, editgauge.plugins, editgauge.reporters;"
        "import editgauge.config_schemas; print(editgauge.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert Path(done.stdout.strip()) == site / "editgauge" / "__init__.py"


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def direct_requirements() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(r) for r in [*project["dependencies"], *(r for e in extras for r in e)]]


@pytest.mark.parametrize("requirement", direct_requirements(), ids=str)
def test_every_direct_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = {canonicalize_name(name): version for name, version in pins().items()}
    version = pinned.get(canonicalize_name(requirement.name))
    assert version is not None, "run `make constraints`"
    assert requirement.specifier.contains(version)


def test_tests_have_every_library_of_every_extra() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    # What `make test` installs.
    installed = {
        canonicalize_name(Requirement(text).name) for text in extras["qwen"] + extras["dev"]
    }
    wanted = {
        canonicalize_name(Requirement(text).name) for texts in extras.values() for text in texts
    }
    # IPython comes with ipykernel.
    assert wanted - installed <= {"ipython"}


def test_constraints_hold_names_and_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line), line


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    found = [
        (name, match.group().decode())
        for name in files_of_the_checkout()
        if not (ROOT / name).is_symlink()
        for match in [TELLTALES.search((ROOT / name).read_bytes())]
        if match
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "see /ro" + "ot/x",
        "'/wo" + "rk/main'",
        "https://host/sim" + "ple/",
    ],
)
def test_the_search_for_telltales_finds_them(text: str) -> None:
    assert TELLTALES.search(text.encode())


@pytest.mark.parametrize("text", ["core/work/x", "https://host/simpler", "~/work/x", "a@b.c"])
def test_the_search_for_telltales_leaves_the_rest_alone(text: str) -> None:
    assert not TELLTALES.search(text.encode())
