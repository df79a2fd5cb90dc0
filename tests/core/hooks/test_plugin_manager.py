import importlib.metadata
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions with a plugin module each, seen by the real importlib.metadata."""
    monkeypatch.syspath_prepend(str(tmp_path))
    real = importlib.metadata.entry_points
    before = set(sys.modules)

    def only_ours(*, group: str) -> list[importlib.metadata.EntryPoint]:
        return [point for point in real(group=group) if (point.dist and "zz-" in point.dist.name)]

    monkeypatch.setattr(importlib.metadata, "entry_points", only_ours)

    def install(module: str, source: str, *, name: str = "", version: str = "1.2") -> None:
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"zz_{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: zz-{module}\nVersion: {version}"
        )
        (info / "entry_points.txt").write_text(f"[editgauge]\n{name or module} = {module}\n")

    yield install
    for module in set(sys.modules) - before:
        if module.startswith("plug_"):
            del sys.modules[module]


GOOD = """
from editgauge.core.hooks.hookspecs import hookimpl

@hookimpl
def register_edit_models(register):
    register("NAME", target="plug.models:Model", summary="edits")
"""


def loaded(*, disabled: tuple[str, ...] = ()) -> PluginManager:
    manager = PluginManager(disabled=disabled)
    manager.load_entry_points()
    return manager


def test_a_plugin_is_found_with_its_version_and_registrations(install: Install) -> None:
    install("plug_good", GOOD)
    info = loaded().plugins["plug_good"]
    assert (info.package, info.version, info.state) == ("zz-plug_good", "1.2", "loaded")
    (registration,) = info.registrations
    assert (registration.kind, registration.name) == ("edit model", "NAME")
    assert (registration.target, registration.plugin) == ("plug.models:Model", "plug_good")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError"),
        (GOOD + "    raise RuntimeError('late')\n", "RuntimeError: late"),
        (GOOD.replace("plug.models:Model", "plug.models"), "should be 'package.module:Name'"),
        (GOOD.replace("edit_models", "edit_modles"), "Did you mean 'register_edit_models'?"),
        (GOOD.replace("(register)", "(registr)"), "PluginValidationError"),
    ],
)
def test_a_broken_plugin_is_listed_and_harms_no_other(
    install: Install, source: str, error: str
) -> None:
    install("plug_bad", source)
    install("plug_good", GOOD.replace("NAME", "other"))
    manager = loaded()
    broken = manager.plugins["plug_bad"]
    assert broken.state == "broken"
    assert error in broken.error
    assert broken.registrations == []
    assert manager.names("edit model") == ["other"]
    assert manager.plugins["plug_good"].state == "loaded"
    assert not manager.pluggy.has_plugin("plug_bad")


def test_a_hook_of_a_newer_editgauge_can_be_optional(install: Install) -> None:
    source = GOOD.replace("@hookimpl", "@hookimpl(optionalhook=True)\ndef future(): ...\n@hookimpl")
    install("plug_good", source)
    assert loaded().plugins["plug_good"].error == ""


def test_a_disabled_plugin_is_not_even_imported(install: Install) -> None:
    install("plug_loud", "raise SystemExit('imported')")
    manager = loaded(disabled=("plug_loud", "plug_lout"))
    assert manager.plugins["plug_loud"].state == "disabled"
    assert "plug_loud" not in sys.modules
    assert manager.unknown_disabled() == ["plug_lout"]


def test_a_name_that_is_taken_breaks_the_second_only(install: Install) -> None:
    install("plug_a", GOOD)
    install("plug_b", GOOD)
    manager = loaded()
    assert manager.find("edit model", "NAME").plugin == "plug_a"
    assert "is registered by plugin 'plug_a' already" in manager.plugins["plug_b"].error


def test_two_distributions_with_one_plugin_name_are_both_listed(install: Install) -> None:
    install("plug_a", GOOD, name="plug_same")
    install("plug_b", GOOD.replace("NAME", "b"), name="plug_same")
    manager = loaded()
    states = [(info.name, info.state) for info in manager.plugins.values()]
    assert states == [("plug_same", "loaded"), ("plug_same", "broken")]
    assert len(manager.names("edit model")) == 1


def test_finding_nothing_names_the_nearest_and_what_could_not_be_loaded(install: Install) -> None:
    install("plug_bad", "raise ValueError('no licence')")
    install("plug_good", GOOD.replace("NAME", "qwen"))
    install("plug_off", GOOD)
    with pytest.raises(PluginError) as caught:
        loaded(disabled=("plug_off",)).find("edit model", "qwem")
    assert str(caught.value) == (
        "no edit model is called 'qwem'. Did you mean 'qwen'? Known: qwen. "
        "Plugin 'plug_bad' could not be loaded (ValueError: no licence). "
        "Plugin 'plug_off' is disabled."
    )


class Observer:
    @hookimpl
    def run_event(self) -> None: ...


def test_an_object_can_be_registered_once_and_under_a_free_name() -> None:
    manager = PluginManager()
    observer = Observer()
    manager.register(observer, "mine")
    with pytest.raises(PluginError, match="there is a plugin 'mine' already"):
        manager.register(Observer(), "mine")
    with pytest.raises(PluginError, match="the same object is the plugin 'mine' already"):
        manager.register(observer, "other")
    assert manager.pluggy.is_registered(observer)


def test_a_wrong_object_leaves_nothing_behind() -> None:
    class Wrong:
        @hookimpl
        def register_datasets(self, register: Register) -> None:
            register("rows", target="a:b")
            register("rows", target="a:b")

    manager = PluginManager()
    with pytest.raises(PluginError, match="the dataset 'rows' is registered by plugin 'x' already"):
        manager.register(Wrong(), "x")
    assert manager.names("dataset") == []
    assert manager.plugins == {}


def test_targets_and_config_models_are_imported_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lazy:
        @hookimpl
        def register_datasets(self, register: Register) -> None:
            register("here", target="plug_here:Thing", config="plug_here:Config")
            register("gone", target="plug_here:Gone", config=int)

    manager = PluginManager()
    manager.register(Lazy(), "lazy")
    module = types.ModuleType("plug_here")
    module.Thing = "thing"  # type: ignore[attr-defined]  # made up here
    module.Config = "config"  # type: ignore[attr-defined]  # made up here
    monkeypatch.setitem(sys.modules, "plug_here", module)
    here, gone = manager.find("dataset", "here"), manager.find("dataset", "gone")
    assert (here.load_target(), here.load_config_model()) == ("thing", "config")
    assert gone.load_config_model() is int
    with pytest.raises(PluginError, match=r"'plug_here:Gone', which cannot be imported: Attrib"):
        gone.load_target()


def test_the_environment_names_disabled_plugins_separated_by_commas() -> None:
    assert disabled_by_environment({"EDITGAUGE_DISABLE_PLUGINS": " a, b,,"}) == {"a", "b"}
    assert disabled_by_environment({}) == set()
