"""What installed plugins may not do while they are loaded, and who is blamed if they try.

Each is installed as pip would install it: a module, and a dist-info folder with an entry point.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from editgauge.core.cli.main import main
from tests.support.runs import make_dataset

Install = Callable[..., None]

NOISY = """
import os, sys
import editgauge
print("printed at import")
os.write(1, b"written by a library\\n")

class NoisyConfig(editgauge.EditModelConfig): ...

@editgauge.hookimpl
def register_edit_models(register):
    print("printed at registration")
    register("noisy", target="zz_noisy:Noisy", config="zz_noisy_config:NoisyConfig")
"""
NOISY_CONFIG = """
import editgauge
print("printed by the config")

class NoisyConfig(editgauge.EditModelConfig): ...
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    monkeypatch.chdir(tmp_path)
    make_dataset(tmp_path / "data", samples=2)

    def add(name: str, source: str) -> None:
        module = f"zz_{name.replace('-', '_')}"
        (site / f"{module}.py").write_text(source)
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[editgauge]\n{name} = {module}\n")

    yield add
    for name in [name for name in sys.modules if name.startswith("zz_")]:
        del sys.modules[name]


def write_config(**sections: Any) -> None:
    config = {
        "dataset": {"type": "jsonl", "path": "data/samples.jsonl"},
        "edit": {"type": "identity", "workers": {"devices": ["cpu"]}},
        "progress": "none",
    }
    Path("run.yaml").write_text(yaml.safe_dump(config | sections))


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(words)
    out, err = capsys.readouterr()
    return int(str(end.value.code)), out, err


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [("edit_models", "pillow", "pillow"), ("commands", "demo", "miniature")],
)
def test_no_installed_plugin_takes_the_place_of_a_built_in_one(
    install: Install, capsys: pytest.CaptureFixture[str], kind: str, name: str, owner: str
) -> None:
    install(
        "aaa-first",
        "import editgauge\n\n@editgauge.hookimpl\n"
        f"def register_{kind}(register):\n    register({name!r}, target='zz_aaa_first:X')\n",
    )
    code, out, _ = call(capsys, "plugins", "--json")
    assert code == 0
    found = {entry["name"]: entry for entry in json.loads(out)}
    assert found[owner]["state"] == "loaded"
    assert found["aaa-first"]["state"] == "broken"
    assert f"{name!r} is registered by plugin {owner!r} already" in found["aaa-first"]["error"]


def test_no_installed_plugin_takes_the_name_of_a_built_in_one(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("pillow", "x = 1\n")
    _, out, _ = call(capsys, "plugins", "--json")
    found = [entry for entry in json.loads(out) if entry["name"].startswith("pillow")]
    assert [entry["state"] for entry in found] == ["loaded", "broken"]
    assert found[0]["package"] == "editgauge"


@pytest.mark.parametrize(
    "words",
    [
        ["plugins", "noisy", "--json"],
        ["config", "show", "run.yaml", "--format", "json"],
        ["config", "schema"],
    ],
)
def test_what_a_plugin_prints_is_not_in_what_programs_read(
    install: Install, words: list[str]
) -> None:
    install("noisy", NOISY)
    Path("site/zz_noisy_config.py").write_text(NOISY_CONFIG)
    write_config(edit={"type": "noisy", "workers": {"devices": ["cpu"]}})
    done = subprocess.run(
        [sys.executable, "-m", "editgauge", *words],
        env=os.environ | {"PYTHONPATH": str(Path("site").absolute())},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    for said in ("at import", "by a library", "at registration", "by the config"):
        assert said in done.stderr


def test_what_a_plugin_prints_is_kept_from_a_captured_stdout_too(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("noisy", NOISY)
    _, out, err = call(capsys, "plugins", "--json")
    assert isinstance(json.loads(out), list)
    assert "printed at import" in err


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("strength: int = 'five'", "should be a valid integer, got 'five'"),
        (
            "strength: Annotated[int, editgauge.Field(le=8)] = 99",
            "should be less than or equal to 8, got 99",
        ),
        ("strength: str = None", "should be a valid string, got null"),
    ],
)
def test_a_wrong_default_is_the_mistake_of_who_brings_it(
    install: Install, capsys: pytest.CaptureFixture[str], field: str, said: str
) -> None:
    install(
        "blur",
        f"""
from typing import Annotated
import editgauge

class BlurConfig(editgauge.EditModelConfig):
    {field}

@editgauge.hookimpl
def register_edit_models(register):
    register("blur", target="zz_blur:Blur", config=BlurConfig)
""",
    )
    edit = {"type": "blur", "workers": {"devices": ["cpu"]}}
    for command in ("check", "run"):
        write_config(edit=edit)
        code, out, err = call(capsys, command, "run.yaml")
        assert (code, out) == (2, "")
        assert f"edit.strength: the default of this key is wrong: it {said}" in err
        assert "in the config model zz_blur:BlurConfig, not in this configuration" in err
    write_config(edit=edit | {"strength": "ok" if "str =" in field else 3})
    assert call(capsys, "check", "run.yaml")[0] == 0


def test_a_misspelt_reporter_class_is_found_by_check(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        "mine",
        "import editgauge\n\n@editgauge.hookimpl\ndef register_reporters(register):\n"
        "    register('mine', target='zz_mine:Mien')\n",
    )
    write_config(reporters={"mine": {}})
    code, out, err = call(capsys, "check", "run.yaml")
    assert (code, out) == (2, "")
    assert "registers the reporter 'mine' as 'zz_mine:Mien', which cannot be imported" in err


def test_a_literal_of_another_name_is_the_mistake_of_the_plugin(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(
        "two-names",
        """
from typing import Literal
import editgauge

class OtherConfig(editgauge.EditModelConfig):
    type: Literal["other"]

@editgauge.hookimpl
def register_edit_models(register):
    register("b_type", target="zz_two_names:B", config="zz_two_names:OtherConfig")
""",
    )
    write_config(edit={"type": "b_type", "workers": {"devices": ["cpu"]}})
    said = (
        "plugin 'two-names' is wrong: it says register('b_type', ...), and the config model "
        "OtherConfig has type: Literal['other']; make it Literal['b_type'], or register that name"
    )
    code, _, err = call(capsys, "check", "run.yaml")
    assert (code, said in err) == (2, True), err
    assert said in call(capsys, "plugins", "two-names")[1]
