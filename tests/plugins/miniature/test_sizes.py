"""The miniature models work on pictures of the sizes that they were trained on."""

from pathlib import Path

import pytest
from PIL import Image

from editgauge.config_schemas.miniature import MiniatureQwen3VLConfig, MiniatureQwenEditConfig
from editgauge.plugins.miniature.demo import PHOTOGRAPHS

PIXELS = MiniatureQwen3VLConfig(type="miniature-qwen3-vl").pixels

photographs = pytest.mark.parametrize(
    "path", sorted(PHOTOGRAPHS.parent.glob("*.jpg")), ids=lambda path: path.stem
)


def test_editor_and_judge_work_on_as_many_pixels() -> None:
    assert MiniatureQwenEditConfig(type="miniature-qwen-edit").pixels == PIXELS


@pytest.mark.models
@photographs
def test_judge_sees_a_photograph_in_the_size_that_its_edit_has(path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("diffusers")
    pytest.importorskip("transformers")
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit import calculate_dimensions

    from editgauge.plugins.miniature.judge import bring_to_size
    from editgauge.plugins.miniature.training.judge import SIZES

    with Image.open(path) as photograph:
        size = calculate_dimensions(PIXELS, photograph.width / photograph.height)[:2]
        seen = bring_to_size(photograph, PIXELS)
    assert seen.size == size
    assert seen.size in SIZES
    assert bring_to_size(seen, PIXELS) is seen


@pytest.mark.models
def test_narrow_pictures_keep_an_edge_that_a_model_can_use() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from editgauge.plugins.miniature.judge import bring_to_size

    assert bring_to_size(Image.new("RGB", (2000, 10)), PIXELS).size == (1536, 32)
