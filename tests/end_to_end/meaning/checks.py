"""What must hold of edits and scores; each check raises `AssertionError` where it does not.

Every number that depends on how well the miniature was trained stands here, at the top.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from editgauge import RunResult
from editgauge.core.images import load_image
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.sessions.results import Score
from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.pictures import from_image
from editgauge.plugins.miniature.training.tasks import difference
from tests.end_to_end.meaning.tasks import KnownTask

FOLLOWED = 0.9
"""Least share of edits that are nearer to their own target than to anything else."""

DISTANCE = 0.12
"""Greatest mean difference from the target: the root of the mean square, of 1."""

GUIDED = 0.01
"""Least mean difference of guided pictures from unguided ones."""

AREA = 0.9
"""Least area under the curve, right pairs against wrong ones."""

SAME_SCORE = 0.02
"""Greatest difference of a score in a batch from the same one alone."""


def pictures_of(result: RunResult) -> dict[str, Picture]:
    """Return the edited pictures of a run by id, as its rows name them."""
    pictures = {}
    for sample in result.results():
        assert sample.edit is not None
        assert sample.edit.outcome is EditOutcome.OK, sample.edit.reason
        assert sample.edit.image is not None
        pictures[sample.id] = from_image(load_image(Path(result.run_dir, sample.edit.image)))
    return pictures


def scores_of(given: Sequence[Score]) -> list[float]:
    """Return the scores that a session gave."""
    assert [score.reason for score in given if score.outcome is not ScoreOutcome.OK] == []
    return [score.score for score in given if score.score is not None]


def row_scores_of(result: RunResult) -> dict[str, float]:
    """Return the scores of a run by id, as its rows have them."""
    scores = {}
    for sample in result.results():
        assert sample.score is not None
        assert sample.score.score is not None, sample.score.reason
        scores[sample.id] = sample.score.score
    return scores


def check_instructions_are_followed(
    tasks: Sequence[KnownTask], pictures: Mapping[str, Picture]
) -> None:
    """Check that edits are what their own instruction asks for, and not another one."""
    followed, distances = [], []
    for task in tasks:
        picture = pictures[task.kind]
        assert picture.shape == task.target.shape, task.kind
        distance = difference(picture, task.target)
        distances.append(distance)
        followed.append(distance < min(difference(picture, other) for other in task.others))
    others = [task.kind for task, right in zip(tasks, followed, strict=True) if not right]
    assert fmean(followed) >= FOLLOWED, f"nearer to something else: {others}"
    assert fmean(distances) <= DISTANCE, f"far from their targets: {fmean(distances):.3f}"


def check_guidance_is_on(
    tasks: Sequence[KnownTask],
    pictures: Mapping[str, Picture],
    unguided: Mapping[str, Picture],
) -> None:
    """Check that guidance changed the pictures, and made them follow their instructions closer.

    How closely is by how much they are nearer to their own target than to the nearest other one.

    Args:
        tasks: what was asked for.
        pictures: edits that should be guided.
        unguided: the same with a strength of 1, which is none.
    """
    changed = [difference(pictures[task.kind], unguided[task.kind]) for task in tasks]
    assert fmean(changed) >= GUIDED, f"guidance changes nothing: {fmean(changed):.4f}"
    guided = fmean(_lead(task, pictures[task.kind]) for task in tasks)
    plain = fmean(_lead(task, unguided[task.kind]) for task in tasks)
    assert guided > plain, f"guidance leads away: {guided:.3f}, not {plain:.3f}"


def _lead(task: KnownTask, picture: Picture) -> float:
    nearest = min(difference(picture, other) for other in task.others)
    return nearest - difference(picture, task.target)


def check_seeds_are_those_of_rows(
    tasks: Sequence[KnownTask], pictures: Mapping[str, Picture], alone: Mapping[str, Picture]
) -> None:
    """Check that pictures are those that the seed of their row gives, whoever made them.

    Args:
        tasks: what was asked for.
        pictures: edits of a run.
        alone: the same, each with the run's seed plus the number of its row.
    """
    others = [
        task.kind for task in tasks if not np.array_equal(pictures[task.kind], alone[task.kind])
    ]
    assert others == [], f"pictures of other seeds: {others}"


def check_right_edits_score_above_wrong_ones(
    right: Sequence[float], wrong: Sequence[float]
) -> None:
    """Check the area under the curve of scores of right pairs against those of wrong ones."""
    area = fmean((good > bad) + 0.5 * (good == bad) for good in right for bad in wrong)
    assert area >= AREA, f"area under the curve: {area:.2f}"


def check_batches_change_no_score(together: Sequence[float], alone: Sequence[float]) -> None:
    """Check that a batch of unequal lengths gives what each of its requests gives alone."""
    worst = max(abs(one - other) for one, other in zip(together, alone, strict=True))
    assert worst <= SAME_SCORE, f"a score in a batch differs by {worst:.3f}"
