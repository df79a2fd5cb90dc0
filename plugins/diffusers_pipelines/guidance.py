"""Classifier-free guidance of pipelines that take `true_cfg_scale` and `negative_prompt`."""

import logging
from typing import Any

from editgauge import Config

_log = logging.getLogger(__name__)


def is_guided(config: Config) -> bool:
    """Whether guidance is on; it doubles the cost of a step."""
    return config.true_cfg_scale > 1 and config.negative_prompt is not None


def guidance_arguments(config: Config) -> dict[str, Any]:
    """Return the arguments that switch guidance on or off; pipelines warn of half of them."""
    if is_guided(config):
        return {
            "true_cfg_scale": config.true_cfg_scale,
            "negative_prompt": config.negative_prompt,
        }
    return {"true_cfg_scale": 1.0, "negative_prompt": None}


def guidance_facts(config: Config) -> dict[str, str | int | float | bool]:
    """Return what the manifest says of guidance."""
    if is_guided(config):
        return {"guidance": True, "true_cfg_scale": config.true_cfg_scale}
    return {"guidance": False}


def is_distilled(pipeline: Any) -> bool:
    """Whether the checkpoint was distilled from a guided one and takes `guidance_scale`."""
    return bool(pipeline.transformer.config.guidance_embeds)


def warn_of_ignored_scale() -> None:
    """Say that `guidance_scale` has no effect on a checkpoint that is not distilled."""
    _log.warning(
        "guidance_scale is ignored: this checkpoint is not guidance-distilled; "
        "true_cfg_scale sets its guidance"
    )
