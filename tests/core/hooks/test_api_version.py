"""What is written for another version of the plugin API is named and skipped."""

import inspect
from typing import Any

import pytest

import editgauge
from editgauge.core.hooks.api_version import is_compatible, parse_api_version, what_to_do
from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager


class Plugin:
    """Registers an edit model for each version, with whatever else is given."""

    def __init__(self, *versions: str, **more: Any) -> None:
        self._versions, self._more = versions, more

    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        for version in self._versions:
            register(f"for-{version}", target="a:b", api=version, **self._more)

    @hookimpl
    def run_event(self) -> None: ...


def with_entry_point(monkeypatch: pytest.MonkeyPatch, plugin: object) -> PluginManager:
    class Distribution:
        name, version = "their-package", "7.0"

    class EntryPoint:
        name, dist = "theirs", Distribution

        @staticmethod
        def load() -> object:
            return plugin

    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_options: [EntryPoint])
    manager = PluginManager()
    manager.load_entry_points()
    return manager


@pytest.mark.parametrize(
    ("version", "own", "works"),
    [
        ("1.0", "1.0", True),
        ("1.0", "1.4", True),
        ("1.5", "1.4", False),
        ("2.0", "1.4", False),
        ("1.0", "2.0", False),
        ("1.10", "1.9", False),
    ],
)
def test_an_older_minor_version_works_and_nothing_else(version: str, own: str, works: bool) -> None:
    assert is_compatible(parse_api_version(version), own) is works


@pytest.mark.parametrize(
    "wrong", ["1", "1.0.0", "v1.0", "1.x", "", " 1.0", "1.0\n", "01.0", 1.0, None]
)
def test_a_version_of_another_form_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"a version of the plugin API is a text like '1\.0'"):
        parse_api_version(wrong)


def test_the_default_of_a_registration_stays_what_it_is() -> None:
    # A plugin that says nothing was written for the first version, for ever.
    assert inspect.signature(Register.__call__).parameters["api"].default == "1.0"
    assert editgauge.API_VERSION.startswith("1.")


def test_whom_to_upgrade() -> None:
    assert what_to_do((2, 0), "x", "1.0") == "upgrade editgauge"
    assert what_to_do((1, 0), "x", "2.0") == "install a version of x that is written for 2.0"
    assert what_to_do((1, 0), "", "2.0") == (
        "change the plugin to what 2.0 asks for, and its 'api' to '2.0'"
    )


def test_a_plugin_for_another_version_is_named_and_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = with_entry_point(monkeypatch, Plugin("2.0", "1.1", shape="round"))
    info = manager.plugins["theirs"]
    assert (info.state, info.registrations) == ("incompatible", [])
    assert info.api_versions == ["1.1", "2.0"]
    assert info.error.startswith(
        "edit model 'for-2.0' is written for version 2.0 of the plugin API, and this editgauge has "
        "1.0: upgrade editgauge; edit model 'for-1.1' is"
    )
    assert manager.names("edit model") == []
    assert not manager.pluggy.has_plugin("theirs")


def test_asking_for_what_was_skipped_is_an_error_that_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = with_entry_point(monkeypatch, Plugin("2.0"))
    with pytest.raises(PluginError) as caught:
        manager.find("edit model", "for-2.0")
    assert str(caught.value) == (
        "the edit model 'for-2.0' of plugin 'theirs' is written for version 2.0 of the plugin API, "
        "and this editgauge has 1.0: upgrade editgauge."
    )


def test_what_is_written_for_this_version_stays_usable_beside_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = with_entry_point(monkeypatch, Plugin("1.0", "2.0"))
    info = manager.plugins["theirs"]
    assert info.state == "loaded"
    assert manager.names("edit model") == ["for-1.0"]
    assert "'for-2.0'" in info.error
    assert manager.pluggy.has_plugin("theirs")


def test_hooks_of_another_version_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(Plugin):
        @hookimpl
        def register_samplers(self) -> None: ...

    assert with_entry_point(monkeypatch, Newer("2.0")).plugins["theirs"].state == "incompatible"
    info = with_entry_point(monkeypatch, Newer("1.0")).plugins["theirs"]
    assert info.state == "broken"
    assert info.error.startswith("PluginError: there is no hook 'register_samplers'.")


def test_an_argument_that_this_version_does_not_know_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    info = with_entry_point(monkeypatch, Plugin("1.0", sumary="x")).plugins["theirs"]
    assert info.state == "broken"
    assert "has no argument 'sumary'. Did you mean 'summary'? Known: target, config" in info.error


def test_a_plugin_object_for_another_version_is_refused() -> None:
    with pytest.raises(PluginError, match=r"plugin 'mine' cannot be used: edit model 'for-2.0' is"):
        PluginManager().register(Plugin("2.0"), "mine")
