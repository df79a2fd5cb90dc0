import json
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from editgauge.config_schemas.identity import IdentityConfig
from editgauge.core.hooks import events
from editgauge.core.models import make_config
from editgauge.plugins.identity.model import Identity
from tests.plugins.qwen_models import no_steps, picture, request
from tests.support.runs import run, run_config


def identity() -> Identity:
    model = Identity()
    model.load(make_config({"type": "identity"}), "cpu")
    return model


def test_the_first_source_comes_back_whatever_is_asked_for() -> None:
    first, second = picture(), picture(1)
    edited = identity().edit(request(first, second, instruction="make it red"), no_steps)
    assert edited.tobytes() == first.tobytes()
    assert identity().fingerprint(make_config({"type": "identity"})) == ""


def test_it_takes_no_option_but_where_it_runs() -> None:
    IdentityConfig.model_validate({"type": "identity", "workers": {"devices": ["cpu"]}})
    with pytest.raises(ValidationError, match="strength"):
        IdentityConfig.model_validate({"type": "identity", "strength": 1})


def test_a_run_of_it_names_it_everywhere_and_says_that_nothing_was_edited(tmp_path: Path) -> None:
    config = run_config(tmp_path, reward=None)
    config["edit"] = {"type": "identity", "workers": {"devices": ["cpu"]}}
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    source = Image.open(tmp_path / "data" / "source.png").convert("RGB")
    paths = list((result.run_dir / "images").glob("*.png"))
    assert len(paths) == result.samples == 6
    for path in paths:
        with Image.open(path) as image:
            assert image.tobytes() == source.tobytes()
    assert recorder.of(events.StepFinished) == []
    manifest = json.loads((result.run_dir / "run.json").read_text())
    assert manifest["config"]["edit"]["type"] == "identity"
    assert "nothing was edited" in json.dumps(manifest)
    assert "identity" in result.run_dir.name
