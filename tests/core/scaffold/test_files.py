import ast
import builtins
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from editgauge.core.hooks.api_version import API_VERSION
from editgauge.core.images import inspect_image
from editgauge.core.scaffold.files import NEW_KINDS, package_files, single_file, write_files
from editgauge.core.scaffold.names import IMPORTED_CLASSES, LONGEST_NAME, derive_names
from editgauge.core.scaffold.pictures import draw_pictures
from editgauge.core.yaml_loading import load_yaml

KINDS = pytest.mark.parametrize("kind", NEW_KINDS)
NAMES = ("x", "my-editor", "a" * 14 + "-bcd" * 3, ("long-" * 8)[:LONGEST_NAME].rstrip("-"))


def texts(files: dict[str, bytes]) -> dict[str, str]:
    return {name: data.decode() for name, data in files.items() if not name.startswith("pictures/")}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a package and a file of each kind under names of several lengths."""
    folder = tmp_path_factory.mktemp("written")
    for name in NAMES:
        for word, kind in NEW_KINDS.items():
            names = derive_names(name)
            write_files(package_files(kind, names), folder / name / word / "package")
            write_files(single_file(kind, names), folder / name / word / "file")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ["check", "--select", "E4,E7,E9,F,W,I,UP,B,SIM,ANN,RUF,PTH,N,C4,A,RET,PIE"],
        ["format", "--check"],
    ],
    ids=["lint", "format"],
)
def test_what_is_written_is_clean_for_ruff_under_any_name(
    written: Path, command: list[str]
) -> None:
    # With each package's folder as a source, for ruff to know which module is its author's.
    settings = ["--isolated", "--no-cache", "--config", 'src = ["*/*/package"]']
    ruff = [sys.executable, "-m", "ruff", *command, *settings, "."]
    done = subprocess.run(ruff, cwd=written, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


@KINDS
def test_every_line_of_usual_length_fits_the_formatters(kind: str) -> None:
    names = derive_names("my-editor")
    files = package_files(NEW_KINDS[kind], names) | single_file(NEW_KINDS[kind], names)
    long = [
        f"{name}: {line}"
        for name, text in texts(files).items()
        if name.endswith(".py")
        for line in text.splitlines()
        if len(line) > 88
    ]
    assert long == []


@KINDS
def test_what_is_imported_cannot_be_hidden_by_a_class_of_any_name(kind: str) -> None:
    names = derive_names("some-name")
    imported = set()
    files = package_files(NEW_KINDS[kind], names) | single_file(NEW_KINDS[kind], names)
    for name, text in texts(files).items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    imported |= {alias.asname or alias.name for alias in node.names}
    own = {"SomeNameConfig"}
    assert {name for name in imported if name[0].isupper()} - own <= IMPORTED_CLASSES
    assert not IMPORTED_CLASSES & set(dir(builtins))


@KINDS
def test_only_public_names_are_used(kind: str) -> None:
    names = derive_names("some-name")
    files = package_files(NEW_KINDS[kind], names) | single_file(NEW_KINDS[kind], names)
    modules = set()
    for name, text in texts(files).items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ImportFrom):
                    modules.add(node.module)
                elif isinstance(node, ast.Import):
                    modules |= {alias.name for alias in node.names}
    ours = {name for name in modules if name and name.split(".")[0] == "editgauge"}
    assert ours <= {"editgauge", "editgauge.testing"}


@KINDS
def test_the_registration_names_the_version_of_the_api(kind: str) -> None:
    text = texts(package_files(NEW_KINDS[kind], derive_names("some-name")))
    assert f'api="{API_VERSION}"' in text["some_name/__init__.py"]


def lines_of_code(text: str) -> int:
    """Return the number of lines that are not empty, no comment and no part of a docstring."""
    docstrings = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in docstrings
        for number, line in enumerate(text.splitlines(), start=1)
    )


@KINDS
def test_the_code_to_read_is_short(kind: str) -> None:
    files = texts(package_files(NEW_KINDS[kind], derive_names("some-name")))
    assert lines_of_code(files["some_name/__init__.py"]) < 20
    assert lines_of_code(files[f"some_name/{NEW_KINDS[kind].part}.py"]) < 50
    assert lines_of_code(files["tests/test_some_name.py"]) < 15


@KINDS
def test_the_project_file_names_everything_right(kind: str) -> None:
    files = texts(package_files(NEW_KINDS[kind], derive_names("some-name")))
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["name"] == "some-name"
    assert project["project"]["entry-points"]["editgauge"] == {"some-name": "some_name"}
    assert project["tool"]["setuptools"]["packages"] == ["some_name"]
    readme = files["README.md"]
    assert "{" not in readme.replace("${", "")
    for name in (*files, *package_files(NEW_KINDS[kind], derive_names("some-name"))):
        hidden = name.startswith(".") or name.endswith((".png", "py.typed", "README.md"))
        assert hidden or f"`{name}`" in readme, name


@KINDS
def test_the_run_takes_pictures_that_are_there(kind: str) -> None:
    files = package_files(NEW_KINDS[kind], derive_names("some-name"))
    config = load_yaml(files["run.yaml"].decode(), source="run.yaml")
    path = config["dataset"]["path"]
    assert any(name == path or name.startswith(f"{path}/") for name in files)


def test_the_pictures_are_small_and_differ(tmp_path: Path) -> None:
    pictures = draw_pictures()
    assert len(set(pictures.values())) == 2
    for name, data in pictures.items():
        (tmp_path / name).write_bytes(data)
        assert inspect_image(tmp_path / name) == (320, 240)
        assert len(data) < 20_000


def test_nothing_is_overwritten_and_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(FileExistsError, match=r"/b$"):
        write_files({"a": b"1", "b": b"2"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text() == "mine"


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "b").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_files({"b": b"2"}, tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_what_was_begun_is_taken_back_when_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file, where a folder should be")
    with pytest.raises(OSError, match="b"):
        write_files({"a": b"1", "b/c": b"2"}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
