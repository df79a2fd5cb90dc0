"""The built-in editors pass the checks that plugin authors have, in real workers."""

from pathlib import Path

import pytest

from editgauge.testing import check_edit_model

CPU = {"devices": ["cpu"], "restart_pause": 0.0}


@pytest.mark.parametrize("name", ["identity", "pillow"])
def test_editors_without_weights_conform(name: str) -> None:
    check_edit_model({"type": name, "workers": CPU})


def test_the_checks_tell_of_an_instruction_that_pillow_does_not_know() -> None:
    from editgauge.testing import ConformanceError

    with pytest.raises(ConformanceError, match="'make the cat smile' is no instruction"):
        check_edit_model({"type": "pillow", "workers": CPU}, instruction="make the cat smile")


@pytest.mark.models
def test_flux_kontext_conforms(flux_kontext: Path) -> None:
    from tests.plugins.flux_kontext.models import SMALL

    check_edit_model({"type": "flux-kontext", "model": str(flux_kontext), **SMALL, "workers": CPU})


@pytest.mark.models
def test_diffusers_conforms(instruct_pix2pix: Path) -> None:
    check_edit_model(
        {
            "type": "diffusers",
            "pipeline": "StableDiffusionInstructPix2PixPipeline",
            "model": str(instruct_pix2pix),
            "steps": 3,
            "arguments": {"image_guidance_scale": 1.2},
            "workers": CPU,
        },
        # Each takes processes that import diffusers, and is the same code as of the model above.
        skip=["light-parent", "stable-fingerprint", "check-without-loading"],
    )
