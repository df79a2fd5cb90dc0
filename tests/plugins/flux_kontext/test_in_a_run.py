"""A run of a tiny FLUX.1 Kontext in two real workers, beside the same edits in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from editgauge.core.hooks import events
from editgauge.core.models import EditRequest
from tests.plugins.flux_kontext.models import SMALL, load_flux
from tests.plugins.qwen_models import no_steps, picture
from tests.support.runs import Recorder, run, run_config

pytestmark = pytest.mark.models

INSTRUCTIONS = ["make it red", "make it blue", "remove the tree", "add a hat"]
SEED = 42


def run_in_two_workers(folder: Path, model: Path) -> tuple[list[bytes], Recorder]:
    """Run four samples; return the pixels of each, in row order, and the events."""
    (folder / "data").mkdir()
    with (folder / "data" / "samples.jsonl").open("w") as file:
        for number, instruction in enumerate(INSTRUCTIONS):
            picture(number).save(folder / "data" / f"{number}.png")
            row = {"id": f"s{number}", "image": f"{number}.png", "instruction": instruction}
            file.write(json.dumps(row) + "\n")
    config = run_config(folder, reward=None, seed=SEED)
    workers = {"devices": ["cpu", "cpu"], "parallel_loads": 2, "threads": 1}
    config["edit"] = {"type": "flux-kontext", "model": str(model), **SMALL, "workers": workers}
    result, recorder, stderr = run(config)
    assert result.exit_code == 0, stderr
    pixels = []
    for sample in result.results():
        assert sample.edit is not None
        assert sample.edit.image is not None
        with Image.open(result.run_dir / sample.edit.image) as image:
            pixels.append(image.tobytes())
    return pixels, recorder


def edit_here(model: Any) -> list[bytes]:
    """Edit the same samples with one model in this process, the last one first."""
    return [
        model.edit(
            EditRequest(
                id=f"s{number}",
                index=number,
                images=(picture(number),),
                instruction=INSTRUCTIONS[number],
                seed=SEED + number,
            ),
            no_steps,
        ).tobytes()
        for number in reversed(range(len(INSTRUCTIONS)))
    ][::-1]


def steps_of(recorder: Recorder, sample: str) -> list[tuple[int, int]]:
    found = recorder.of(events.StepFinished)
    return [(event.step, event.of) for event in found if event.sample == sample]


def test_two_workers_give_the_bytes_that_one_model_gives(
    flux_kontext: Path, tmp_path: Path
) -> None:
    pictures, recorder = run_in_two_workers(tmp_path, flux_kontext)
    assert pictures == edit_here(load_flux(flux_kontext))
    assert len(set(pictures)) == 4
    assert all(steps_of(recorder, f"s{number}") == [(1, 3), (2, 3), (3, 3)] for number in range(4))
