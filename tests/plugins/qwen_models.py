"""Loads miniature models for tests, in this process, with one CPU thread."""

from typing import TYPE_CHECKING, Any

from PIL import Image

from editgauge.config_schemas.miniature import MiniatureQwenEditConfig
from editgauge.config_schemas.qwen3_vl import Qwen3VLConfig
from editgauge.core.models import Config, EditRequest, make_config
from editgauge.plugins.miniature.checkpoints import checkpoint

if TYPE_CHECKING:
    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit
    from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge


def edit_config(**options: Any) -> Config:
    """The configuration as a worker gets it: few steps, few pixels."""
    config = MiniatureQwenEditConfig.model_validate(
        {"type": "miniature-qwen-edit", "steps": 3, "pixels": 4096, **options}
    )
    plain: Config = make_config(config.model_dump(mode="json"))
    return plain


def load_editor(**options: Any) -> "MiniatureQwenImageEdit":
    import torch

    from editgauge.plugins.miniature.model import MiniatureQwenImageEdit

    torch.set_num_threads(1)
    model = MiniatureQwenImageEdit()
    model.load(edit_config(**options), "cpu")
    return model


def judge_config(**options: Any) -> Config:
    given = {"model": str(checkpoint("qwen3-vl"))} | options
    config = Qwen3VLConfig.model_validate(
        {"type": "qwen3-vl", "max_new_tokens": 24, "max_pixels": 128 * 128, **given}
    )
    plain: Config = make_config(config.model_dump(mode="json"))
    return plain


def load_judge(**options: Any) -> "Qwen3VLJudge":
    import torch

    from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge

    torch.set_num_threads(1)
    model = Qwen3VLJudge()
    model.load(judge_config(**options), "cpu")
    return model


def picture(shade: int = 0, size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture with structure, another one for every shade."""
    image = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (image, image.transpose(Image.Transpose.ROTATE_180), image)).point(
        lambda value: (value * (1 + shade) + 40 * shade) % 256
    )


def request(*images: Image.Image, instruction: str = "make it red", seed: int = 7) -> EditRequest:
    return EditRequest(
        id="a", index=0, images=images or (picture(),), instruction=instruction, seed=seed
    )


def no_steps(step: int, of: int) -> None:
    """Hear no step."""
