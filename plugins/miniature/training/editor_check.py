"""Measures the miniature editor on pictures and wordings that it was not trained on."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from editgauge.config_schemas.miniature import MiniatureQwenEditConfig
from editgauge.core.models import EditRequest
from editgauge.plugins.miniature.model import MiniatureQwenImageEdit
from editgauge.plugins.miniature.training.autoencoder import (
    as_pictures,
    as_tensor,
    load_autoencoder,
)
from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.instructions import KINDS
from editgauge.plugins.miniature.training.pictures import from_image, to_image
from editgauge.plugins.miniature.training.tasks import (
    VISIBLE,
    Task,
    difference,
    draw_task,
    possible_edits,
)

SEED = 5

STEPS = 10

PIXELS = 108 * 108
"""Sizes come out as multiples of 32: 96 x 96, 128 x 96 or 96 x 128, as in training."""

_SIZES = ((96, 96), (128, 96), (96, 128))


_editor = MiniatureQwenImageEdit()
"""Of this process, for a check is made by several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorFigures:
    """How good an editor is.

    Attributes:
        nearest: for each kind, the share of edits that are nearer to the target of their own
            instruction than to that of any other possible one on their picture, and than to the
            picture itself.
        lead: mean over edits of their `lead`.
        left: mean over edits of what is left of the way from source to target: 0 for the target
            itself, 1 for as far away as the source.
        edits: how many edits were made.
    """

    nearest: dict[str, float]
    lead: float
    left: float
    edits: int

    @property
    def mean(self) -> float:
        """The mean of `nearest` over the kinds."""
        return sum(self.nearest.values()) / len(self.nearest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    kind: str
    lead: float
    left: float


def check_editor(
    folder: Path,
    *,
    of_each: int = 16,
    kinds: Sequence[str] = KINDS,
    sides: float = 1.0,
    scale: float | None = None,
    processes: int = 2,
) -> EditorFigures:
    """Return how good the editor in a folder is, with unseen photographs, scenes and wordings.

    Args:
        folder: the editor's checkpoint.
        of_each: edits of each kind.
        kinds: which kinds.
        sides: how often the side of an object is said where its shape would do, too.
        scale: `true_cfg_scale`; default: that of `miniature-qwen-edit`.
        processes: how many work at the same time, with one thread each.
    """
    tasks = [(KINDS.index(kind), number) for number in range(of_each) for kind in kinds]
    name = "editor" if scale is None else f"editor, guidance {scale:g}"
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_load_editor,
        initargs=(folder, scale),
    ) as pool:
        edits = pool.map(partial(_measure, sides=sides), *zip(*tasks, strict=True))
        measured = list(tqdm(edits, desc=name, total=len(tasks), unit="edit", leave=False))
    return EditorFigures(
        nearest={
            kind: float(np.mean([one.lead > 0 for one in measured if one.kind == kind]))
            for kind in kinds
        },
        lead=float(np.mean([one.lead for one in measured])),
        left=float(np.mean([one.left for one in measured])),
        edits=len(measured),
    )


def check_autoencoder(folder: Path, *, pictures: int = 100) -> float:
    """Return how well an autoencoder gives unseen pictures back: their mean PSNR in dB.

    PSNR is 10 log10(1 / mean squared error), for values from 0 to 1.

    Args:
        folder: the autoencoder's checkpoint.
        pictures: how many sources and targets, half of each.
    """
    autoencoder = load_autoencoder(folder)
    ratios = []
    for number in range(pictures):
        task = held_out_task(number % len(KINDS), number, size=_SIZES[number % len(_SIZES)])
        picture = task.target if number % 2 else task.source.picture
        with torch.no_grad():
            tensor = as_tensor([picture])
            back = as_pictures(decode_like_pipeline(autoencoder, tensor))[0]
        ratios.append(-20 * np.log10(max(difference(picture, back), 1e-6)))
    return float(np.mean(ratios))


def decode_like_pipeline(autoencoder: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Return pictures as they come back from an autoencoder, used as a pipeline uses it."""
    latents = autoencoder.encode(pictures.unsqueeze(2)).latent_dist.mode()
    restored: torch.Tensor = autoencoder.decode(latents).sample[:, :, 0]
    return restored


def held_out_task(kind: int, number: int, *, size: tuple[int, int], sides: float = 1.0) -> Task:
    """Return a task of the check.

    Args:
        kind: number of the kind in `KINDS`.
        number: of the task.
        size: width and height in pixels.
        sides: how often the side of an object is said where its shape would do, too.
    """
    random = np.random.default_rng([SEED, kind, number])
    width, height = size
    return draw_task(
        random, width=width, height=height, held_out=True, kind=KINDS[kind], sides=sides
    )


def lead(task: Task, picture: Picture, random: np.random.Generator) -> float:
    """Return how much nearer a picture is to a task's own target than to the source and all others.

    Args:
        task: what was asked for.
        picture: what came out.
        random: draws in which colour, and by which name, each object could be asked for.

    Returns:
        The distance to the nearest other less that to the own target, each as `difference` gives
        it; above 0 if the own target is the nearest. Targets that look like the own one (a grey
        picture made grey, and left as it is) are no others.
    """
    others = [task.source.target(edit) for edit in possible_edits(task.source, random)]
    distances = [
        difference(picture, other) for other in others if difference(other, task.target) >= VISIBLE
    ]
    nearest = min([difference(picture, task.source.picture), *distances])
    return nearest - difference(picture, task.target)


def _load_editor(folder: Path, scale: float | None) -> None:
    """Load the editor of this process, which `_measure` uses."""
    torch.set_num_threads(1)
    options: dict[str, Any] = {} if scale is None else {"true_cfg_scale": scale}
    config: Any = MiniatureQwenEditConfig(
        steps=STEPS, pixels=PIXELS, type="miniature-qwen-edit", model=str(folder), **options
    )
    _editor.load(config, "cpu")


def _measure(kind: int, number: int, *, sides: float) -> _Measured:
    task = held_out_task(kind, number, size=_SIZES[number % len(_SIZES)], sides=sides)
    source = to_image(task.source.picture)
    request = EditRequest(
        id="", index=number, images=(source,), instruction=task.instruction, seed=number
    )
    edited = _editor.edit(request, lambda *_step: None)
    picture = from_image(edited.convert("RGB"))
    whole = difference(task.source.picture, task.target)
    random = np.random.default_rng([SEED, kind, number, 1])
    return _Measured(
        kind=KINDS[kind],
        lead=lead(task, picture, random),
        left=difference(picture, task.target) / whole,
    )
