from pathlib import Path

import pytest

from tests.plugins.diffusers_edit.models import PIPELINE, load_diffusers
from tests.plugins.pipeline_runs import edit_here, run_in_two_workers, steps_of

pytestmark = pytest.mark.models


def test_two_workers_give_the_bytes_that_one_model_gives(
    instruct_pix2pix: Path, tmp_path: Path
) -> None:
    edit = {
        "type": "diffusers",
        "pipeline": PIPELINE,
        "model": str(instruct_pix2pix),
        "steps": 3,
        "arguments": {"image_guidance_scale": 1.2},
    }
    pictures, recorder = run_in_two_workers(tmp_path, edit)
    model = load_diffusers(instruct_pix2pix, arguments={"image_guidance_scale": 1.2})
    assert pictures == edit_here(model)
    assert len(set(pictures)) == 4
    assert all(steps_of(recorder, f"s{number}") == [(1, 3), (2, 3), (3, 3)] for number in range(4))
