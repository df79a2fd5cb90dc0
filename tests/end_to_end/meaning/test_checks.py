"""The checks by themselves: a model that does everything right passes them, one of noise does not.

Without a model, so that a check that cannot pass, or cannot fail, is told from a bad model.
"""

import numpy as np
import pytest

from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.instructions import KINDS
from tests.end_to_end.meaning.checks import (
    GUIDED,
    check_batches_change_no_score,
    check_guidance_is_on,
    check_instructions_are_followed,
    check_right_edits_score_above_wrong_ones,
    check_seeds_are_those_of_rows,
)
from tests.end_to_end.meaning.tasks import KnownTask, known_tasks


@pytest.fixture(scope="module")
def tasks() -> list[KnownTask]:
    return known_tasks()


@pytest.fixture(scope="module")
def nearly_right(tasks: list[KnownTask]) -> dict[str, Picture]:
    """Return the targets with a little noise, as a small model gives them."""
    random = np.random.default_rng(1)
    return {
        task.kind: (task.target + random.normal(0, 0.02, task.target.shape)).astype(np.float32)
        for task in tasks
    }


def test_there_is_a_task_of_each_kind_with_something_else_to_take_it_for(
    tasks: list[KnownTask],
) -> None:
    assert [task.kind for task in tasks] == list(KINDS)
    assert [task.index for task in tasks] == list(range(len(KINDS)))
    assert min(len(task.others) for task in tasks) >= 8
    assert all(task.wrong_instruction != task.instruction for task in tasks)


def test_right_edits_pass(tasks: list[KnownTask], nearly_right: dict[str, Picture]) -> None:
    check_instructions_are_followed(tasks, nearly_right)
    check_seeds_are_those_of_rows(tasks, nearly_right, dict(nearly_right))


@pytest.mark.parametrize("index", range(len(KINDS)))
def test_each_edit_of_something_else_fails(tasks: list[KnownTask], index: int) -> None:
    task = tasks[index]
    for other in task.others:
        with pytest.raises(AssertionError, match="nearer to something else"):
            check_instructions_are_followed([task], {task.kind: other})


def test_right_edits_that_are_faint_fail(tasks: list[KnownTask]) -> None:
    washed = {task.kind: 0.5 + 0.3 * (task.target - 0.5) for task in tasks}
    with pytest.raises(AssertionError):
        check_instructions_are_followed(tasks, washed)


def test_guidance_must_change_pictures_and_not_lead_away(
    tasks: list[KnownTask], nearly_right: dict[str, Picture]
) -> None:
    blurred = {kind: picture + np.float32(2 * GUIDED) for kind, picture in nearly_right.items()}
    check_guidance_is_on(tasks, nearly_right, blurred)
    with pytest.raises(AssertionError, match="guidance changes nothing"):
        check_guidance_is_on(tasks, nearly_right, nearly_right)
    with pytest.raises(AssertionError, match="guidance leads away"):
        check_guidance_is_on(tasks, blurred, nearly_right)


def test_scores_must_tell_right_from_wrong_and_be_the_same_in_a_batch() -> None:
    check_right_edits_score_above_wrong_ones([9.0, 8.0, 7.5], [2.0, 7.0, 1.0])
    with pytest.raises(AssertionError, match=r"area under the curve: 0\.50"):
        check_right_edits_score_above_wrong_ones([5.0, 5.0], [5.0, 5.0])
    check_batches_change_no_score([1.0, 2.0], [1.0, 2.001])
    with pytest.raises(AssertionError, match="a score in a batch differs"):
        check_batches_change_no_score([1.0, 2.0], [2.0, 1.0])
