"""`editgauge config show`: every value, and where it comes from."""

import json
from pathlib import Path
from typing import Protocol

import pytest

from editgauge.core.cli.main import main
from editgauge.core.config.built_in_profiles import BUILT_IN_PROFILES
from editgauge.core.yaml_loading import load_yaml

CONFIG = """\
dataset: {type: jsonl, path: rows.jsonl}
edit:
  type: faults
  workers:
    devices: [cpu]
    env: {TOKEN: a-very-secret-token}
reporters:
  tqdm: {detail: full}
  json:
    path: a-very-secret-token.jsonl
profiles:
  night:
    inherits: production
    seed: 7
    edit: {chance_seed: 3}
    reporters:
      file: false
"""


class Show(Protocol):
    """Runs the command; returns what it printed on stdout, or on stderr if it should fail."""

    def __call__(self, *arguments: str, code: int = 0) -> str: ...


class Shown:
    """What the command printed: the YAML, and the comments by dotted path."""

    def __init__(self, out: str) -> None:
        self.out = out
        self.data = load_yaml(out, source="stdout")
        self.comments: dict[str, str] = {}
        path: list[str] = []
        for line in out.splitlines():
            if line.startswith("#"):
                continue
            text, _, comment = line.partition("  # ")
            depth = (len(text) - len(text.lstrip())) // 2
            path = [*path[:depth], text.strip().partition(":")[0]]
            self.comments[".".join(path)] = comment


@pytest.fixture
def show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Show:
    monkeypatch.chdir(tmp_path)
    for name in ("EDITGAUGE_PROFILE", "EDITGAUGE_PROGRESS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "run.yaml").write_text(CONFIG)

    def show(*arguments: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as end:
            main(["config", "show", *arguments])
        out, err = capsys.readouterr()
        assert end.value.code == code, err
        return out if code == 0 else err

    return show


def test_every_layer_is_named(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITGAUGE__DURABILITY", "power")
    shown = Shown(
        show(
            "run.yaml", "--profile", "night", "--origin", "-o", "edit.workers.devices.1=cpu",
            "-o", "reward=", "--add-reporter", "junit:x.xml",
        )
    )  # fmt: skip
    expected = {
        "seed": "profile 'night' in line 14",
        "edit.chance_seed": "profile 'night' in line 15",
        "edit.steps": "default",
        "edit.type": "run.yaml:3",
        "edit.workers.devices": "run.yaml:5, parts of it: -o edit.workers.devices.1",
        "reward": "-o reward",
        "durability": "EDITGAUGE__DURABILITY",
        "reporters.plain": "progress: quiet",
        "reporters.junit": "--add-reporter junit",
        "reporters.junit.path": "--add-reporter junit",
        "reporters.junit.min_score": "default",
        "reporters.events.path": "default",
    }
    assert {path: shown.comments[path] for path in expected} == expected
    assert shown.comments["reporters.plain.level"].startswith("profile 'production' (built in): ")
    assert "file" not in shown.data["reporters"]
    assert "# configured, but not running: tqdm\n" in shown.out
    assert "# configured, but not running: file\n" in shown.out
    assert (shown.data["seed"], shown.data["edit"]["workers"]["devices"]) == (7, ["cpu", "cpu"])


def test_every_value_has_an_origin(show: Show) -> None:
    shown = Shown(show("run.yaml", "--origin"))
    bare = [
        path
        for path, comment in shown.comments.items()
        if not comment and not any(other.startswith(f"{path}.") for other in shown.comments)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("arguments", "key", "origin"),
    [
        (["-v"], "reporters.plain.detail", "-v"),
        (["-q"], "reporters.plain.level", "-q"),
        (["--progress", "quiet"], "reporters.plain.level", "progress: quiet"),
        (["--progress", "quiet"], "progress", "--progress"),
        (["-r", "plain:x.log"], "reporters.plain.path", "-r plain"),
    ],
)
def test_options_of_the_command_line_are_named(
    show: Show, arguments: list[str], key: str, origin: str
) -> None:
    assert Shown(show("run.yaml", "--origin", *arguments)).comments[key] == origin


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_secrets_are_masked_wherever_they_stand(show: Show, form: str) -> None:
    out = show("run.yaml", "--origin", "--format", form)
    assert "very-secret" not in out
    assert "***.jsonl" in out


def test_what_is_printed_is_the_same_config_again(show: Show, tmp_path: Path) -> None:
    arguments = ("-o", "runs_dir='8'", "-o", "name=no", "-o", "dataset.path='a: #b\u00e4'")
    first = show("run.yaml", *arguments, "-o", "edit.workers.env={}")
    (tmp_path / "again.yaml").write_text(first)
    again = show("again.yaml")
    assert load_yaml(again, source="again") == load_yaml(first, source="first")
    assert load_yaml(first, source="first")["dataset"]["path"] == "a: #b\u00e4"


def test_json_has_the_origins_as_data(show: Show) -> None:
    assert json.loads(show("run.yaml", "--format", "json"))["seed"] == 42
    told = json.loads(show("run.yaml", "--profile", "night", "--origin", "--format", "json"))
    assert told["profile"] == "night"
    assert told["config"]["seed"] == 7
    assert told["origins"]["seed"] == [
        {"layer": "profile", "name": "profile 'night'", "key": "profiles.night.seed", "line": 14}
    ]
    assert told["origins"]["name"] == [{"layer": "default"}]


def test_a_section_that_a_profile_replaced_leaves_no_origin_behind(
    show: Show, tmp_path: Path
) -> None:
    (tmp_path / "two.yaml").write_text(
        "dataset: {type: jsonl, path: rows.jsonl}\n"
        "edit: {type: qwen-image-edit, model: nowhere, steps: 4}\n"
        "profiles: {dry: {edit: {type: faults}}}\n"
    )
    shown = Shown(show("two.yaml", "--profile", "dry", "--origin"))
    assert shown.comments["edit.steps"] == "default"
    assert shown.comments["edit.type"] == "profile 'dry' in line 3"


@pytest.mark.parametrize("name", BUILT_IN_PROFILES)
def test_a_built_in_profile_is_printed_with_its_reasons(show: Show, name: str) -> None:
    profile = BUILT_IN_PROFILES[name]
    shown = Shown(show("--profile", name, "--origin"))
    assert shown.data == profile.keys_under({})
    assert profile.purpose in shown.out
    reasons = {key: why for key, why in profile.reasons.items() if key in shown.comments}
    assert {key: shown.comments[key] for key in reasons} == reasons
    assert json.loads(show("--profile", name, "--format", "json")) == shown.data


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "give CONFIG, or --profile with one of laptop, ci, production"),
        (["--profile", "prod"], "no profile is called 'prod'."),
        (["--profile", "ci", "-v"], "without CONFIG there is only the profile"),
        (["gone.yaml"], "gone.yaml: 1 problem"),
        (["run.yaml", "-o", "seed=x"], "seed: should be an integer"),
    ],
)
def test_what_is_wrong_is_a_usage_error(show: Show, arguments: list[str], expected: str) -> None:
    assert expected in show(*arguments, code=2)
