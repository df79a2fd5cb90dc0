import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.model_files import ModelFilesError
from tests.plugins.diffusers_edit.models import diffusers_config, load_diffusers

pytestmark = pytest.mark.models


@pytest.fixture
def copy(instruct_pix2pix: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(instruct_pix2pix, tmp_path / "model"))


def change_index(folder: Path, **changes: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def own_pipeline(folder: Path) -> None:
    change_index(folder, _class_name=["pipeline", "MyPipeline"])


def own_code(folder: Path) -> None:
    change_index(folder, unet=["my_unet", "MyUNet"])


def any_module(folder: Path) -> None:
    change_index(folder, scheduler=["subprocess", "Popen"])


def pickled(folder: Path) -> None:
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


def no_part(folder: Path) -> None:
    path = folder / "model_index.json"
    index = json.loads(path.read_text())
    del index["tokenizer"]
    path.write_text(json.dumps(index))


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder / "vae")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (own_pipeline, r"asks for a pipeline of its own, \['pipeline', 'MyPipeline'\]"),
        (own_code, r"'unet' of .* asks for code from 'my_unet'"),
        (any_module, r"'scheduler' of .* asks for code from 'subprocess'"),
        (pickled, r"unet are pickled .*only safetensors are loaded"),
        (no_part, r"has no part 'tokenizer', which StableDiffusionInstructPix2PixPipeline needs"),
        (no_folder, r"there is no folder 'vae'"),
    ],
)
def test_damage_is_named_before_and_while_loading(
    copy: Path, damage: Callable[[Path], None], message: str
) -> None:
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    DiffusersEdit.check(diffusers_config(copy))
    damage(copy)
    with pytest.raises(ModelFilesError, match=message):
        DiffusersEdit.check(diffusers_config(copy))
    with pytest.raises(ModelFilesError, match=message):
        load_diffusers(copy)


def test_a_checkpoint_of_another_pipeline_lacks_parts(flux_kontext: Path) -> None:
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    with pytest.raises(
        ModelFilesError, match=r"has no part 'unet', .*; it was made for FluxKontextPipeline"
    ):
        DiffusersEdit.check(diffusers_config(flux_kontext))


def test_a_checkpoint_may_be_used_by_another_class_with_the_same_parts(
    flux_kontext: Path,
) -> None:
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    DiffusersEdit.check(diffusers_config(flux_kontext, pipeline="FluxImg2ImgPipeline"))


def test_lora_files_need_a_class_that_takes_them(instruct_pix2pix: Path) -> None:
    from editgauge.plugins.diffusers_edit.calls import PipelineError
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    with pytest.raises(PipelineError, match="AmusedImg2ImgPipeline takes no LoRA files"):
        DiffusersEdit.check(
            diffusers_config(
                instruct_pix2pix, pipeline="AmusedImg2ImgPipeline", lora=[{"path": "a/b"}]
            )
        )
