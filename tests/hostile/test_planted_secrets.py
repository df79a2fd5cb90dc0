"""Secrets of the environment and of the config, searched for in all that a run left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.config import ConfigError, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.hostile import leaking
from tests.hostile.leaking import fingerprint
from tests.support import plugin
from tests.support.runs import make_dataset

ROOT = Path(__file__).parents[2]

ALLOWED = "hf_allowed0123456789"
NOT_ALLOWED = "sk-notallowed0123456789"
ASKED_FOR = "asked-for pässword 1"
SET = 'set "in" the \\config%20'
PROXY = "proxy%2Fpass0123"
KEY = "the-key-of-the-config-0123"

SECRETS = (ALLOWED, NOT_ALLOWED, ASKED_FOR, SET, PROXY, "proxy/pass0123", KEY)


def _spelled(secret: str) -> set[bytes]:
    spellings = {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {spelling.encode() for spelling in spellings}


def _found_in(data: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(text in data for text in _spelled(secret))]


def _search(folder: Path) -> dict[str, list[str]]:
    """Return the files below a folder in whose name or content a secret stands."""
    found = {}
    for path in sorted(folder.rglob("*")):
        data = os.fsencode(path.name) + (path.read_bytes() if path.is_file() else b"")
        if secrets := _found_in(data):
            found[str(path.relative_to(folder))] = secrets
    return found


def _environment(**more: str) -> dict[str, str]:
    return {
        **os.environ,
        "HF_TOKEN": ALLOWED,
        "OPENAI_API_KEY": NOT_ALLOWED,
        "MY_PASSWORD": ASKED_FOR,
        "HTTPS_PROXY": f"http://me:{PROXY}@proxy.invalid:3128",
        **more,
    }


def _write_config(folder: Path, **changes: Any) -> Path:
    dataset = make_dataset(folder / "data", samples=4)
    reward: dict[str, Any] = {
        "type": "leaking",
        "workers": {
            "devices": ["cpu"],
            "max_restarts": 50,
            "restart_pause": 0.01,
            "pass_env": ["MY_*"],
            "env": {"JUDGE_SETTING": SET},
        },
    }
    config = {
        "dataset": {"type": "jsonl", "path": str(dataset)},
        "edit": {"type": "sleeping", "workers": {"devices": ["cpu"]}},
        "reward": reward | changes,
        "runs_dir": str(folder / "runs"),
        "progress": "plain",
        "max_failures": 4,
        "reporters": {
            "plain": {"detail": "full", "logs": "debug"},
            "json": {"path": "{run_dir}/log.json"},
            "file": {},
            "events": {},
        },
    }
    path = folder / "run.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def _editgauge(
    *arguments: object, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.hostile.command_line", *map(str, arguments)],
        cwd=ROOT,
        env=environment or _environment(),
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("key_from", ["file", "command line", "mapping", "environment"])
def test_a_run_leaves_no_secret_anywhere(key_from: str, tmp_path: Path) -> None:
    config = _write_config(tmp_path, **({"api_key": KEY} if key_from == "file" else {}))
    arguments: list[object] = ["run", config]
    environment = _environment()
    if key_from == "command line":
        arguments += ["-o", f"reward.api_key={KEY}"]
    elif key_from == "mapping":
        reward = json.loads(config.read_text("utf-8"))["reward"] | {"api_key": KEY}
        arguments += ["-o", f"reward={json.dumps(reward, ensure_ascii=False)}"]
    elif key_from == "environment":
        environment = _environment(EDITGAUGE__REWARD__API_KEY=KEY)
    done = _editgauge(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr.decode()
    assert _found_in(done.stdout + done.stderr) == []
    assert _search(tmp_path / "runs") == {}

    # The model had what it needs, and no more; and it did tell it.
    (run,) = (path for path in (tmp_path / "runs").iterdir() if not path.is_symlink())
    rows = [json.loads(line) for line in (run / "results.jsonl").read_text("utf-8").splitlines()]
    reply = next(row["reply"] for row in rows if row["stage"] == "score" and row["id"] == "s0")
    assert "My key is ***." in reply
    known = dict(word.split("=", 1) for word in reply.split() if "=" in word)
    assert known["key"] == fingerprint(KEY)
    assert known["HF_TOKEN"] == fingerprint(ALLOWED)
    assert known["MY_PASSWORD"] == fingerprint(ASKED_FOR)
    assert known["JUDGE_SETTING"] == fingerprint(SET)
    assert "OPENAI_API_KEY" not in known
    assert "EDITGAUGE__REWARD__API_KEY" not in known
    log = (run / "logs" / "score-0.log").read_text("utf-8")
    for told in ("as text ***", "in pieces ***", "HF_TOKEN=***", "MY_PASSWORD=***"):
        assert told in log
    assert "@proxy.invalid" in log or "***proxy.invalid" in log
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    assert manifest["workers"][-1]["model"] == {"key": "***", "***": "key"}
    assert set(manifest["config"]["reward"]["workers"]["env"].values()) == {"**********"}


@pytest.mark.parametrize("phase", ["check", "load"])
def test_a_judge_that_fails_early_tells_no_secret(phase: str, tmp_path: Path) -> None:
    done = _editgauge("run", _write_config(tmp_path, api_key=KEY, fail_in=phase))
    assert done.returncode == (2 if phase == "check" else 101)
    assert _found_in(done.stdout + done.stderr) == []
    assert _search(tmp_path / "runs") == {}
    assert b"with ***" in done.stderr if phase == "check" else b"401 for ***" in done.stderr


@pytest.mark.parametrize("phase", ["", "check"])
def test_checking_tells_no_secret(phase: str, tmp_path: Path) -> None:
    config = _write_config(tmp_path, api_key=KEY, fail_in=phase)
    done = _editgauge("check", config, "--workers", "--verbose")
    assert done.returncode == (2 if phase else 0)
    assert _found_in(done.stdout + done.stderr) == []
    assert b"as text ***" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        f"reward.api_key=[{KEY}]",
        f"reward.api_key={{a: {KEY}}}",
        f"reward.api_key=*{KEY}",
        f"reward.api_key=&{KEY} x",
        f"reward.api_key=!{KEY}",
        f"reward.api_key='{KEY}",
        f"reward.api_key=refused-{KEY}",
        f"reward.workers.env={{A B: {KEY}}}",
        f"reward.workers.env.CUDA_VISIBLE_DEVICES={KEY}",
        f"reward.workers.pass_env=[A={KEY}]",
        f"reward.api_key:{KEY}",
        f"={KEY}",
    ],
)
def test_messages_about_a_wrong_config_tell_no_secret(wrong: str, tmp_path: Path) -> None:
    config = _write_config(tmp_path, api_key="something else")
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    plugins.register(leaking, "leaking")
    with pytest.raises(ConfigError) as raised:
        load_config(config, plugins=plugins, environ={}, overrides=[wrong])
    assert _found_in(str(raised.value).encode()) == []
    # Variables of the environment name their keys in small letters.
    if not wrong.startswith(("=", "reward.api_key:", "reward.workers.env.CUDA")):
        name = wrong.partition("=")[0].upper().replace(".", "__")
        environ = {f"EDITGAUGE__{name}": wrong.partition("=")[2]}
        with pytest.raises(ConfigError) as raised:
            load_config(config, plugins=plugins, environ=environ)
        assert _found_in(str(raised.value).encode()) == []
