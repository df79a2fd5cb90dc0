import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.opening import Wish

CONFIG: dict[str, Any] = {
    "dataset": {"type": "jsonl", "path": "rows.jsonl"},
    "edit": {"type": "qwen-image-edit", "model": "nowhere"},
    "progress": "none",
}


class Watcher:
    @editgauge.hookimpl
    def run_event(self, event: object) -> None: ...


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the runner is asked for; the run itself is the matter of other tests."""
    from editgauge.core.run import runner

    given: dict[str, Any] = {}

    def run_resolved(config: object, plugins: PluginManager, **more: Any) -> str:
        given.update(more, config=config, plugins=plugins)
        return "result"

    monkeypatch.setattr(runner, "run_resolved", run_resolved)
    return given


def names(given: dict[str, Any]) -> list[str]:
    return [chosen.registration.name for chosen in given["config"].reporters]


def test_the_config_decides_on_reporters_unless_some_are_given(given: dict[str, Any]) -> None:
    assert str(editgauge.run(CONFIG, run_dir="there", resume=None)) == "result"
    assert names(given) == []
    assert given["wish"] == Wish(run_dir=Path("there"))
    editgauge.run({**CONFIG, "progress": "plain"})
    assert names(given) == ["plain"]
    editgauge.run({**CONFIG, "progress": "plain"}, reporters=[])
    assert names(given) == []


def test_reporters_are_names_pairs_and_objects(given: dict[str, Any]) -> None:
    watchers = [Watcher(), Watcher()]
    editgauge.run(CONFIG, reporters=["events", ("json", {"path": "x"}), *watchers])
    assert names(given) == ["events", "json"]
    assert given["config"].reporters[1].config.path == "x"
    registered = dict(given["plugins"].pluggy.list_name_plugin())
    assert registered["python:Watcher"] is watchers[0]
    assert registered["python:Watcher-2"] is watchers[1]


def test_profiles_and_overrides_apply(given: dict[str, Any]) -> None:
    config = {**CONFIG, "profiles": {"a": {"seed": 1, "name": "x"}}}
    editgauge.run(config, profile="a", overrides=["seed=2"])
    assert (given["config"].run.seed, given["config"].run.name) == (2, "x")


@pytest.mark.parametrize("reporter", [object(), ("json",), ("json", {}, {}), (1, {})])
def test_what_is_no_reporter_is_refused(given: dict[str, Any], reporter: object) -> None:
    with pytest.raises(TypeError, match=r"should be a name|is \(name, options\)"):
        editgauge.run(CONFIG, reporters=[reporter])
    assert given == {}


def test_a_wrong_config_raises_with_its_problems() -> None:
    with pytest.raises(editgauge.ConfigError) as caught:
        editgauge.run({**CONFIG, "sed": 1}, reporters=["jsn"])
    assert [problem.path for problem in caught.value.problems] == ["sed", "-r jsn"]


def test_signals_are_handled_in_the_main_thread_only(given: dict[str, Any]) -> None:
    editgauge.run(CONFIG)
    assert given["handle_signals"] is True
    thread = threading.Thread(target=editgauge.run, args=(CONFIG,))
    thread.start()
    thread.join()
    assert given["handle_signals"] is False


def test_importing_editgauge_alone_imports_nothing_heavy() -> None:
    code = "import sys, editgauge; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "pluggy", "click", "yaml", "torch"} & set(done.stdout.split())


@pytest.mark.parametrize("arguments", [{"reporters": "plain"}, {"overrides": "seed=1"}])
def test_a_text_instead_of_a_list_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="should be a list, as in"):
        editgauge.run({}, **arguments)
