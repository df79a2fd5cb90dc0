"""The training loop of every stage: seeded, shown, and gone on with where it was stopped."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

SAVE_EVERY = 60.0
"""Seconds between two saved states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a stage learns.

    Attributes:
        name: shown beside the bar, and the name of the saved state.
        steps: how many batches.
        rate: the greatest learning rate, of AdamW.
        warm_up: batches until the learning rate is reached.
        clip: greatest norm of a gradient.
        matrix_rate: the greatest learning rate of the weight matrices given to Muon.
        hold: until which batch the learning rate stays at its greatest; default: `warm_up`. From
            there it falls to zero as a half of a cosine wave does.
    """

    name: str
    steps: int
    rate: float
    warm_up: int = 100
    clip: float = 1.0
    matrix_rate: float = 0.02
    hold: int = 0

    def share(self, step: int) -> float:
        """Return the part of the greatest learning rate for a batch, counted from 0."""
        if step < self.warm_up:
            return (step + 1) / self.warm_up
        since = max(self.warm_up, self.hold)
        done = max(0, step - since) / max(1, self.steps - since)
        return 0.5 * (1 + math.cos(math.pi * done))


def train(
    course: Course,
    model: nn.Module,
    loss_of: Callable[[int], torch.Tensor],
    *,
    folder: Path,
    matrices: Sequence[nn.Parameter] = (),
    gentle: Sequence[nn.Parameter] = (),
    facts: Callable[[], Mapping[str, float]] | None = None,
) -> None:
    """Train a model, or go on where an earlier call with the same folder was stopped.

    Args:
        course: how it learns.
        model: what learns, on its device.
        loss_of: the loss of a batch, counted from 0; draws its pictures from the number alone, so
            that a resumed training sees what an undisturbed one sees.
        folder: where the state is saved.
        matrices: parameters that Muon trains; AdamW trains the others.
        gentle: parameters that AdamW trains at a fifth of its rate.
        facts: figures to show beside the bar, asked for now and then.
    """
    state_file = folder / f"{course.name}.state.pt"
    special = {id(weight) for weight in (*matrices, *gentle)}
    others = [weight for weight in model.parameters() if weight.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [weight for weight in others if id(weight) not in special]}
    ]
    if gentle:
        groups.append({"params": list(gentle), "lr": course.rate / 5})
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=course.rate, betas=(0.9, 0.98), weight_decay=0.0)
    ]
    if matrices:
        optimizers.append(torch.optim.Muon(list(matrices), lr=course.matrix_rate, weight_decay=0.0))
    greatest = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    start = 0
    if state_file.exists():
        saved = torch.load(state_file, weights_only=True)
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        start = int(saved["step"])

    def save(step: int) -> None:
        beside = state_file.with_suffix(".new")
        torch.save(
            {
                "model": model.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                "step": step,
            },
            beside,
        )
        beside.replace(state_file)

    model.train()
    mean = math.nan
    last_save = time.monotonic()
    with tqdm(total=course.steps, initial=start, desc=course.name, mininterval=1.0) as bar:
        for step in range(start, course.steps):
            everything = [group for optimizer in optimizers for group in optimizer.param_groups]
            for group, rate in zip(everything, greatest, strict=True):
                group["lr"] = rate * course.share(step)
            loss = loss_of(step)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), course.clip)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            value = loss.item()
            mean = value if math.isnan(mean) else 0.98 * mean + 0.02 * value
            bar.update()
            if step % 20 == 0:
                bar.set_postfix({"loss": f"{mean:.4f}"} | _shown(facts))
            if time.monotonic() - last_save > SAVE_EVERY:
                save(step + 1)
                last_save = time.monotonic()
    save(course.steps)
    model.eval()


def _shown(facts: Callable[[], Mapping[str, float]] | None) -> dict[str, str]:
    return {name: f"{value:.3f}" for name, value in facts().items()} if facts else {}
