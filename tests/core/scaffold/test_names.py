import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.scaffold.names import (
    LONGEST_NAME,
    PluginNameError,
    PluginNames,
    check_free,
    derive_names,
)


@pytest.mark.parametrize(
    ("text", "name", "module", "class_name"),
    [
        ("my-editor", "my-editor", "my_editor", "MyEditor"),
        ("My_Editor", "my-editor", "my_editor", "MyEditor"),
        ("my.-_editor", "my-editor", "my_editor", "MyEditor"),
        ("flux2", "flux2", "flux2", "Flux2"),
        ("judge-2-b", "judge-2-b", "judge_2_b", "Judge2B"),
        ("match", "match", "match", "Match"),  # a keyword in some places only
        ("a" * LONGEST_NAME, "a" * LONGEST_NAME, "a" * LONGEST_NAME, "A" + "a" * 39),
    ],
)
def test_all_names_follow_from_one(text: str, name: str, module: str, class_name: str) -> None:
    expected = PluginNames(name=name, module=module, class_name=class_name)
    assert derive_names(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got an empty one"),
        ("münchen", "'ü', which is not ASCII"),
        ("编辑", "'编', which is not ASCII"),
        ("my editor", "got 'my editor'"),
        ("-editor", "begins and ends with a letter or digit"),
        ("editor_", "begins and ends with a letter or digit"),
        ("../editor", "Give the folder with --folder"),
        (".", "Give the folder with --folder"),
        ("a\nb", r"got 'a\nb'"),
        ("a\n", r"got 'a\n'"),
        ("3d-editor", "Try 'my-3d-editor'"),
        ("2", "begins with a letter"),
        ("class", "a keyword of Python. Try 'my-class'"),
        ("None", "the class named after it, None"),
        ("json", "Python has a module 'json' of its own"),
        ("tests", "the folder 'tests' beside the package has another use"),
        ("image", "the class named after it, Image, would hide another one"),
        ("a" * (LONGEST_NAME + 1), f"at most {LONGEST_NAME} characters"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(PluginNameError) as caught:
        derive_names(text)
    assert said in str(caught.value)


@pytest.fixture
def plugins() -> PluginManager:
    class Painter:
        @hookimpl
        def register_datasets(self, register: Register) -> None:
            register("paintings", target="painter:Paintings")

    manager = PluginManager()
    manager.register(Painter(), "painter", package="painter-package")
    return manager


def refusal(text: str, plugins: PluginManager, kind: Any = "dataset") -> str:
    with pytest.raises(PluginNameError) as caught:
        check_free(derive_names(text), kind, plugins)
    return str(caught.value)


def test_a_name_that_is_registered_is_refused(plugins: PluginManager) -> None:
    said = refusal("paintings", plugins)
    assert "the dataset 'paintings' is registered by the plugin 'painter'" in said
    assert "such as 'my-paintings'" in said
    # Another kind may have it: `type:` is read within its section.
    check_free(derive_names("paintings"), "reporter", plugins)


def test_the_name_of_a_plugin_is_refused(plugins: PluginManager) -> None:
    assert "the package 'painter-package' has a plugin 'painter'" in refusal("painter", plugins)


def test_the_name_of_an_installed_distribution_is_refused(plugins: PluginManager) -> None:
    assert importlib.metadata.version("pillow")
    assert "a package 'pillow' is installed" in refusal("pillow", plugins)


def test_the_name_of_an_installed_module_is_refused(
    plugins: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "my_tool.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    assert "has the module 'my_tool'" in refusal("my-tool", plugins)


def test_what_lies_in_the_current_folder_takes_no_name(
    plugins: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_tool").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    check_free(derive_names("my-tool"), "dataset", plugins)
