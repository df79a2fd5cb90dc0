import json
from pathlib import Path

from PIL import Image

from editgauge.core.hooks import events
from editgauge.plugins.pillow_edit.operations import OPERATIONS
from tests.plugins.qwen_models import picture
from tests.support.runs import run, run_config

INSTRUCTIONS = ["blur it and make it darker", "make the cat smile", "rotate right"]


def test_a_run_edits_what_is_known_and_fails_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    source = picture()
    source.save(tmp_path / "data" / "source.png")
    with (tmp_path / "data" / "samples.jsonl").open("w") as file:
        for number, instruction in enumerate(INSTRUCTIONS):
            row = {"id": f"s{number}", "image": "source.png", "instruction": instruction}
            file.write(json.dumps(row) + "\n")
    config = run_config(tmp_path, reward=None)
    config["edit"] = {"type": "pillow", "workers": {"devices": ["cpu"]}}
    result, recorder, _ = run(config)

    assert result.exit_code == 100
    outcomes = [event.outcome for event in recorder.of(events.SampleFinished)]
    assert outcomes == ["ok", "failed", "ok"]
    steps = [(event.sample, event.step, event.of) for event in recorder.of(events.StepFinished)]
    assert steps == [("s0", 1, 2), ("s0", 2, 2), ("s2", 1, 1)]

    edits = [sample.edit for sample in result.results() if sample.edit is not None]
    assert "'make the cat smile' is no instruction" in edits[1].reason
    with Image.open(result.run_dir / str(edits[0].image)) as image:
        expected = OPERATIONS["darker"](OPERATIONS["blur"](source))
        assert image.tobytes() == expected.tobytes()
    with Image.open(result.run_dir / str(edits[2].image)) as image:
        assert image.size == (source.height, source.width)
