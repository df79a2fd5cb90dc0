"""A broken plugin breaks nothing but itself, and says what is wrong to whoever asks for it.

Each is installed as pip would install it: a module, and a dist-info folder with an entry point.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from editgauge.core.cli.main import main
from tests.support.runs import make_dataset

HOOK = "import editgauge\n\n@editgauge.hookimpl\n"
REGISTERS = f"{HOOK}def register_edit_models(register):\n    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A plugin, what is wrong with it, and what is said of it.

    Attributes:
        source: its module.
        error: what `editgauge plugins` says.
        value: the entry point's value; default: the module.
        entry_points: the whole file, instead.
        metadata: whether there is a METADATA file.
        state: what `editgauge plugins` calls it.
    """

    source: str = ""
    error: str
    value: str = ""
    entry_points: str = ""
    metadata: bool = True
    state: str = "broken"


BROKEN = {
    "needs-more": Broken(
        source="import not_installed_at_all",
        error="ModuleNotFoundError: No module named 'not_installed_at_all'",
    ),
    "no-python": Broken(source="def broken(:", error="SyntaxError"),
    "leaves": Broken(source="raise SystemExit(3)", error="SystemExit: 3"),
    "panics": Broken(
        source="class Panic(BaseException): ...\nraise Panic('in Rust')", error="Panic: in Rust"
    ),
    "cannot-say": Broken(
        source="class Odd(Exception):\n    def __str__(self): return 1 / 0\nraise Odd",
        error="Odd: (its message cannot be shown: ZeroDivisionError)",
    ),
    "module-missing": Broken(
        value="zz_is_not_there.plugin", error="No module named 'zz_is_not_there'"
    ),
    "entry-missing": Broken(
        source="x = 1", value="zz_entry_missing:plugin", error="no attribute 'plugin'"
    ),
    "entry-malformed": Broken(value="not a module!", error=": "),
    "no-metadata": Broken(
        source=f"{REGISTERS}register('nameless', target='a:b')\n    raise RuntimeError('late')",
        error="RuntimeError: late",
        metadata=False,
    ),
    "raises": Broken(source=f"{REGISTERS}1 / 0", error="ZeroDivisionError: division by zero"),
    "no-hook-of-ours": Broken(
        source=f"{HOOK}def register_edit_modles(register): ...",
        error="there is no hook 'register_edit_modles'. Did you mean 'register_edit_models'?",
    ),
    "wrong-argument": Broken(
        source=f"{HOOK}def register_edit_models(registry): ...", error="registry"
    ),
    "no-target": Broken(
        source=f"{REGISTERS}register('x')",
        error="the edit model 'x' has no target; give target='package.module:Name'",
    ),
    "wrong-target": Broken(
        source=f"{REGISTERS}register('x', target='a.b')",
        error="the target of edit model 'x' should be 'package.module:Name', got 'a.b'",
    ),
    "class-as-target": Broken(
        source=f"{REGISTERS}register('x', target=dict)",
        error="should be 'package.module:Name', got <class 'dict'>",
    ),
    "misspelt-keyword": Broken(
        source=f"{REGISTERS}register('x', target='a:b', sumary='')",
        error="has no argument 'sumary'. Did you mean 'summary'?",
    ),
    "positional": Broken(
        source=f"{REGISTERS}register('x', 'a:b')", error="takes 1 positional argument"
    ),
    "no-name": Broken(
        source=f"{REGISTERS}register(None, target='a:b')", error="should be a text, got None"
    ),
    "taken-name": Broken(
        source=f"{REGISTERS}register('identity', target='a:b')",
        error="the edit model 'identity' is registered by plugin 'identity' already",
    ),
    "same-name-twice": Broken(
        source=f"{REGISTERS}register('x', target='a:b'); register('x', target='a:b')",
        error="is registered by plugin 'same-name-twice' already",
    ),
    "wrong-version": Broken(
        source=f"{REGISTERS}register('x', target='a:b', api=1)",
        error="a version of the plugin API is a text like '1.0', not 1",
    ),
    "next-version": Broken(
        source=f"{REGISTERS}register('for-next', shape='b', api='2.0')",
        error="edit model 'for-next' is written for version 2.0 of the plugin API, and this "
        "editgauge has 1.0: upgrade editgauge",
        state="incompatible",
    ),
}

LAZY = f"""{HOOK}
def register_edit_models(register):
    register("no-config", target="zz_lazy:X", config="zz_lazy:Missing")
    register("odd-config", target="zz_lazy:X", config=dict)
    register("no-class", target="zz_lazy:Missing")
    register("no-model", target="zz_lazy:register_reporters")
    register("unfinished", target="zz_lazy:Unfinished")

@editgauge.hookimpl
def register_reporters(register):
    register("no-reporter", target="zz_lazy:Missing")
    register("no-hooks", target="zz_lazy:NoHooks")
    register("raising", target="zz_lazy:Raising")

@editgauge.hookimpl
def register_datasets(register):
    register("no-dataset", target="zz_lazy:Missing")

class Unfinished(editgauge.EditModel):
    def load(self, config, device): ...

class NoHooks:
    def __init__(self, config, context): ...

class Raising(NoHooks):
    @editgauge.hookimpl
    def run_event(self, event): raise RuntimeError("not today")
"""
"""A plugin that loads, and whose parts are broken when they are asked for."""


def install(site: Path, name: str, broken: Broken) -> None:
    module = f"zz_{name.replace('-', '_')}"
    (site / f"{module}.py").write_text(broken.source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    if broken.metadata:
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    text = broken.entry_points or f"[editgauge]\n{name} = {broken.value or module}\n"
    (info / "entry_points.txt").write_text(text)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install all of them at once, and return a folder with a config and a dataset."""
    site = tmp_path / "site"
    site.mkdir()
    for name, broken in BROKEN.items():
        install(site, name, broken)
    install(site, "lazy", Broken(source=LAZY, error=""))
    monkeypatch.syspath_prepend(site)
    monkeypatch.delenv("EDITGAUGE_DISABLE_PLUGINS", raising=False)
    monkeypatch.chdir(tmp_path)
    make_dataset(tmp_path / "data", samples=2)
    return tmp_path


def write_config(folder: Path, **sections: Any) -> None:
    config = {
        "dataset": {"type": "jsonl", "path": "data/samples.jsonl"},
        "edit": {"type": "identity", "workers": {"devices": ["cpu"]}},
        "progress": "none",
    }
    (folder / "run.yaml").write_text(yaml.safe_dump(config | sections))


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(words)
    out, err = capsys.readouterr()
    return int(str(end.value.code)), out, err


def forget_modules() -> None:
    for name in [name for name in sys.modules if name.startswith("zz_")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _fresh_modules() -> Any:
    yield
    forget_modules()


def test_each_is_named_with_its_error_and_harms_no_other(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del installed
    code, out, err = call(capsys, "plugins", "--json")
    assert (code, err) == (0, "")
    found = {entry["name"]: entry for entry in json.loads(out)}
    for name, broken in BROKEN.items():
        entry = found[name]
        assert (name, entry["state"]) == (name, broken.state)
        assert broken.error in entry["error"], name
        assert entry["registers"] == []
    own = [entry for entry in found.values() if entry["package"] == "editgauge"]
    assert {entry["state"] for entry in own} == {"loaded"}
    assert found["lazy"]["state"] == "loaded"
    code, out, err = call(capsys, "plugins", "needs-more")
    assert code == 0
    assert BROKEN["needs-more"].error in out


def test_a_list_of_entry_points_that_cannot_be_read_hides_no_other(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # pydantic gives up at such a file; what needs no configuration still says which it is.
    text = "[editgauge]\nno equals sign\n"
    install(installed / "site", "list-malformed", Broken(entry_points=text, error=""))
    code, out, _ = call(capsys, "plugins", "--json")
    assert code == 0
    found = {entry["name"]: entry for entry in json.loads(out)}
    entry = found["zz_list_malformed"]
    assert entry["state"] == "broken"
    assert entry["error"].startswith("its installation is damaged, install it again (TypeError")
    assert found["identity"]["state"] == "loaded"


def test_a_run_that_does_not_ask_for_them_is_as_it_was(installed: Path) -> None:
    write_config(installed)
    environment = {name: value for name, value in os.environ.items() if "EDITGAUGE" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "editgauge", "run", "run.yaml"],
        env=environment | {"PYTHONPATH": str(installed / "site")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (path,) = installed.glob("runs/2*/run.json")
    manifest = json.loads(path.read_text("utf-8"))
    names = {entry["name"] for entry in manifest["plugins"]}
    assert "identity" in names
    assert not names & BROKEN.keys()


@pytest.mark.parametrize("words", [["--help"], ["config", "options", "tqdm"], ["events", "schema"]])
def test_commands_work_beside_them(
    installed: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    del installed
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert out


def test_the_schema_leaves_out_what_cannot_be_described_and_says_so(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del installed
    code, out, err = call(capsys, "config", "schema")
    assert code == 0
    assert "identity" in out
    assert "no-class" in out
    assert "odd-config" not in out
    assert "Warning: plugin 'lazy' is wrong: the config model of the edit model 'odd-config'" in err
    assert "Warning: plugin 'lazy' registers the edit model 'no-config' as 'zz_lazy:Missing'" in err


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"edit": {"type": "something"}},
            "Plugin 'needs-more' could not be loaded (ModuleNotFoundError: No module named",
        ),
        (
            {"edit": {"type": "for-next"}},
            "the edit model 'for-next' of plugin 'next-version' is written for version 2.0",
        ),
        (
            {"edit": {"type": "no-config"}},
            "registers the edit model 'no-config' as 'zz_lazy:Missing', which cannot be imported",
        ),
        (
            {"edit": {"type": "odd-config"}},
            "model 'odd-config' should be a subclass of EditModelConfig, got <class 'dict'>",
        ),
        (
            {"dataset": {"type": "no-dataset"}},
            "plugin 'lazy' registers the dataset 'no-dataset' as 'zz_lazy:Missing', which cannot",
        ),
        (
            {"reporters": {"no-such": {}}},
            "no reporter is called 'no-such'",
        ),
    ],
)
def test_asking_for_one_is_a_clear_error_before_anything_starts(
    installed: Path, capsys: pytest.CaptureFixture[str], sections: dict[str, Any], said: str
) -> None:
    write_config(installed, **sections)
    code, out, err = call(capsys, "check", "run.yaml")
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-class", "AttributeError: module 'zz_lazy' has no attribute 'Missing'"),
        ("no-model", "should be a subclass of editgauge.EditModel"),
        ("unfinished", "zz_lazy:Unfinished has no method 'edit'"),
    ],
)
def test_a_wrong_class_is_found_before_the_first_stage(
    installed: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    write_config(installed, edit={"type": name, "workers": {"devices": ["cpu"]}})
    code, _, err = call(capsys, "check", "run.yaml", "--workers")
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-reporter", "which cannot be imported"),
        ("no-hooks", "which has no hook; give it one"),
    ],
)
def test_a_wrong_reporter_ends_the_run_that_asks_for_it(
    installed: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    write_config(installed, reporters={name: {}})
    code, _, err = call(capsys, "run", "run.yaml")
    assert code == 2, err
    assert said in err
    assert "Traceback" not in err


def test_a_reporter_that_raises_harms_nothing_but_itself(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(installed, reporters={"raising": {}})
    code, _, err = call(capsys, "run", "run.yaml")
    assert code == 0, err
    assert "reporter 'raising' failed in run_event and was muted: RuntimeError: not today" in err
