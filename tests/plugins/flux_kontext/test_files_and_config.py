import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.flux_kontext import FluxKontextConfig
from editgauge.model_files import ModelFilesError
from tests.plugins.flux_kontext.models import flux_config, load_flux

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stepz": 4}, "stepz"),
        ({"height": 512}, "give 'height' and 'width' together"),
        ({"guidance_scale": None}, "valid number"),
        ({"max_area": 100}, "greater than or equal to 1024"),
        ({"max_sequence_length": 513}, "less than or equal to 512"),
        ({"offload": "model", "workers": {"devices": ["cpu"]}}, "one 'cuda:N', not 'cpu'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FluxKontextConfig.model_validate({"type": "flux-kontext", "model": "a/b", **options})


@pytest.fixture
def copy(flux_kontext: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(flux_kontext, tmp_path / "model"))


def change_index(folder: Path, **changes: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def other_pipeline(folder: Path) -> None:
    change_index(folder, _class_name="FluxPipeline")


def own_code(folder: Path) -> None:
    change_index(folder, transformer=["transformer_code", "MyTransformer"])


def pickled(folder: Path) -> None:
    weights = folder / "text_encoder_2" / "model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


def no_part(folder: Path) -> None:
    shutil.rmtree(folder / "vae")


def no_index(folder: Path) -> None:
    (folder / "model_index.json").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (other_pipeline, r"is a 'FluxPipeline'; `flux-kontext` runs FluxKontextPipeline"),
        (own_code, r"'transformer' of .* asks for code from 'transformer_code'"),
        (pickled, r"text_encoder_2 are pickled \(model\.bin\).*only safetensors are loaded"),
        (no_part, r"there is no folder 'vae'"),
        (no_index, r"there is no model_index\.json in .*top folder\?"),
    ],
)
def test_damage_is_named_before_and_while_loading(
    copy: Path, damage: Callable[[Path], None], message: str
) -> None:
    from editgauge.plugins.flux_kontext.model import FluxKontext

    damage(copy)
    with pytest.raises(ModelFilesError, match=message):
        FluxKontext.check(flux_config(copy))
    with pytest.raises(ModelFilesError, match=message):
        load_flux(copy)


def test_a_folder_that_is_not_there_and_a_wrong_lora_are_named(
    flux_kontext: Path, tmp_path: Path
) -> None:
    from editgauge.plugins.flux_kontext.model import FluxKontext

    with pytest.raises(ModelFilesError, match=r"there is no folder './nowhere'"):
        FluxKontext.check(flux_config("./nowhere"))
    (tmp_path / "lora.bin").touch()
    with pytest.raises(ModelFilesError, match=r"should be a \.safetensors file"):
        FluxKontext.check(flux_config(flux_kontext, lora=[{"path": str(tmp_path / "lora.bin")}]))


def test_other_weights_have_another_fingerprint(copy: Path, flux_kontext: Path) -> None:
    from editgauge.plugins.flux_kontext.model import FluxKontext

    first = FluxKontext.fingerprint(flux_config(flux_kontext))
    assert FluxKontext.fingerprint(flux_config(copy)) == first
    weights = copy / "transformer" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert FluxKontext.fingerprint(flux_config(copy)) != first


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_offload_needs_one_gpu(flux_kontext: Path, device: str) -> None:
    from editgauge.plugins.flux_kontext.model import FluxKontext

    with pytest.raises(ValueError, match=r"'offload: model' .* cannot be used on"):
        FluxKontext().load(flux_config(flux_kontext, offload="model"), device)
