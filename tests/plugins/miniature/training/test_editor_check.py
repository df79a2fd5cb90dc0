from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.training.autoencoder import as_tensor  # noqa: E402 - after the check
from editgauge.plugins.miniature.training.editor_check import (  # noqa: E402
    EditorFigures,
    check_autoencoder,
    decode_like_pipeline,
    held_out_task,
    lead,
)
from editgauge.plugins.miniature.training.edits import Picture  # noqa: E402
from editgauge.plugins.miniature.training.instructions import (  # noqa: E402
    KINDS,
    WORDINGS,
    Edit,
    say,
)
from editgauge.plugins.miniature.training.tasks import VISIBLE, Task, difference  # noqa: E402

pytestmark = pytest.mark.models

SIZE = (64, 64)


def task_of(kind: str, number: int = 0) -> Task:
    return held_out_task(KINDS.index(kind), number, size=SIZE)


def lead_of(task: Task, picture: Picture) -> float:
    return lead(task, picture, np.random.default_rng(0))


def nearest(task: Task, picture: Picture) -> bool:
    return lead_of(task, picture) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_right_result_is_nearest_also_with_some_noise(kind: str) -> None:
    for number in range(3):
        task = task_of(kind, number)
        assert nearest(task, task.target)
        noise = np.random.default_rng(1).normal(0, 0.02, task.target.shape).astype(np.float32)
        assert nearest(task, task.target + noise)


@pytest.mark.parametrize("kind", KINDS)
def test_result_of_another_instruction_is_not_nearest(kind: str) -> None:
    task = task_of(kind)
    for other in ("invert", "rotate", "night"):
        if other != kind:
            assert not nearest(task, task.source.target(Edit(kind=other)))


@pytest.mark.parametrize("kind", ["invert", "tint", "darker", "rotate", "night", "fog"])
def test_source_as_it_is_is_not_nearest_to_a_target_far_away(kind: str) -> None:
    for number in range(3):
        task = task_of(kind, number)
        assert not nearest(task, task.source.picture)


@pytest.mark.parametrize("kind", KINDS)
def test_lead_is_the_distance_to_the_nearest_other_less_that_to_the_target(kind: str) -> None:
    task = task_of(kind)
    whole = difference(task.source.picture, task.target)
    assert VISIBLE <= lead_of(task, task.target) <= whole
    assert lead_of(task, task.source.picture) == -whole


def test_tasks_of_the_check_are_always_the_same_and_in_unseen_words() -> None:
    for kind in KINDS:
        task, again = task_of(kind, 1), task_of(kind, 1)
        assert (task.edit, task.instruction) == (again.edit, again.instruction)
        assert np.array_equal(task.target, again.target)
        assert task.edit.kind == kind
        assert task.instruction in {
            say(task.edit, wording, language)
            for language, wordings in WORDINGS[kind].items()
            for wording in wordings.held_out
        }


def test_autoencoder_is_measured_from_its_folder(autoencoder: Any, tmp_path: Path) -> None:
    autoencoder.save_pretrained(tmp_path)
    decibels = check_autoencoder(tmp_path, pictures=2)
    assert 0 < decibels < 20
    assert check_autoencoder(tmp_path, pictures=2) == decibels


def test_pictures_come_back_in_their_size(autoencoder: Any) -> None:
    pictures = as_tensor([task_of("fog").target, task_of("snow").target])
    with torch.no_grad():
        back = decode_like_pipeline(autoencoder, pictures)
    assert back.shape == pictures.shape
    assert -1 <= back.min() < back.max() <= 1


def test_mean_of_the_figures_is_over_kinds() -> None:
    figures = EditorFigures(nearest={"fog": 1.0, "snow": 0.5}, lead=0.1, left=0.2, edits=99)
    assert figures.mean == 0.75
