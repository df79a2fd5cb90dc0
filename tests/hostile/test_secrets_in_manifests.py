"""A secret that stands a second time in a config, where nothing says that it is one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from editgauge import hookimpl
from editgauge.core.hooks.events import StageStarted
from editgauge.core.hooks.hookspecs import Register
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.ending import Ending, advice
from editgauge.core.run.manifest import public_argv
from editgauge.core.run.store import RunDirectoryError, RunStore
from editgauge.core.workers.redaction import Redactor
from tests.support.plugin import SleepingConfig
from tests.support.runs import run, run_config

ROOT = Path(__file__).parents[2]
PLANTED = 'a "key" of 1 service'
INTERRUPTED = Ending(RunStatus.INTERRUPTED, ExitCode.INTERRUPTED, "interrupted")


def _config(folder: Path, where: str) -> dict[str, Any]:
    """Return a config whose judge has the secret in a key, and within other text."""
    workers: dict[str, Any] = {"devices": ["cpu"]}
    if where == "a setting":
        workers["env"] = {"SERVICE": PLANTED}
    elif where == "a variable that is asked for":
        workers["pass_env"] = ["SERVICE_*"]
    replies = {f"key {PLANTED}": "x", "s99": f"https://host/?q={PLANTED}&x=1"}
    rubric = {"prompt": f"Ask {PLANTED} how good it is."}
    return run_config(folder, reward={"workers": workers, "replies": replies, "rubric": rubric})


@pytest.mark.parametrize(
    "where", ["a setting", "a variable that is asked for", "a variable that passes"]
)
def test_no_value_of_the_config_is_recorded_with_a_secret_in_it(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        "a variable that is asked for": "SERVICE_PASSWORD",
        "a variable that passes": "HF_TOKEN",
    }
    if where in variables:
        monkeypatch.setenv(variables[where], PLANTED)
    result, _, _ = run(_config(tmp_path, where))
    assert result.exit_code == ExitCode.OK
    manifest = json.loads((result.run_dir / "run.json").read_text("utf-8"))
    for part in (manifest["config"]["reward"], manifest["settings"]["reward"]):
        assert part["replies"] == {"key ***": "x", "s99": "https://host/?q=***&x=1"}
    assert "of 1 service" not in json.dumps(manifest)
    assert manifest["config"]["reward"]["type"] == "counting"


def test_results_have_the_same_keys_whether_a_word_is_a_secret_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(tmp_path, "a variable that passes")
    config["reward"]["replies"] = {"s99": f"x {PLANTED} y"}

    def keys(folder: Path) -> list[str]:
        rows = (folder / "results.jsonl").read_text("utf-8").splitlines()
        return sorted(json.loads(row)["key"] for row in rows)

    plain, _, _ = run(config, run_dir=tmp_path / "plain")
    monkeypatch.setenv("HF_TOKEN", PLANTED)
    secret, _, _ = run(config, run_dir=tmp_path / "secret")
    assert keys(plain.run_dir) == keys(secret.run_dir)

    # And what is masked in one of two starts is no change of the configuration.
    again, _, _ = run(config, resume=str(plain.run_dir))
    assert again.exit_code == ExitCode.OK
    monkeypatch.delenv("HF_TOKEN")
    again, _, _ = run(config, resume=str(secret.run_dir))
    assert again.exit_code == ExitCode.OK
    config["reward"]["replies"] = {"s0": "another"}
    with pytest.raises(RunDirectoryError, match=r"reward\.replies"):
        run(config, resume=str(secret.run_dir))


class AddressedConfig(SleepingConfig):
    type: Literal["addressed"]  # type: ignore[assignment]
    model: str


class Plugin:
    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        target = "tests.support.models:SleepingEditModel"
        register("addressed", config=AddressedConfig, target=target)


def test_events_name_no_model_by_an_address_with_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789")
    edit = {"type": "addressed", "model": "https://hf_0123456789@host/model"}
    _, recorder, _ = run(
        run_config(tmp_path) | {"edit": edit, "reward": None}, reporters=[Plugin()]
    )
    (started,) = recorder.of(StageStarted)
    assert started.detail == "addressed https://***@host/model"


def _advice(folder: Path, *words: str, plain: dict[str, Any]) -> str:
    store = RunStore.create(folder, "x")
    typed = ("editgauge", "run", "c.yaml", *words)
    public = tuple(public_argv(typed, plain, Redactor([PLANTED])))
    text = advice(INTERRUPTED, store, public, typed=typed)
    assert text.endswith(f" --resume {store.folder}")
    return text.removesuffix(f" --resume {store.folder}")


PLAIN = {
    "edit": {"steps": 8, "workers": {"env": {"TOKEN": "**********"}}},
    "reward": {"api_key": "**********", "keys": ["**********"]},
}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("-o", "reward.api_key=ab"), "EDITGAUGE__REWARD__API_KEY"),
        (("-oreward.api_key=ab",), "EDITGAUGE__REWARD__API_KEY"),
        (("--override", " reward.api_key =ab"), "EDITGAUGE__REWARD__API_KEY"),
        (("--override=reward.api_key=ab",), "EDITGAUGE__REWARD__API_KEY"),
        (("-o", "reward.keys.0=ab"), "EDITGAUGE__REWARD__KEYS__0"),
        (("-o", "reward={api_key: ab}"), "EDITGAUGE__REWARD"),
        # A variable sets keys in small letters only.
        (("-o", "edit.workers.env.TOKEN=ab"), "-o edit.workers.env.TOKEN"),
        (("-o", f"edit.prompt={PLANTED}"), "EDITGAUGE__EDIT__PROMPT"),
    ],
)
def test_the_command_to_go_on_with_has_no_mask_that_would_be_taken_for_a_secret(
    tmp_path: Path, words: tuple[str, ...], name: str
) -> None:
    key = words[-1].removeprefix("--override=").removeprefix("-o").partition("=")[0].strip()
    assert _advice(tmp_path, "-o", "edit.steps=8", *words, "-r", "plain", plain=PLAIN) == (
        f"set {name} to what was given for {key} (secrets are not repeated), and go on with: "
        "editgauge run c.yaml -o edit.steps=8 -r plain"
    )


def test_several_secrets_are_named_and_a_word_that_cannot_be_left_out_is_pointed_at(
    tmp_path: Path,
) -> None:
    words = ("-o", "reward.api_key=ab", "-o", "reward.keys=[ab]", "--profile", PLANTED)
    assert _advice(tmp_path, *words, plain=PLAIN) == (
        "set EDITGAUGE__REWARD__API_KEY to what was given for reward.api_key, "
        "set EDITGAUGE__REWARD__KEYS to what was given for reward.keys, "
        "write again what is *** below (secrets are not repeated), and go on with: "
        "editgauge run c.yaml --profile '***'"
    )


def test_a_command_line_that_holds_stars_of_its_own_is_repeated(tmp_path: Path) -> None:
    words = ("-o", "dataset.instruction=make it **********")
    assert _advice(tmp_path, *words, plain=PLAIN) == (
        "go on with: editgauge run c.yaml -o 'dataset.instruction=make it **********'"
    )


def test_a_run_that_is_interrupted_repeats_no_secret(tmp_path: Path) -> None:
    config = run_config(
        tmp_path, edit={"folder": str(tmp_path)}, reward={"type": "leaking", "workers": {}}
    )
    del config["reward"]["batch_size"]
    config["max_failures"] = 0
    config["dataset"]["limit"] = 1
    (tmp_path / "run.yaml").write_text(json.dumps(config), "utf-8")
    words = ["run", str(tmp_path / "run.yaml"), "-o", "reward.api_key=the-key-0123"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.hostile.command_line",
            *words,
            "-o",
            "edit.misbehave={s0: raise}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == ExitCode.TOO_MANY_FAILURES, done.stderr
    assert "set EDITGAUGE__REWARD__API_KEY to what was given for reward.api_key" in done.stderr
    command = done.stderr.partition("try failed samples again with: ")[2].splitlines()[0]
    assert command.startswith("editgauge run ")
    assert "api_key" not in command
    assert "***" not in command
