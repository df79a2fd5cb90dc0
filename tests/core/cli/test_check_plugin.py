"""`editgauge check plugin NAME`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.core.cli.main import main
from editgauge.core.conformance.api import checks_of
from tests.testing.planted import CPU

Run = Callable[..., tuple[int, str, str]]

JUDGE = """
from editgauge import Register, Reply, RewardModel, RewardModelConfig, hookimpl


class JudgeConfig(RewardModelConfig):
    words: int
    \"\"\"How many words are said.\"\"\"


class Judge(RewardModel):
    def load(self, config, device):
        self._words = config.words

    def score(self, requests, on_reply):
        replies = []
        for position, request in enumerate(requests):
            shade = request.images[-1].convert("L").resize((1, 1)).getpixel((0, 0))
            replies.append(Reply("word " * self._words + f"Score: {shade / 25.5:.3f}"))
            on_reply(position, replies[-1])
        return replies


@hookimpl
def register_reward_models(register: Register) -> None:
    register("wordy", config=JudgeConfig, target="wordy:Judge", summary="says words")
"""
MISSPELT = """
from editgauge import Register, hookimpl


@hookimpl
def register_reward_model(register: Register) -> None:
    register("never", target="misspelt:Never")
"""
REPORTER = """
from editgauge import Register, ReporterConfig, events, hookimpl


class Listener:
    def __init__(self, config, context):
        self._out = context.stderr

    @hookimpl
    def step_event(self, event: events.SampleEvent) -> None:
        print("heard", file=self._out)

    def sampel_event(self, event: events.SampleEvent) -> None:
        print("never", file=self._out)


@hookimpl
def register_reporters(register: Register) -> None:
    register("listener", config=ReporterConfig, target="listener:Listener", summary="listens")
"""
TERSE = """
from editgauge import EditModelConfig, Register, hookimpl


@hookimpl
def register_edit_models(register: Register) -> None:
    register("terse", config=EditModelConfig, target="terse:Terse")
"""
WATCHER = """
from editgauge import events, hookimpl


@hookimpl
def sample_event(event: events.SampleEvent) -> None:
    if isinstance(event, events.StepFinished):
        print(event.step)
"""
_CPU = ("-o", "workers.devices=[cpu]")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wordy.py").write_text(JUDGE)
    (tmp_path / "misspelt.py").write_text(MISSPELT)
    (tmp_path / "listener.py").write_text(REPORTER)

    def run(*arguments: str) -> tuple[int, str, str]:
        before = set(sys.modules)
        with pytest.raises(SystemExit) as end:
            main(("check", "plugin", *arguments))
        for name in {"wordy", "misspelt", "listener", "watcher", "terse"} & (
            set(sys.modules) - before
        ):
            del sys.modules[name]
        out, err = capsys.readouterr()
        return int(str(end.value.code)), out, err

    return run


def test_a_registered_name_is_checked_and_passes(run: Run) -> None:
    code, out, err = run("identity", *_CPU)
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0] == "edit model 'identity'"
    assert lines[-1].endswith("checks, 0 failed")
    assert [line.split()[1] for line in lines[1:-1]] == [
        check.name for check in checks_of("edit model")
    ]


def test_a_plugin_file_is_checked_with_the_config_of_a_run(run: Run, tmp_path: Path) -> None:
    config = {
        "reward": {"type": "wordy", "words": 2, "workers": CPU},
        "edit": {"type": "identity"},
        "dataset": {"type": "folder", "path": "x"},
    }
    (tmp_path / "run.yaml").write_text(json.dumps(config))
    code, out, err = run("wordy", "--plugin", "./wordy.py", "--config", "run.yaml", "--json")
    assert code == 0, out + err
    (report,) = json.loads(out)
    assert (report["kind"], report["name"]) == ("reward model", "wordy")
    assert {result["state"] for result in report["results"]} == {"passed"}


def test_what_is_missing_is_said_and_can_be_given(run: Run) -> None:
    code, _, err = run("wordy", "--plugin", "./wordy.py")
    assert code == 2
    assert "reward model 'wordy' cannot be checked; give what is missing by -o KEY=VALUE" in err
    assert "reward.words: missing. (How many words are said.)" in err
    code, _, err = run("wordy", "--plugin", "./wordy.py", "-o", "wrods=2")
    assert code == 2
    assert "-o wrods: there is no such key. Did you mean 'words'?" in err
    skipped = [f"--skip={check.name}" for check in checks_of("reward model")]
    code, out, _ = run("wordy", "--plugin", "./wordy.py", "-o", "words=2", *_CPU, *skipped)
    assert code == 0
    assert out.count("skipped") == len(skipped)


def test_a_misspelt_hook_is_reported(run: Run) -> None:
    code, _, err = run("misspelt", "--plugin", "./misspelt.py")
    assert code == 2
    assert "there is no hook 'register_reward_model'. Did you mean 'register_reward_models'?" in err


def test_a_misspelt_hook_and_a_wrong_event_of_a_reporter_are_reported(run: Run) -> None:
    slow = [check.name for check in checks_of("reporter") if check.name != "reporter-hooks"]
    skips = [f"--skip={name}" for name in slow]
    code, out, _ = run("listener", "--plugin", "./listener.py", *skips)
    assert code == 100
    assert "FAILED   reporter-hooks" in out
    assert "says that it takes SampleEvent, but it is called with StepEvent" in out
    assert "Listener.sampel_event (line 13) is no hook and is never called" in out
    assert "to mend it: name the method run_event" in out
    assert f"{len(slow) + 1} checks, 1 failed" in out


def test_a_plugin_that_only_observes_has_its_hooks_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "watcher.py").write_text(WATCHER)
    code, out, _ = run("watcher", "--plugin", "./watcher.py")
    assert code == 100
    assert "plugin 'watcher' registers nothing that can be tried" in out
    assert "sample_event (line 5) tests for StepFinished, which never comes here" in out


def test_a_missing_summary_is_shown_and_fails_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "terse.py").write_text(TERSE)
    others = [check.name for check in checks_of("edit model") if check.name != "summary"]
    code, out, _ = run("terse", "--plugin", "./terse.py", *(f"--skip={name}" for name in others))
    assert code == 0
    assert "  advice   summary" in out
    assert "the registration has no `summary`" in out
    assert "to mend it: give `register(..., summary=" in out
    assert f"{len(others) + 1} checks, 0 failed" in out


def test_an_unknown_name_is_refused_with_the_nearest(run: Run) -> None:
    code, _, err = run("identit")
    assert code == 2
    assert "there is nothing called 'identit' that can be checked. Did you mean 'identity'?" in err
    code, _, err = run("identity", "--kind", "dataset")
    assert code == 2
    assert "there is nothing called 'identity' of kind 'dataset'" in err
    code, _, err = run("identity", "--skip", "same-sed")
    assert code == 2
    assert "no check is called 'same-sed'. Did you mean 'same-seed'?" in err
    code, _, err = run()
    assert code == 2
    assert "give the NAME of a plugin, or --list" in err


def test_all_checks_are_listed(run: Run) -> None:
    code, out, _ = run("--list")
    assert code == 0
    code, as_json, _ = run("--list", "--json", "--kind", "reporter")
    assert code == 0
    names = [check["check"] for check in json.loads(as_json)["reporter"]]
    assert names == [check.name for check in checks_of("reporter")]
    assert all(name in out for name in names)
