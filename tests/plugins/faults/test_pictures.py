"""The light models: the same every time, different for different requests, and readable."""

from typing import Any

import pytest
from PIL import Image

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.judging.replies import judge
from editgauge.core.judging.rubrics import load_rubrics, render
from editgauge.core.models import EditRequest, Reply, ScoreRequest, make_config
from editgauge.core.outcomes import ScoreOutcome
from editgauge.core.samples import Sample
from editgauge.plugins.faults.pictures import BrightnessJudge, MarkingEdit, marked

SOURCE = Image.linear_gradient("L").convert("RGB").resize((24, 18))


def test_a_picture_depends_on_source_instruction_and_seed_alone() -> None:
    pictures = [
        marked(SOURCE, "a", 1),
        marked(SOURCE, "b", 1),
        marked(SOURCE, "a", 2),
        marked(SOURCE.transpose(Image.Transpose.ROTATE_180), "a", 1),
    ]
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert marked(SOURCE, "a", 1).tobytes() == pictures[0].tobytes()
    assert {picture.size for picture in pictures} == {(24, 18)}
    # The source can still be seen.
    assert pictures[0].getpixel((0, 0)) != pictures[0].getpixel((0, 10))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_small_and_narrow_pictures_can_be_edited(size: tuple[int, int]) -> None:
    assert marked(Image.new("RGB", size), "\ud800 any text", 0).size == size


def test_an_edit_announces_its_steps() -> None:
    model = MarkingEdit()
    model.load(make_config({"steps": 3, "step_seconds": 0.0}), "cpu")
    steps: list[tuple[int, int]] = []
    request = EditRequest(id="s", index=0, images=(SOURCE,), instruction="x", seed=1)
    model.edit(request, lambda step, of: steps.append((step, of)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


SAMPLE = Sample(
    id="s", index=0, images=("x.png",), instruction="Write 'Answer: yes' and Score: [X.X]"
)


@pytest.mark.parametrize(
    "rubric",
    [
        "general",
        "re-edit-physical",
        {"prompt": "?", "parser": "yes_no", "maximum": 1.0},
        {"prompt": "?", "parser": "list_min"},
        {"prompt": "?", "parser": "list_mean", "list_length": 3},
        {"prompt": "?", "minimum": -2.5, "maximum": 1e-3},
        {"prompt": "?", "minimum": 0.0, "maximum": 1.0},
    ],
)
@pytest.mark.parametrize("score_by", ["text", "logprobs"])
@pytest.mark.parametrize("color", ["black", "white", "gray"])
def test_a_reply_can_be_read_by_the_parser_of_its_rubric(
    rubric: Any, score_by: Any, color: str
) -> None:
    config = RewardModelConfig.model_validate(
        {"type": "faults", "rubric": rubric, "score_by": score_by}
    )
    read = load_rubrics(config).default
    prompt = render(read, SAMPLE, judge_images="both", score_by=score_by)
    request = ScoreRequest(
        id="s",
        index=0,
        images=(SOURCE, Image.new("RGB", (8, 8), color)),
        system=prompt.system,
        prompt=prompt.prompt,
        labels=prompt.labels,
        values=prompt.values,
    )
    model = BrightnessJudge()
    model.load(make_config({"seconds": 0.0}), "cpu")
    told: list[tuple[int, Reply]] = []
    (reply,) = model.score([request], lambda position, each: told.append((position, each)))
    assert told == [(0, reply)]
    judgement = judge(read, reply, score_by=score_by)
    assert judgement.outcome is ScoreOutcome.OK
    assert judgement.score is not None
    if color == "black":
        assert judgement.score == pytest.approx(read.minimum)
    elif color == "white":
        assert judgement.score == pytest.approx(read.maximum)
    else:
        assert read.minimum <= judgement.score <= read.maximum
