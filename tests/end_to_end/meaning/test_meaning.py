"""Edits are what was asked for, scores tell right from wrong, and no silent fault would pass.

A run of the trained miniature on tasks whose right results are known, then the same with faults
that leave every file, row and outcome in good order: only who looks at the pictures can tell. Each
fault has rows of its own in one run, or calls of its own in one session, and the checks that the
honest run passes must fail there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge import EditRequest, RunResult, ScoreSession
from editgauge.config_schemas.miniature import MiniatureQwenEditConfig
from editgauge.core.images import load_image
from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.pictures import from_image
from tests.end_to_end.meaning import parent_faults
from tests.end_to_end.meaning.checks import (
    check_batches_change_no_score,
    check_guidance_is_on,
    check_instructions_are_followed,
    check_right_edits_score_above_wrong_ones,
    check_seeds_are_those_of_rows,
    pictures_of,
    row_scores_of,
    scores_of,
)
from tests.end_to_end.meaning.tasks import (
    KnownTask,
    known_tasks,
    source_path,
    write_dataset,
)
from tests.plugins.qwen_models import load_editor, no_steps

pytestmark = pytest.mark.models

SEED = 42
SCORE_BY = "logprobs"
BATCH = 4
BROKEN = Path(__file__).parent / "broken_miniature"

# Rows of the planted run; the first one is left out of it, so that no row is done at its number.
SHIFTED = (1, 2)
EXCHANGED = (4, 5)
UNGUIDED = (6, 7)
SOURCES = (8, 10)
OUT_OF_ORDER = (11, 12)
WHOLE = (3, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Edits of some rows made one by one in this process.

    Attributes:
        alone: with the seed of their row.
        unguided: the same without guidance.
    """

    alone: dict[str, Picture]
    unguided: dict[str, Picture]


@pytest.fixture(scope="module")
def tasks() -> list[KnownTask]:
    return known_tasks()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tasks: list[KnownTask]) -> Path:
    folder = tmp_path_factory.mktemp("meaning")
    write_dataset(tasks, folder)
    return folder


def config_of(folder: Path, edit: dict[str, Any], **dataset: Any) -> dict[str, Any]:
    """Return the config of a run of two editors on the tasks."""
    return {
        "dataset": {"type": "jsonl", "path": str(folder / "tasks.jsonl"), **dataset},
        "seed": SEED,
        "edit": {**edit, "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2}},
        "runs_dir": str(folder / "runs"),
        "progress": "none",
    }


def judge_config(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "score_by": SCORE_BY,
        "batch_size": BATCH,
        "workers": {"devices": ["cpu"]},
    }


@pytest.fixture(scope="module")
def honest(folder: Path) -> RunResult:
    """A run as anybody would do it."""
    config = config_of(folder, {"type": "miniature-qwen-edit"})
    result = editgauge.run(config | {"reward": judge_config("miniature-qwen3-vl")}, reporters=[])
    assert result.exit_code == 0, result.reason
    return result


@pytest.fixture(scope="module")
def pictures(honest: RunResult) -> dict[str, Picture]:
    return pictures_of(honest)


@pytest.fixture(scope="module")
def planted(folder: Path, tasks: list[KnownTask]) -> dict[str, Picture]:
    """Return what a run edits in which each row has one of the faults."""
    faults = {tasks[row].kind: "unguided" for row in UNGUIDED}
    faults |= {tasks[row].kind: "source" for row in SOURCES}
    ids = [task.kind for task in tasks[1:]]
    config = config_of(folder, {"type": "broken-qwen-edit", "faults": faults}, ids=ids)
    with pytest.MonkeyPatch.context() as patch:
        parent_faults.shift_instructions(patch, tasks, SHIFTED)
        parent_faults.exchange_rows(patch, tasks, EXCHANGED)
        parent_faults.count_seeds_in_the_order_of_work(patch, OUT_OF_ORDER)
        result = editgauge.run(config, reporters=[], plugins=[BROKEN])
    # Nothing but the pictures tells.
    assert result.exit_code == 0, result.reason
    return pictures_of(result)


@pytest.fixture(scope="module")
def reference(folder: Path, tasks: list[KnownTask]) -> Reference:
    """Edit the rows whose seed or guidance is looked at, one by one, without a worker."""
    defaults = MiniatureQwenEditConfig(type="miniature-qwen-edit")
    options: dict[str, Any] = {"steps": defaults.steps, "pixels": defaults.pixels}

    def edits(rows: Sequence[int], **more: Any) -> dict[str, Picture]:
        model = load_editor(**options, **more)
        made = {}
        for task in (tasks[row] for row in rows):
            request = EditRequest(
                id=task.kind,
                index=task.index,
                images=(load_image(source_path(folder, task)),),
                instruction=task.instruction,
                seed=SEED + task.index,
            )
            made[task.kind] = from_image(model.edit(request, no_steps).convert("RGB"))
        return made

    return Reference(alone=edits(OUT_OF_ORDER), unguided=edits(UNGUIDED, true_cfg_scale=1.0))


def some(tasks: list[KnownTask], rows: Sequence[int]) -> list[KnownTask]:
    return [tasks[row] for row in rows]


def test_edits_are_what_their_instructions_ask_for(
    tasks: list[KnownTask], pictures: dict[str, Picture]
) -> None:
    check_instructions_are_followed(tasks, pictures)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(SHIFTED, id="instructions of the row below"),
        pytest.param(EXCHANGED, id="results in each other's rows"),
        pytest.param(SOURCES, id="sources in place of failed edits"),
    ],
)
def test_edits_of_something_else_are_noticed(
    tasks: list[KnownTask], planted: dict[str, Picture], rows: Sequence[int]
) -> None:
    with pytest.raises(AssertionError, match="nearer to something else"):
        check_instructions_are_followed(some(tasks, rows), planted)


def test_guidance_is_on(
    tasks: list[KnownTask], pictures: dict[str, Picture], reference: Reference
) -> None:
    check_guidance_is_on(some(tasks, UNGUIDED), pictures, reference.unguided)


def test_guidance_that_is_silently_off_is_noticed(
    tasks: list[KnownTask], planted: dict[str, Picture], reference: Reference
) -> None:
    with pytest.raises(AssertionError, match="guidance changes nothing"):
        check_guidance_is_on(some(tasks, UNGUIDED), planted, reference.unguided)


def test_seeds_are_those_of_rows(
    tasks: list[KnownTask], pictures: dict[str, Picture], reference: Reference
) -> None:
    check_seeds_are_those_of_rows(some(tasks, OUT_OF_ORDER), pictures, reference.alone)


def test_pictures_do_not_depend_on_which_rows_are_selected(
    tasks: list[KnownTask], pictures: dict[str, Picture], planted: dict[str, Picture]
) -> None:
    check_seeds_are_those_of_rows(some(tasks, WHOLE), planted, pictures)


def test_seeds_of_the_order_of_work_are_noticed(
    tasks: list[KnownTask], planted: dict[str, Picture], reference: Reference
) -> None:
    with pytest.raises(AssertionError, match="pictures of other seeds"):
        check_seeds_are_those_of_rows(some(tasks, OUT_OF_ORDER), planted, reference.alone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a judge says of the honest run's edits.

    Attributes:
        right: scores by their own instructions.
        wrong: scores by other instructions.
    """

    right: list[float]
    wrong: list[float]


Judge = Callable[[str], Judged]
"""Judges all edits, right and wrong pairs, in batches; takes the fault's name, if any."""


@pytest.fixture(scope="module")
def session() -> Iterator[ScoreSession]:
    """A judge with faults, which does as the real one does where none is asked for."""
    config = judge_config("broken-qwen3-vl")
    with editgauge.open_reward_model(config, plugins=[BROKEN]) as session:
        yield session


@pytest.fixture(scope="module")
def pairs(folder: Path, tasks: list[KnownTask], honest: RunResult) -> tuple[list[Path], list[Path]]:
    """Return the files of sources and edited images."""
    edits = [sample.edit for sample in honest.results()]
    images = [Path(honest.run_dir, edit.image) for edit in edits if edit and edit.image]
    return [source_path(folder, task) for task in tasks], images


@pytest.fixture(scope="module")
def judge(
    session: ScoreSession, tasks: list[KnownTask], pairs: tuple[list[Path], list[Path]]
) -> Judge:
    def judged(fault: str) -> Judged:
        right = session.score(*pairs, [task.instruction for task in tasks], ids=fault)
        wrong = session.score(*pairs, [task.wrong_instruction for task in tasks], ids=fault)
        return Judged(right=scores_of(right), wrong=scores_of(wrong))

    return judged


@pytest.fixture(scope="module")
def judged(judge: Judge) -> Judged:
    return judge("whole")


@pytest.fixture(scope="module")
def alone(
    session: ScoreSession, tasks: list[KnownTask], pairs: tuple[list[Path], list[Path]]
) -> list[float]:
    """Return the scores of right pairs, each asked for by itself."""
    return [
        score
        for source, edited, task in zip(*pairs, tasks, strict=True)
        for score in scores_of(session.score(source, edited, task.instruction))
    ]


def test_right_edits_score_above_wrong_ones(judged: Judged) -> None:
    check_right_edits_score_above_wrong_ones(judged.right, judged.wrong)


def test_source_and_edited_image_exchanged_for_the_judge_are_noticed(judge: Judge) -> None:
    swapped = judge("swapped")
    with pytest.raises(AssertionError, match="area under the curve"):
        check_right_edits_score_above_wrong_ones(swapped.right, swapped.wrong)


def test_batches_change_no_score(judged: Judged, alone: list[float]) -> None:
    check_batches_change_no_score(judged.right, alone)


def test_rows_filled_up_at_the_wrong_end_are_noticed(judge: Judge, alone: list[float]) -> None:
    with pytest.raises(AssertionError, match="a score in a batch differs"):
        check_batches_change_no_score(judge("padded").right, alone)


def test_rows_have_the_scores_of_their_own_edits(
    tasks: list[KnownTask], honest: RunResult, alone: list[float]
) -> None:
    scores = row_scores_of(honest)
    check_batches_change_no_score([scores[task.kind] for task in tasks], alone)
