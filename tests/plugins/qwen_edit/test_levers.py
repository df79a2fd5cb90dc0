from typing import Any

import pytest

from tests.plugins.qwen_models import load_editor, no_steps, request

pytestmark = pytest.mark.models

FIRST_BLOCK_CACHE = {
    "method": "transformer.enable_cache",
    "arguments": {"config": {"type": "FirstBlockCacheConfig", "threshold": 0.5}},
}


def edit(model: Any, **options: Any) -> bytes:
    image: bytes = model.edit(request(**options), no_steps).tobytes()
    return image


def test_step_cache_skips_work_and_leaves_nothing_for_the_next_edit() -> None:
    cached, plain = load_editor(steps=8, apply=[FIRST_BLOCK_CACHE]), load_editor(steps=8)
    first = edit(cached)
    edit(cached, seed=1)
    assert edit(cached) == first != edit(plain)
    assert cached.describe()["applied"] == "transformer.enable_cache"


def test_step_cache_is_reset_after_a_failed_edit() -> None:
    model = load_editor(steps=8, apply=[FIRST_BLOCK_CACHE])
    expected = edit(model)

    def fail(step: int, of: int) -> None:
        if step == 5:
            raise RuntimeError(f"stopped in the middle of {of}")

    with pytest.raises(RuntimeError, match="stopped in the middle"):
        model.edit(request(), fail)
    assert edit(model) == expected


def test_methods_are_called_in_order_with_plain_arguments() -> None:
    model = load_editor(
        apply=[
            {"method": "vae.enable_tiling", "arguments": {"tile_sample_min_height": 128}},
            {"method": "scheduler.register_to_config", "arguments": {"max_shift": 0.1}},
            {"method": "scheduler.register_to_config", "arguments": {"max_shift": 0.2}},
        ]
    )
    assert model._pipeline.vae.use_tiling
    assert model._pipeline.vae.tile_sample_min_height == 128
    assert model._pipeline.scheduler.config.max_shift == 0.2


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"method": "transformer.enable_cach"},
            r"^apply\[0\] \(transformer\.enable_cach\): .* 'enable_cach'\. Did .* 'enable_cache'\?",
        ),
        ({"method": "transformr.enable_cache"}, r"Did you mean 'transformer'\?"),
        ({"method": "transformer.config"}, r"should be a method"),
        (
            {"method": "transformer.enable_cache", "arguments": {"config": {"type": "Popen"}}},
            r"configuration class of diffusers",
        ),
        (
            {
                "method": "transformer.enable_cache",
                "arguments": {"config": {"type": "FirstBlockCacheConfi"}},
            },
            r"configuration class of diffusers.*Did you mean 'FirstBlockCacheConfig'\?",
        ),
        (
            {
                "method": "transformer.enable_cache",
                "arguments": {"config": {"type": "FirstBlockCacheConfig", "treshold": 1}},
            },
            r"FirstBlockCacheConfig refused its arguments: .*treshold",
        ),
        (
            {"method": "vae.enable_tiling", "arguments": {"tiles": 3}},
            r"apply\[0\] \(vae\.enable_tiling\) failed: TypeError: .*tiles",
        ),
    ],
)
def test_wrong_entries_say_which_and_why(entry: dict[str, Any], message: str) -> None:
    from editgauge.plugins.diffusers_pipelines.levers import LeverError

    with pytest.raises(LeverError, match=message):
        load_editor(apply=[entry])
