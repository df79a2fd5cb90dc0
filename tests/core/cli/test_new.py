import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.core.cli.main import main
from editgauge.core.scaffold.files import NEW_KINDS

New = Callable[..., tuple[int, str, str]]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> New:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDITGAUGE_DISABLE_PLUGINS", raising=False)

    def new(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["new", *arguments])
        out, err = capsys.readouterr()
        return int(str(end.value.code)), out, err

    return new


@pytest.mark.parametrize("kind", NEW_KINDS)
def test_a_package_is_written_and_the_next_steps_are_told(
    new: New, tmp_path: Path, kind: str
) -> None:
    code, out, err = new(kind, "my-plugin")
    assert (code, err) == (0, "")
    assert (tmp_path / "my-plugin" / "my_plugin" / "__init__.py").is_file()
    part = NEW_KINDS[kind].part
    assert out.splitlines() == [
        (
            f"my-plugin: {NEW_KINDS[kind].article} {NEW_KINDS[kind].kind}, 'my-plugin', "
            "with a stand-in that works."
        ),
        "",
        "Next:",
        "  cd my-plugin",
        "  pip install -e '.[test]'",
        "  python -m pytest",
        "  editgauge check plugin my-plugin --config run.yaml",
        "  editgauge run run.yaml",
        "",
        f"Your code goes into my_plugin/{part}.py; README.md has the steps.",
    ]
    readme = (tmp_path / "my-plugin" / "README.md").read_text()
    steps = [line.strip() for line in out.splitlines() if line.startswith("  ")]
    assert [step for step in steps if step not in readme] == ["cd my-plugin"]


def test_the_folder_may_be_another_one(new: New, tmp_path: Path) -> None:
    code, out, _ = new("dataset", "my-data", "--folder", "a folder/here")
    assert code == 0
    assert (tmp_path / "a folder" / "here" / "pyproject.toml").is_file()
    assert "  cd 'a folder/here'\n" in out


def test_a_folder_with_other_files_is_filled_up(new: New, tmp_path: Path) -> None:
    """As a repository is that was just cloned."""
    (tmp_path / "my-data" / ".git").mkdir(parents=True)
    (tmp_path / "my-data" / "LICENSE").write_text("mine")
    assert new("dataset", "my-data")[0] == 0
    assert (tmp_path / "my-data" / "LICENSE").read_text() == "mine"


def test_a_file_of_yours_is_never_overwritten(new: New, tmp_path: Path) -> None:
    (tmp_path / "my-data").mkdir()
    (tmp_path / "my-data" / "README.md").write_text("mine")
    code, out, err = new("dataset", "my-data")
    assert (code, out) == (2, "")
    assert "my-data/README.md exists already, and nothing was written" in err
    assert [path.name for path in (tmp_path / "my-data").iterdir()] == ["README.md"]
    assert (tmp_path / "my-data" / "README.md").read_text() == "mine"


def test_a_single_file_is_written_and_says_how_it_is_used(new: New, tmp_path: Path) -> None:
    code, out, err = new("reporter", "My_Reporter", "--single-file")
    assert (code, err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["my_reporter.py"]
    lines = out.splitlines()
    assert lines[0] == "The name is written 'my-reporter', as names of packages are."
    assert "  editgauge run run.yaml --plugin ./my_reporter.py" in lines
    code, _, err = new("reporter", "my-reporter", "--single-file")
    assert code == 2
    assert "my_reporter.py exists already" in err


def test_a_single_file_may_go_into_another_folder(new: New, tmp_path: Path) -> None:
    code, out, _ = new("dataset", "my-data", "--single-file", "--folder", str(tmp_path / "x"))
    assert code == 0
    assert (tmp_path / "x" / "my_data.py").is_file()
    assert f"--plugin {tmp_path / 'x' / 'my_data.py'}\n" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["edit-model", "pillow"], "the edit model 'pillow' is registered by the plugin 'pillow'"),
        (["dataset", "reporters"], "the package 'editgauge' has a plugin 'reporters'"),
        (["reporter", "class"], "a keyword of Python"),
        (["reporter", "\x1b[31m"], r"got '\x1b[31m'"),
        (["editmodel", "x"], "'editmodel' is not one of 'edit-model'"),
        (["reporter"], "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    new: New, tmp_path: Path, arguments: list[str], said: str
) -> None:
    code, out, err = new(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(new: New, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    code, _, err = new("dataset", "my-data", "--folder", "file/below")
    assert code == 2
    assert "cannot be written: Not a directory" in err


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys\n"
        "from editgauge.core.cli import new\n"
        "print(*({'torch', 'jinja2', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
