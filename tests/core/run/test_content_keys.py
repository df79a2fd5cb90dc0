"""What a row's content key depends on, and what not."""

from typing import Annotated, Any

import pytest
from pydantic import Field, SecretStr

from editgauge import SAME_RESULTS, ConfigModel, EditModelConfig, RewardModelConfig
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.outcomes import Stage
from editgauge.core.run.content_keys import ContentKeys, digests_of_frame, edit_settings
from editgauge.core.samples import Sample


class Part(ConfigModel):
    strength: float = 1.0
    threads: Annotated[int, SAME_RESULTS] = 1


class Edit(EditModelConfig):
    steps: int = 4
    token: SecretStr = SecretStr("")
    verbose: Annotated[bool, SAME_RESULTS] = False
    parts: list[Part] = Field(default=[])
    named: dict[str, Part] = Field(default={})


class Child(Edit):
    verbose: bool = True


SAMPLE = Sample(id="a", index=3, images=("/a.png",), instruction="make it blue", category="c")
OTHERS: dict[str, Any] = {"id": "b", "images": ("/b.png",), "category": "d", "description": "x"}


def keys(
    *,
    seed: int = 42,
    edit: EditModelConfig | None = None,
    reward: dict[str, Any] | None = None,
    fingerprints: dict[Stage, str] | None = None,
) -> ContentKeys:
    config = RewardModelConfig.model_validate({"type": "judge"} | (reward or {}))
    return ContentKeys(
        seed=seed,
        edit=edit or Edit(type="edit"),
        reward=config,
        rubrics=load_rubrics(config),
        fingerprints=fingerprints or {},
    )


def changed(**changes: Any) -> Sample:
    fields = {name: getattr(SAMPLE, name) for name in SAMPLE.__slots__}
    return Sample(**(fields | changes))


def test_an_edit_depends_on_images_instruction_seed_and_model() -> None:
    key = keys().of_edit(SAMPLE, ["d1"])
    assert len(key) == 32
    others = {
        keys().of_edit(SAMPLE, ["d2"]),
        keys().of_edit(SAMPLE, ["d1", "d1"]),
        keys().of_edit(changed(instruction="make it red"), ["d1"]),
        keys().of_edit(changed(index=4), ["d1"]),
        keys(seed=43).of_edit(SAMPLE, ["d1"]),
        keys(edit=Edit(type="edit", steps=5)).of_edit(SAMPLE, ["d1"]),
        keys(edit=Edit(type="other")).of_edit(SAMPLE, ["d1"]),
        keys(edit=Edit(type="edit", parts=[Part(strength=2)])).of_edit(SAMPLE, ["d1"]),
        keys(fingerprints={Stage.EDIT: "commit"}).of_edit(SAMPLE, ["d1"]),
    }
    assert key not in others
    # The fifth is the fourth by another way: a seed is the run's and the row's together.
    assert len(others) == 8


@pytest.mark.parametrize(("name", "value"), OTHERS.items())
def test_an_edit_does_not_depend_on_names_and_places(name: str, value: Any) -> None:
    assert keys().of_edit(changed(**{name: value}), ["d"]) == keys().of_edit(SAMPLE, ["d"])


def test_what_is_marked_and_what_is_secret_has_no_part() -> None:
    plain = keys().of_edit(SAMPLE, ["d"])
    same = Edit.model_validate(
        {
            "type": "edit",
            "verbose": True,
            "token": "secret",
            "workers": {"devices": ["cpu"], "threads": 7},
        }
    )
    assert keys(edit=same).of_edit(SAMPLE, ["d"]) == plain
    one = Edit(type="edit", parts=[Part()], named={"x": Part()})
    two = Edit(type="edit", parts=[Part(threads=2)], named={"x": Part(threads=3)})
    assert keys(edit=one).of_edit(SAMPLE, ["d"]) == keys(edit=two).of_edit(SAMPLE, ["d"])
    assert "threads" not in str(edit_settings(two))


def test_a_mark_holds_for_a_class_that_changes_the_default() -> None:
    assert "verbose" not in edit_settings(Child(type="edit"))


def test_a_score_depends_on_the_images_the_question_and_the_judge() -> None:
    key = keys().of_score(SAMPLE, ["source", "edited"])
    others = [
        keys().of_score(SAMPLE, ["source", "other"]),
        keys().of_score(SAMPLE, ["edited", "source"]),
        keys().of_score(changed(instruction="make it red"), ["source", "edited"]),
        keys(reward={"type": "other"}).of_score(SAMPLE, ["source", "edited"]),
        keys(reward={"score_by": "logprobs"}).of_score(SAMPLE, ["source", "edited"]),
        keys(reward={"judge_images": "edited"}).of_score(SAMPLE, ["source", "edited"]),
        keys(reward={"rubric": {"prompt": "Good?", "minimum": 0, "maximum": 1}}).of_score(
            SAMPLE, ["source", "edited"]
        ),
        keys(fingerprints={Stage.SCORE: "x"}).of_score(SAMPLE, ["source", "edited"]),
    ]
    assert len({key, *others}) == len(others) + 1


def test_a_score_does_not_depend_on_batches_editor_or_other_rubrics() -> None:
    key = keys().of_score(SAMPLE, ["source", "edited"])
    rubric = {"name": "mine", "prompt": "Good?", "minimum": 0, "maximum": 1}
    for same in (
        keys(reward={"batch_size": 8}),
        keys(reward={"rubrics": {"of another category": rubric}}),
        keys(seed=1, edit=Edit(type="other")),
    ):
        assert same.of_score(SAMPLE, ["source", "edited"]) == key


def test_keys_are_the_same_in_every_process() -> None:
    """A change here makes every row of every earlier run stale: then it needs a good reason."""
    assert keys().of_edit(SAMPLE, ["d1"]) == "b13d8b6a909524246d0e72a7b4119ecb"
    assert keys().of_score(SAMPLE, ["d1", "d2"]) == "56a5fc313cfce6d6754ca00a818335f7"


@pytest.mark.parametrize("value", [["a"], ["a", "b", "c"], None, 3])
def test_a_frame_that_names_another_number_of_digests_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        digests_of_frame(value, 2)


class Sets(EditModelConfig):
    parts: tuple[Part, ...] = (Part(),)
    blocks: frozenset[str] = frozenset(f"block{number}" for number in range(20))


def test_sets_are_in_one_order_in_every_process_and_tuples_are_looked_into() -> None:
    settings = edit_settings(Sets(type="edit"))
    assert settings["blocks"] == sorted(settings["blocks"])
    assert settings["parts"] == [{"strength": 1.0}]
