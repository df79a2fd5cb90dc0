"""What a rubric in a config may say."""

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.rubrics import RubricConfig


def test_a_prompt_is_enough() -> None:
    rubric = RubricConfig.model_validate({"prompt": "Judge. {images}"})
    assert (rubric.minimum, rubric.maximum, rubric.parser) == (0.0, 10.0, "score")
    assert rubric.images == ["source", "edited"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt": ""}, "at least 1 character"),
        ({"minimum": 5, "maximum": 5}, "'minimum' should be less than 'maximum'"),
        ({"minimum": 11}, "'minimum' should be less than 'maximum'"),
        ({"maximum": float("inf")}, "finite number"),
        ({"minimum": float("nan")}, "finite number"),
        ({"images": []}, "at least 1 item"),
        ({"images": ["edited", "edited"]}, "names each image once"),
        ({"images": ["source"]}, "must name 'edited'"),
        ({"images": ["target"]}, "'source' or 'edited'"),
        ({"parser": "yes_no"}, "set minimum to 0 and maximum to 1"),
        ({"parser": "regex"}, "'score', 'yes_no', 'list_min' or 'list_mean'"),
        ({"list_length": 2}, "'list_length' belongs to the parsers"),
        ({"parser": "list_min", "list_length": 0}, "greater than or equal to 1"),
        ({"maximum": "10"}, "valid number"),
        ({"promt": "?"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_rubric_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RubricConfig.model_validate({"prompt": "Judge."} | changes)
