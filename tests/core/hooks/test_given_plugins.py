"""Plugins that a program gives: paths, modules and objects."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from editgauge import PluginError, Register, events, hookimpl
from editgauge.core.code_digest import code_digest
from editgauge.core.hooks.given_plugins import load_with
from editgauge.core.run.python_reporters import register_objects
from editgauge.core.workers.environments import EnvironmentNotFoundError, locations

SOURCE = """
import editgauge

__version__ = "NUMBER"

@editgauge.hookimpl
def register_datasets(register):
    register("rows-NUMBER", target=f"{__name__}:Rows")
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "zz_given.py"
    path.write_text(SOURCE.replace("NUMBER", "1"))
    yield path
    sys.modules.pop("zz_given", None)


class Observer:
    @hookimpl
    def step_event(self, event: events.StepEvent) -> None: ...


class Registering:
    @hookimpl
    def register_datasets(self, register: Register) -> None:
        register("made-here", target="__main__:Rows")


@pytest.mark.parametrize("kind", [Path, str])
def test_a_path_is_that_of_a_plugin_file(file: Path, kind: type) -> None:
    manager = load_with([kind(file)])
    info = manager.plugins["zz_given"]
    assert (info.version, info.path, info.sha256) == ("1", str(file), code_digest(file))
    assert "rows-1" in manager.names("dataset")


def test_a_file_that_is_named_twice_is_loaded_once(file: Path) -> None:
    module = load_with([file, str(file), file.parent / "." / file.name])
    assert module.names("dataset").count("rows-1") == 1


def test_a_file_is_read_anew_each_time(file: Path) -> None:
    assert "rows-1" in load_with([file]).names("dataset")
    # Of the same length and within the same second: a cached compilation would not notice.
    file.write_text(SOURCE.replace("NUMBER", "2"))
    names = load_with([file]).names("dataset")
    assert "rows-2" in names
    assert "rows-1" not in names


def test_a_link_has_the_name_that_it_is_called_by(file: Path) -> None:
    link = file.with_name("zz_link.py")
    link.symlink_to(file)
    manager = load_with([link])
    assert manager.find("dataset", "rows-1").target == "zz_link:Rows"
    del sys.modules["zz_link"]


def test_two_files_of_one_name_cannot_be_loaded_together(file: Path) -> None:
    other = file.parent / "elsewhere" / file.name
    other.parent.mkdir()
    other.write_text(SOURCE)
    with pytest.raises(PluginError, match=r"there is a plugin 'zz_given' already; rename the file"):
        load_with([file, other])


def test_a_file_that_is_to_be_disabled_cannot_be_given(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITGAUGE_DISABLE_PLUGINS", "zz_given")
    with pytest.raises(PluginError, match="a plugin 'zz_given' is to be disabled"):
        load_with([file])


def test_modules_and_objects_are_plugins_themselves() -> None:
    module = ModuleType("zz_module")
    exec(SOURCE.replace("NUMBER", "3"), vars(module))  # noqa: S102 - a module made up here
    manager = load_with([module, Observer(), Observer()])
    assert manager.plugins["zz_module"].version == "3"
    assert {"python:Observer", "python:Observer-2"} <= manager.plugins.keys()
    assert load_with([module, module]).names("dataset").count("rows-3") == 1


def test_what_has_no_hook_is_no_plugin() -> None:
    with pytest.raises(TypeError, match=r"at least one function marked by @editgauge\.hookimpl"):
        load_with([object()])


def test_a_class_is_not_yet_a_plugin() -> None:
    with pytest.raises(
        TypeError, match=r"Registering is a class; give an instance, Registering\(\)"
    ):
        load_with([Registering])


def test_a_class_is_not_yet_a_reporter() -> None:
    with pytest.raises(TypeError, match=r"Observer is a class; give an instance, Observer\(\)"):
        register_objects([Observer], load_with())


def test_one_path_is_no_list() -> None:
    with pytest.raises(TypeError, match=r"should be a list, as in \['my_model.py'\]"):
        load_with("my_model.py")


def test_what_is_defined_in_a_program_cannot_be_found_by_workers() -> None:
    target = load_with([Registering()]).find("dataset", "made-here").target
    with pytest.raises(EnvironmentNotFoundError, match="put it into a file of its own"):
        locations(target)


def test_a_worker_is_told_the_digest_of_a_plugin_file_only(file: Path) -> None:
    load_with([file])
    found = locations("zz_given:Rows", "pluggy:x")
    assert found["zz_given"] == {"file": str(file), "folders": None, "sha256": code_digest(file)}
    assert "sha256" not in found["pluggy"]


def test_the_digest_of_a_folder_is_that_of_all_its_python_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("a.py", "inner/b.py", "notes.txt"):
        (tmp_path / name).write_text(name)
    first = code_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("other")
    assert code_digest(tmp_path) == first
    (tmp_path / "inner" / "b.py").write_text("other")
    assert code_digest(tmp_path) != first
    (tmp_path / "inner" / "b.py").write_text("inner/b.py")
    (tmp_path / "inner" / "b.py").rename(tmp_path / "inner" / "c.py")
    assert code_digest(tmp_path) != first
