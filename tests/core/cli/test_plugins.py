"""`editgauge plugins` and `editgauge plugins NAME`."""

import json
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.cli.main import main

PLUGIN = '''
from typing import Annotated, Literal

from editgauge import ConfigModel, EditModelConfig, Field, RewardModelConfig, RubricConfig, hookimpl


class Layer(ConfigModel):
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How much of it
    is seen."""
    below: "Layer | None" = None


class PaintConfig(EditModelConfig):
    type: Literal["paint"]
    layers: list[Layer] = Field(default=[])
    by_name: dict[str, Layer] = Field(default={})
    top: Layer = Layer(share=0.25)
    blank: str = " "
    color: Annotated[str, Field(min_length=1)]


class LikeConfig(RewardModelConfig):
    rubric: RubricConfig = RubricConfig(name="likes", prompt="x", maximum=1.0)


class WrongConfig:
    pass


@hookimpl
def register_edit_models(register):
    register("paint", config=PaintConfig, target="paints:Paint", summary="puts \\x1b[31mcolor on")
    register("bare", target="paints:Bare")
    register("wrong", target="paints:Wrong", config=WrongConfig)
    register("later", target="paints:Later", api="9.0", config=1, colour="red")


@hookimpl
def register_reward_models(register):
    register("likes", config=LikeConfig, target="paints:Like")
'''


@pytest.fixture
def paints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("EDITGAUGE_DISABLE_PLUGINS", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    path = tmp_path / "paints.py"
    path.write_text(PLUGIN)
    return str(path)


def plugins(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as end:
        main(["plugins", *words])
    out, err = capsys.readouterr()
    assert end.value.code == code, err
    return err if code else out


def options_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    (registered,) = json.loads(plugins(capsys, *words, "--json"))["registers"]
    return {option["name"]: option for option in registered["options"]}


def test_the_list_tells_api_version_package_and_what_is_registered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = plugins(capsys).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("datasets "))
    assert lines[start].split() == ["datasets", "loaded", "API", "1.0", "editgauge", "0.1.0"]
    assert lines[start + 1] == "    dataset jsonl: one JSON object a line, images by path"


def test_what_is_skipped_is_told(capsys: pytest.CaptureFixture[str], paints: str) -> None:
    out = plugins(capsys, "paints", "--plugin", paints)
    assert f"API 1.0, 9.0  {paints}" in out
    assert "skipped: edit model 'later' is written for version 9.0 of the plugin API" in out
    assert "\x1b" not in out
    out = plugins(capsys, "later", "--plugin", paints)
    assert out.startswith("edit model later, of plugin paints, is skipped: it is written for")
    assert json.loads(plugins(capsys, "later", "--plugin", paints, "--json"))["skipped"] == [
        {
            "api": "9.0",
            "kind": "edit model",
            "name": "later",
            "plugin": "paints",
            "reason": "is written for version 9.0 of the plugin API, and this editgauge has 1.0: "
            "upgrade editgauge",
        }
    ]


def test_options_have_values_defaults_and_meanings_nested_ones_too(
    capsys: pytest.CaptureFixture[str], paints: str
) -> None:
    found = options_of(capsys, "paint", "--plugin", paints)
    assert found["color"] == {
        "name": "color",
        "values": "text",
        "required": True,
        "default": None,
        "meaning": "",
    }
    assert found["layers[].share"] == {
        "name": "layers[].share",
        "values": "number from 0 to 1",
        "required": False,
        "default": 0.5,
        "meaning": "How much of it\nis seen.",
    }
    assert {"by_name.*.share", "top.below", "workers.devices"} <= found.keys()
    # What the option that holds it says counts, and a model within itself ends.
    assert found["top.share"]["default"] == 0.25
    assert "top.below.share" not in found


def test_a_default_that_is_a_model_of_its_own_shows_in_its_parts(
    capsys: pytest.CaptureFixture[str], paints: str
) -> None:
    found = options_of(capsys, "likes", "--plugin", paints)
    assert (found["rubric.name"]["default"], found["rubric.maximum"]["default"]) == ("likes", 1.0)
    assert (found["rubric.prompt"]["required"], found["rubric.prompt"]["default"]) == (False, "x")


def test_people_read_their_own_options_first(
    capsys: pytest.CaptureFixture[str], paints: str
) -> None:
    lines = plugins(capsys, "paint", "--plugin", paints).splitlines()
    assert lines[0] == "edit model paint  (plugin paints; API 1.0)"
    assert lines[3] == "  options, as in edit: {type: paint, ...}:"
    keys = [line[4:] for line in lines[4:] if line[4:5].strip()]
    assert keys[:2] == ["type: `paint`; required", "color: text; required"]
    assert "top: mapping; its parts follow" in keys
    assert 'blank: text; default " "' in keys
    assert keys.index("layers: list of mapping; default []") < keys.index(
        "workers: mapping; its parts follow"
    )
    assert "        How much of it is seen." in lines


def test_what_brings_no_config_has_the_options_of_its_kind(
    capsys: pytest.CaptureFixture[str], paints: str
) -> None:
    assert "workers.devices" in options_of(capsys, "bare", "--plugin", paints)


def test_a_wrong_config_model_is_named_in_its_place(
    capsys: pytest.CaptureFixture[str], paints: str
) -> None:
    said = "plugin 'paints' is wrong: the options of the edit model 'wrong' cannot be read"
    out = plugins(capsys, "paints", "--plugin", paints)
    assert said in out
    assert "color: text; required" in out
    (registered,) = json.loads(plugins(capsys, "wrong", "--plugin", paints, "--json"))["registers"]
    assert registered["options"] == []
    assert said in registered["error"]


def test_a_command_refers_to_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert "editgauge demo --help" in plugins(capsys, "demo")


def test_a_name_that_nothing_has_is_an_error_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    err = plugins(capsys, "tqdn", code=2)
    assert "no plugin, and nothing of one, is called 'tqdn'. Did you mean 'tqdm'?" in err


def test_every_built_in_part_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(plugins(capsys, "--json"))
    for entry in listed:
        if entry["package"] == "editgauge":
            shown = json.loads(plugins(capsys, entry["name"], "--json"))
            assert [each["name"] for each in entry["registers"]]
            for registered in shown["registers"]:
                if registered["kind"] != "command" and registered["name"] != "github":
                    assert registered["options"]
                without = [
                    option["name"]
                    for option in registered["options"]
                    if not option["meaning"].strip()
                ]
                assert without == []
