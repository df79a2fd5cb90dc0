"""A model in a file that is not installed: `editgauge run --plugin ./my_model.py`."""

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import editgauge
from tests.support.plugin_file import PLUGIN_FILE
from tests.support.pythons import make_bare_python
from tests.support.runs import make_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a dataset of three samples, a plugin file and a config."""
    make_dataset(tmp_path / "data", samples=3)
    write_plugin(tmp_path)
    write_config(tmp_path)
    return tmp_path


def write_plugin(folder: Path, *, failing: int = -1, name: str = "my_model.py") -> Path:
    path = folder / name
    module = path.parent.name if path.name == "__init__.py" else path.stem
    text = PLUGIN_FILE.replace("MODULE", module).replace("FAILING = -1", f"FAILING = {failing}")
    path.write_text(text, encoding="utf-8")
    return path


def write_config(folder: Path, **workers: Any) -> Path:
    path = folder / "run.yaml"
    config = {
        "dataset": {"type": "jsonl", "path": "data/samples.jsonl"},
        "edit": {"type": "tint", "workers": {"devices": ["cpu"], **workers}},
        "reporters": {"count": {}},
        "progress": "none",
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "EDITGAUGE" not in name}
    return subprocess.run(
        # As the console script does: the working directory is not on the path of modules.
        [sys.executable, "-P", "-m", "editgauge", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def manifest_of(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("runs/2*/run.json")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def record_of(manifest: dict[str, Any]) -> dict[str, Any]:
    (record,) = [record for record in manifest["plugins"] if record["name"] == "my_model"]
    return dict(record)


def test_a_file_brings_model_and_reporter_and_is_recorded(folder: Path) -> None:
    words = ("run", "run.yaml", "--add-reporter", "events", "--plugin", "./my_model.py")
    done = command(folder, *words)
    assert (done.returncode, done.stdout) == (0, "edited: 3\n"), done.stderr
    path = folder / "my_model.py"
    assert record_of(manifest_of(folder)) == {
        "name": "my_model",
        "package": "",
        "version": "3.1",
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert not (folder / "__pycache__").exists()
    replayed = command(folder, "replay", "latest", "-r", "count", "--plugin", "my_model.py")
    assert (replayed.returncode, replayed.stdout) == (0, "edited: 3\n"), replayed.stderr


def test_without_the_option_the_file_is_not_known(folder: Path) -> None:
    done = command(folder, "run", "run.yaml")
    assert done.returncode == 2
    assert "no edit model is called 'tint'" in done.stderr
    assert "If a file brings it, name the file: --plugin FILE" in done.stderr


def test_a_file_works_in_workers_of_another_python(folder: Path) -> None:
    python = make_bare_python(folder / "python")
    write_config(folder, python=str(python))
    done = command(folder, "run", "run.yaml", "--plugin", "my_model.py")
    assert (done.returncode, done.stdout) == (0, "edited: 3\n"), done.stderr
    (environment,) = manifest_of(folder)["environments"]
    assert environment["python"] == str(python)


def test_a_folder_is_a_package_with_files_of_its_own(folder: Path) -> None:
    (folder / "my_model.py").unlink()
    (folder / "my_model").mkdir()
    (folder / "my_model" / "colors.py").write_text("SHARE = 0.25\n")
    path = write_plugin(folder, name="my_model/__init__.py")
    text = path.read_text().replace("share: float = 0.5", "share: float = SHARE")
    path.write_text("from my_model.colors import SHARE\n" + text)
    done = command(folder, "run", "run.yaml", "--plugin", "./my_model/")
    assert (done.returncode, done.stdout) == (0, "edited: 3\n"), done.stderr
    first = record_of(manifest_of(folder))["sha256"]
    (folder / "my_model" / "colors.py").write_text("SHARE = 0.26\n")
    listed = json.loads(command(folder, "plugins", "--json", "--plugin", "my_model").stdout)
    assert next(entry for entry in listed if entry["name"] == "my_model")["sha256"] != first


def test_every_command_that_reads_a_config_takes_the_option(folder: Path) -> None:
    option = ("--plugin", "./my_model.py")
    checked = command(folder, "check", "run.yaml", "--workers", *option)
    assert checked.returncode == 0, checked.stderr
    assert "ready after" in checked.stdout
    shown = command(folder, "config", "show", "run.yaml", *option)
    assert "color: teal" in shown.stdout, shown.stderr
    schema = command(folder, "config", "schema", *option)
    assert "What the picture is tinted with." in schema.stdout, schema.stderr
    options = command(folder, "config", "options", "count", *option)
    assert "| `word` | text | `edited` |" in options.stdout, options.stderr


def test_a_wrong_config_of_a_file_is_found_before_anything_starts(folder: Path) -> None:
    words = ("run", "run.yaml", "--plugin", "./my_model.py", "-o")
    done = command(folder, *words, "edit.colour=red")
    assert done.returncode == 2
    assert "edit.colour" in done.stderr
    assert "Did you mean 'color'?" in done.stderr
    done = command(folder, *words, "edit.color=none")
    assert "a color is needed" in done.stderr
    assert not (folder / "runs").exists()


def test_the_command_to_go_on_has_the_option_and_a_changed_file_is_told(folder: Path) -> None:
    before = hashlib.sha256(write_plugin(folder, failing=1).read_bytes()).hexdigest()
    done = command(folder, "run", "run.yaml", "--plugin", "./my_model.py")
    assert done.returncode == 100, done.stderr
    advice = done.stderr.partition("try failed samples again with: ")[2].splitlines()[0]
    words = shlex.split(advice)
    assert words[:5] == ["editgauge", "run", "run.yaml", "--plugin", "./my_model.py"]
    path = write_plugin(folder)
    again = command(folder, *words[1:], "-r", "plain")
    assert again.returncode == 0, again.stderr
    assert f"the plugin file {path} has changed since this run began" in again.stderr
    record = record_of(manifest_of(folder))
    assert record["earlier_sha256"] == [before]
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_changes_while_a_run_goes_on_is_not_used(folder: Path) -> None:
    path = write_plugin(folder)
    # It changes itself and ends its worker; the one that takes its place finds out.
    text = path.read_text().replace(
        "        on_step(1, 1)",
        "        import os, pathlib\n"
        "        file = pathlib.Path(__file__)\n"
        "        file.write_text(file.read_text() + '# later')\n"
        "        os._exit(1)\n",
    )
    path.write_text(text)
    write_config(folder, max_restarts=1, restart_pause=0.0)
    done = command(folder, "run", "run.yaml", "--plugin", "my_model.py", "-r", "plain")
    assert "my_model.py is not what it was when the run began" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("my_model.py", "import numppy", "my_model.py, line 1: ModuleNotFoundError: No module"),
        ("my_model.py", "def broken(:", "my_model.py, line 1: SyntaxError"),
        ("my_model.py", "\nraise SystemExit(3)", "my_model.py, line 2: SystemExit: 3"),
        ("my_model.py", "x = 1", "has no hook; give it one, such as"),
        (
            "my_model.py",
            "def register_edit_models(register): ...",
            "has no hook: mark register_edit_models by @editgauge.hookimpl",
        ),
        (
            "my_model.py",
            "import editgauge\n@editgauge.hookimpl\ndef register_edit_modles(register): ...",
            "there is no hook 'register_edit_modles'. Did you mean 'register_edit_models'?",
        ),
        (
            "my_model.py",
            "import editgauge\n@editgauge.hookimpl\ndef register_edit_models(register): 1 / 0",
            "my_model.py, line 3: ZeroDivisionError: division by zero",
        ),
        (
            "my_model.py",
            (
                "import editgauge\n@editgauge.hookimpl\ndef register_edit_models(register):"
                " register('x', target='my_model:X', api='2.0')"
            ),
            "is written for version 2.0 of the plugin API",
        ),
        ("my-model.py", "", "rename it, as in my_model.py"),
        ("json.py", "", "since a module of this name is in Python's standard library"),
        ("pydantic.py", "", "since a module of this name is "),
        ("faults.py", "", "there is a plugin 'faults' already"),
        ("helping.py", "import my_model", "it lies beside the plugin"),
        ("my_model.txt", "", "should be a Python file"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(folder: Path, name: str, text: str, said: str) -> None:
    if name != "helping.py":
        (folder / "my_model.py").unlink()
    (folder / name).write_text(text)
    with pytest.raises(editgauge.PluginError) as caught:
        editgauge.run(folder / "run.yaml", plugins=[folder / name])
    assert said in str(caught.value)
    assert not (folder / "runs").exists()


def test_a_file_that_cannot_be_used_ends_a_command_with_exit_code_2(folder: Path) -> None:
    (folder / "broken.py").write_text("import numppy")
    done = command(folder, "run", "run.yaml", "--plugin", "./broken.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the plugin cannot be used: ")
    done = command(folder, "run", "run.yaml", "--plugin", "./my_model")
    assert done.returncode == 2
    assert "my_model; did you mean ./my_model.py?" in done.stderr
    assert not (folder / "runs").exists()


def test_a_module_that_only_the_worker_has_is_not_hidden_from_it(folder: Path) -> None:
    python = make_bare_python(folder / "python")
    site = next((folder / "python").glob("lib/*/site-packages"))
    (site / "my_model.py").write_text("installed = True\n")
    write_config(folder, python=str(python))
    done = command(folder, "check", "run.yaml", "--workers", "--plugin", "my_model.py")
    assert done.returncode == 2
    assert "which has another module of this name in" in done.stderr
    assert "rename the file" in done.stderr


def test_help_tells_of_it(folder: Path) -> None:
    for words in (["run"], ["check"], ["plugins"], ["replay"], ["config", "show"]):
        assert "--plugin PATH" in command(folder, *words, "--help").stdout
    assert (
        "editgauge run run.yaml --plugin ./my_model.py" in command(folder, "run", "--help").stdout
    )
