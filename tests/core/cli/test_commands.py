import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from editgauge.core.cli import lazy_group
from editgauge.core.cli.main import main
from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import PluginManager

Run = Callable[..., tuple[int, str, str]]

COMMANDS: list[list[str]] = [
    [],
    ["run"],
    ["check"],
    ["check", "plugin"],
    ["replay"],
    ["report"],
    ["plugins"],
    ["new"],
    ["config", "schema"],
    ["config", "show"],
    ["config", "options"],
    ["events"],
    ["events", "schema"],
]

CONFIG = """
dataset: {type: jsonl, path: rows.jsonl, limit: 3}
edit: {type: qwen-image-edit, model: nowhere, workers: {devices: [cpu, [cuda:0, cuda:1]]}}
reward: {type: qwen3-vl, model: nowhere, batch_size: 2, workers: {python: judge/bin/python}}
profiles: {short: {dataset: {limit: 1}}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    for name in ("EDITGAUGE_PROFILE", "EDITGAUGE_PROGRESS", "EDITGAUGE_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "run.yaml").write_text(CONFIG)
    (tmp_path / "rows.jsonl").write_text('{"image": "cat.png", "instruction": "add a hat"}\n')

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        return int(str(end.value.code)), out, err

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=str)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_help_has_an_example(run: Run, command: list[str], flag: str) -> None:
    code, out, err = run(*command, flag)
    assert (code, err) == (0, "")
    assert "Examples:" in out
    assert f"editgauge {' '.join(command)}".strip() in out.partition("Examples:")[2]


def test_help_lists_built_in_and_plugin_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    add_command(monkeypatch, "paint", f"{__name__}:paint", "Paint something.")
    _, out, _ = run("--help")
    assert "Check a config without running it; show the plan." in out
    assert "Paint something." in out


@click.command()
@click.argument("what")
def paint(what: str) -> int:
    click.echo(f"painting {what}")
    return 7


def add_command(monkeypatch: pytest.MonkeyPatch, name: str, target: str, summary: str = "") -> None:
    class Plugin:
        @hookimpl
        def register_commands(self, register: Register) -> None:
            register(name, target=target, summary=summary)

    class WithPlugin(PluginManager):
        def load_entry_points(self) -> None:
            self.register(Plugin(), "painter")

    monkeypatch.setattr(lazy_group, "PluginManager", WithPlugin)
    # The group remembers the plugins of the process; this test has others.
    from editgauge.core.cli import main as main_module

    monkeypatch.setattr(main_module.cli, "_plugins", None)


def test_a_plugins_command_runs_and_its_return_value_is_the_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_command(monkeypatch, "paint", f"{__name__}:paint")
    assert run("paint", "fences") == (7, "painting fences\n", "")


def test_a_plugins_command_that_cannot_be_imported_is_a_usage_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_command(monkeypatch, "paint", "no_such_module:paint")
    code, _, err = run("paint")
    assert code == 2
    assert "which cannot be imported: ModuleNotFoundError" in err


def test_an_unknown_command_names_the_nearest(run: Run) -> None:
    code, out, err = run("chek")
    assert (code, out) == (2, "")
    assert "no command is called 'chek'. Did you mean 'check'?" in err


def test_control_characters_in_arguments_do_not_reach_the_terminal(run: Run) -> None:
    code, _, err = run("ch\x1b]0;evil\x07")
    assert code == 2
    assert "\x1b" not in err
    code, _, err = run("check", "run.yaml", "-o", "edit.\x1b[31m=1")
    assert code == 2
    assert "\x1b" not in err
    assert "edit.\\x1b[31m: unknown key." in err


def test_version(run: Run) -> None:
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "editgauge,")


def test_plugins_lists_state_and_what_is_registered(run: Run) -> None:
    code, out, _ = run("plugins", "--disable-plugin", "qwen-edit")
    assert code == 0
    lines = out.splitlines()
    assert next(line for line in lines if line.startswith("qwen-edit")).split()[1] == "disabled"
    assert any(line.startswith("    reporter json: every event as structured") for line in lines)


def test_plugins_as_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITGAUGE_DISABLE_PLUGINS", "qwen-edit,not-installed-here")
    code, out, err = run("plugins", "--json")
    assert (code, err) == (0, "")
    found = {plugin["name"]: plugin for plugin in json.loads(out)}
    assert found["qwen-edit"]["state"] == "disabled"
    assert found["qwen-edit"]["registers"] == []
    assert {
        "kind": "dataset",
        "name": "jsonl",
        "target": "editgauge.plugins.datasets.jsonl:JsonlDataset",
        "summary": "one JSON object a line, images by path",
        "api": "1.0",
    } in found["datasets"]["registers"]


def test_disabling_a_plugin_that_does_not_exist_is_a_usage_error(run: Run) -> None:
    code, _, err = run("plugins", "--disable-plugin", "qwen-edti")
    assert code == 2
    assert "no plugin is called 'qwen-edti'. Did you mean 'qwen-edit'?" in err


def test_a_type_of_a_disabled_plugin_is_reported_as_disabled(run: Run) -> None:
    code, _, err = run("check", "run.yaml", "--disable-plugin", "qwen-edit")
    assert code == 2
    assert "edit.type: no edit model is called 'qwen-image-edit'." in err
    assert "Plugin 'qwen-edit' is disabled." in err


def test_check_shows_the_plan(run: Run) -> None:
    code, out, err = run("check", "run.yaml", "--profile", "short", "--progress", "none")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "config     run.yaml, profile short",
        "dataset    jsonl; rows.jsonl; at most 1",
        "edit       qwen-image-edit on cpu, cuda:0+cuda:1",
        "reward     qwen3-vl on every device that its Python finds; python judge/bin/python",
        "           batches of 2, by text",
        "seed       42 + row index",
        "reporters  none",
        "results    a new folder in runs",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "edit.stepz=1"], "edit.stepz: unknown key. Did you mean 'steps'?"),
        (["-o", "dataset.path=gone.jsonl"], "gone.jsonl"),
        (["-o", "reward.rubric=no-such-rubric"], "no-such-rubric"),
        (["--profile", "shrt"], "no profile is called 'shrt'. Did you mean 'short'?"),
        (["-r", "jsn"], "-r jsn: no reporter is called 'jsn'. Did you mean 'json'?"),
        (["-r", "plain", "--progress", "bars"], "-r and --progress both choose"),
        (["--progress", "loud"], "'loud' is not one of"),
        (["--progress", "bars"], "progress: bars need a terminal on stderr"),
        (["--workers"], "reward.workers.python: "),
    ],
)
def test_check_reports_what_is_wrong_and_exits_2(
    run: Run, arguments: list[str], expected: str
) -> None:
    code, _, err = run("check", "run.yaml", *arguments)
    assert code == 2
    assert expected in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-r", "json", "--progress", "plain"], "-r and --progress both choose"),
        (["-r", "json", "--add-reporter", "file"], "-r names exactly the reporters that run"),
        (["-r", "json", "--no-reporter", "file"], "-r names exactly the reporters that run"),
        (["-r", "json", "-q"], "-r and -q both choose what the terminal shows"),
        (["-v", "-q"], "-v and -q contradict each other"),
        (["-q", "--progress", "plain"], "-q and --progress both choose what the terminal shows"),
        (["-v", "--progress", "none"], "-v and --progress none contradict each other"),
        (
            ["--progress", "bars", "--no-reporter", "tqdm"],
            "--progress bars and --no-reporter tqdm contradict each other",
        ),
        (
            ["--progress", "quiet", "--no-reporter", "plain"],
            "--progress quiet and --no-reporter plain contradict each other",
        ),
        (["--progress", "bars"], "progress: bars need a terminal on stderr"),
        (["--add-reporter", "jsn"], "--add-reporter jsn: no reporter is called 'jsn'."),
        (["--no-reporter", "jsn"], "--no-reporter jsn: no reporter is called 'jsn'."),
    ],
)
def test_options_for_reporters_that_contradict_each_other_are_usage_errors(
    run: Run, arguments: list[str], expected: str
) -> None:
    code, out, err = run("run", "run.yaml", *arguments)
    assert (code, out) == (2, "")
    assert expected in err


def test_run_hands_on_what_it_was_given(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from editgauge.core.run import runner

    given: dict[str, Any] = {}

    class Result:
        exit_code = 100

    def run_resolved(config: object, plugins: object, **more: Any) -> Result:
        given.update(more, config=config, plugins=plugins)
        return Result()

    monkeypatch.setattr(runner, "run_resolved", run_resolved)
    code, _, _ = run(
        "run", "run.yaml", "--run-dir", "here", "--max-failures", "5", "-r", "json:x.jsonl",
        "-o", "max_failures=1",
    )  # fmt: skip
    assert code == 100
    assert given["config"].run.max_failures == 5
    assert given["config"].reporters[0].config.path == "x.jsonl"
    assert (given["wish"].run_dir, given["wish"].resume) == (Path("here"), None)
    assert given["handle_signals"] is True


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["gone.yaml"], "there is no such file."),
        (["run.yaml", "--run-dir", "a", "--resume", "latest"], "--run-dir starts a run and"),
        (["run.yaml", "--resume", "latest", "-o", "reward="], "latest"),
        (["run.yaml", "-o", "reward.workers.python=/no/python"], "reward.workers.python: "),
        (["run.yaml", "--max-failures", "-1"], "is not in the range"),
    ],
)
def test_run_reports_what_is_wrong_and_exits_2(
    run: Run, arguments: list[str], expected: str
) -> None:
    code, _, err = run("run", *arguments)
    assert code == 2
    assert expected in err
    assert "Traceback" not in err


def test_a_bug_shows_its_traceback_and_exits_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from editgauge.core.run import runner

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a \x1b[31mbug")

    monkeypatch.setattr(runner, "run_resolved", broken)
    code, _, err = run("run", "run.yaml")
    assert code == 1
    assert "Traceback" in err
    assert "ZeroDivisionError: a \\x1b[31mbug" in err


def test_an_interrupt_before_the_run_exits_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from editgauge.core.run import runner

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run_resolved", interrupted)
    assert run("run", "run.yaml")[0] == 130


def test_the_schema_goes_to_stdout_or_a_file(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("config", "schema")
    assert code == 0
    assert run("config", "schema", "--output", "schema.json") == (0, "", "")
    assert (tmp_path / "schema.json").read_text() == out
    assert json.loads(out)["title"] == "editgauge run"
    code, _, err = run("config", "schema", "--output", "no/folder.json")
    assert code == 2
    assert "no/folder.json cannot be written: No such file or directory" in err


def test_the_program_exits_with_the_code_and_nothing_on_stdout(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "editgauge", "check", "gone.yaml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: gone.yaml: 1 problem in the configuration\n")


def test_a_reader_that_leaves_is_no_crash(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "editgauge", "config", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == b""
