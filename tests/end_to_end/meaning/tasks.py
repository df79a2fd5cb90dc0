"""The sample set: one task of each kind, with the right result and what else could come out."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.instructions import KINDS, draw_wording
from editgauge.plugins.miniature.training.pictures import from_image, to_image
from editgauge.plugins.miniature.training.tasks import (
    VISIBLE,
    difference,
    draw_task,
    possible_edits,
)

SEED = 5
"""Of the tasks; any other would do."""

SIZES = ((96, 96), (128, 96))
"""Width and height of the sources, of two rows each: sizes that the editor leaves as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTask:
    """A sample whose right result is known.

    Attributes:
        index: its row in the dataset.
        kind: the kind of its instruction, which is its id, too.
        source: the picture to edit.
        instruction: what is asked for, in words that training never saw.
        target: the right result.
        others: results that are visibly another: of other instructions, and the untouched source.
        wrong_instruction: one that the target is not the result of.
    """

    index: int
    kind: str
    source: Picture
    instruction: str
    target: Picture
    others: tuple[Picture, ...]
    wrong_instruction: str


def known_tasks() -> list[KnownTask]:
    """Return a task of each kind, of photographs that training never saw and of new scenes."""
    return [_known_task(index) for index in range(len(KINDS))]


def _known_task(index: int) -> KnownTask:
    random = np.random.default_rng([SEED, index])
    width, height = SIZES[index // 2 % len(SIZES)]
    task = draw_task(
        random, width=width, height=height, held_out=True, kind=KINDS[index], sides=1.0
    )
    source = from_image(to_image(task.source.picture))
    others = [
        (edit, task.source.target(edit))
        for edit in possible_edits(task.source, random)
        if edit != task.edit
    ]
    others = [(edit, made) for edit, made in others if difference(made, task.target) >= VISIBLE]
    seen = [edit for edit, made in others if difference(made, source) >= VISIBLE]
    wrong = seen[int(random.integers(len(seen)))]
    return KnownTask(
        index=index,
        kind=task.edit.kind,
        source=source,
        instruction=task.instruction,
        target=task.target,
        others=(source, *(made for _, made in others)),
        wrong_instruction=draw_wording(wrong, random, held_out=True),
    )


def write_dataset(tasks: list[KnownTask], folder: Path) -> Path:
    """Write tasks as a jsonl dataset, whose ids are their kinds, and return its path."""
    rows = []
    for task in tasks:
        to_image(task.source).save(source_path(folder, task))
        row = {"id": task.kind, "image": f"{task.kind}.png", "instruction": task.instruction}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
    path = folder / "tasks.jsonl"
    path.write_text("".join(rows), encoding="utf-8")
    return path


def source_path(folder: Path, task: KnownTask) -> Path:
    """Return where `write_dataset` puts the source of a task."""
    return folder / f"{task.kind}.png"
