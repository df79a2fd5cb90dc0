import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.plugins.diffusers_pipelines.files import check_lora_files
from editgauge.plugins.miniature.checkpoints import checkpoint
from editgauge.plugins.model_files import ModelFilesError
from editgauge.plugins.qwen_edit.files import check_pipeline_files

pytestmark = pytest.mark.models


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint("qwen-image-edit"), tmp_path / "model"))


def change_index(folder: Path, **changes: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_whole_checkpoint_passes(copy: Path) -> None:
    assert check_pipeline_files(str(copy), revision=None) == copy / "model_index.json"


def other_pipeline(folder: Path) -> None:
    change_index(folder, _class_name="StableDiffusionPipeline")


def own_code(folder: Path) -> None:
    change_index(folder, transformer=["transformer_code", "MyTransformer"])


def own_pipeline(folder: Path) -> None:
    change_index(folder, _class_name=["pipeline", "MyPipeline"])


def pickled(folder: Path) -> None:
    weights = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


def no_weights(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()


def no_part(folder: Path) -> None:
    shutil.rmtree(folder / "text_encoder")


def missing_shard(folder: Path) -> None:
    index = {"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}
    (folder / "transformer" / "m.safetensors.index.json").write_text(json.dumps(index))
    (folder / "transformer" / "part-1.safetensors").touch()


def no_index(folder: Path) -> None:
    (folder / "model_index.json").unlink()


def broken_index(folder: Path) -> None:
    (folder / "model_index.json").write_text('{"_class_name": ')


def list_index(folder: Path) -> None:
    (folder / "model_index.json").write_text("[]")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (other_pipeline, r"is a 'StableDiffusionPipeline'; `qwen-image-edit` runs"),
        (own_pipeline, r"\['pipeline', 'MyPipeline'\]; `qwen-image-edit` runs"),
        (own_code, r"'transformer' of .* asks for code from 'transformer_code'"),
        (pickled, r"are pickled \(diffusion_pytorch_model\.bin\).*only safetensors are loaded"),
        (no_weights, r"there are no weights \(\*\.safetensors\) in .*vae"),
        (no_part, r"there is no folder 'text_encoder'"),
        (missing_shard, r"1 of 2 weight files are missing .* the first is part-2\.safetensors"),
        (no_index, r"there is no model_index\.json in .*top folder\?"),
        (broken_index, r"model_index\.json of .* is not JSON"),
        (list_index, r"should hold a JSON object"),
    ],
)
def test_damage_is_named(copy: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(copy)
    with pytest.raises(ModelFilesError, match=message):
        check_pipeline_files(str(copy), revision=None)


def test_loading_checks_too(copy: Path) -> None:
    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit
    from tests.plugins.qwen_models import edit_config

    pickled(copy)
    config = edit_config(model=str(copy))
    with pytest.raises(ModelFilesError, match="pickled"):
        MiniatureQwenImageEdit.check(config)
    with pytest.raises(ModelFilesError, match="pickled"):
        MiniatureQwenImageEdit().load(config, "cpu")


@pytest.mark.parametrize("offload", ["model", "sequential"])
@pytest.mark.parametrize(("device", "named"), [("cpu", "cpu"), ("cuda", "a group of GPUs")])
def test_offload_needs_one_gpu(offload: str, device: str, named: str) -> None:
    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit
    from tests.plugins.qwen_models import edit_config

    with pytest.raises(ValueError, match=f"'offload: {offload}' .* cannot be used on {named}"):
        MiniatureQwenImageEdit().load(edit_config(offload=offload), device)


def test_lora_is_safetensors_and_there(tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    (tmp_path / "b.safetensors").touch()
    check_lora_files(str(tmp_path / "b.safetensors"), None)
    check_lora_files(str(tmp_path), "b.safetensors")
    check_lora_files(str(tmp_path), None)
    check_lora_files("someone/some-lora", "c.safetensors")
    with pytest.raises(ModelFilesError, match=r"should be a \.safetensors file"):
        check_lora_files(str(tmp_path / "a.bin"), None)
    with pytest.raises(ModelFilesError, match=r"there is no 'c\.safetensors' in the folder"):
        check_lora_files(str(tmp_path), "c.safetensors")
    with pytest.raises(ModelFilesError, match=r"leave out 'weight_name'"):
        check_lora_files(str(tmp_path / "b.safetensors"), "b.safetensors")
    with pytest.raises(ModelFilesError, match="there is no folder"):
        check_lora_files(str(tmp_path / "nowhere"), None)
