"""The miniature editor: a `QwenImageEditPipeline` of real classes, trained by flow matching."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    QwenImageEditPipeline,
    QwenImageTransformer2DModel,
)
from torch import nn
from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

from editgauge.plugins.miniature.build_qwen_edit import build_scheduler
from editgauge.plugins.miniature.training.autoencoder import (
    CHANNELS,
    as_tensor,
    encode,
    load_autoencoder,
)
from editgauge.plugins.miniature.training.editor_start import fit_output, start_as_copy
from editgauge.plugins.miniature.training.image_convolutions import image_convolutions
from editgauge.plugins.miniature.training.instructions import KINDS, REWORDED, every_instruction
from editgauge.plugins.miniature.training.loop import Course, train
from editgauge.plugins.miniature.training.tasks import draw_task
from editgauge.plugins.miniature.training.text_encoder import (
    WIDTH,
    Texts,
    build_text_encoder,
    train_text_encoder,
)
from editgauge.plugins.miniature.training.tokenizer import train_tokenizer

SEED = 12

GLANCE = 28
"""Edge of the thumbnail that the text encoder is given: one token."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the course.

    Attributes:
        until: the step that it ends before.
        batch: tasks in a step.
        sizes: width and height of its pictures in pixels; each as often as the others.
    """

    until: int
    batch: int
    sizes: tuple[tuple[int, int], ...]


PHASES = (
    Phase(4000, 24, ((32, 32), (48, 32), (32, 48))),
    Phase(7000, 24, ((64, 64), (128, 64), (64, 128))),
    Phase(11_600, 16, ((96, 96), (128, 96), (96, 128))),
)
"""Small pictures teach most of it in a fraction of the time. Where something is in a long one is
best learnt early: mirroring needs it."""

DETAILS_FROM = 4000
"""From this step on, tasks that change little of a picture count as much as the others, and those
that name an object come more often. Before, the large changes are learnt, which then are not
forgotten; on the smallest pictures, objects are hardly to be seen."""

SIDES = 0.9
"""How often the side of an object is said where its shape would do, too."""

COURSE = Course(name="editor", steps=PHASES[-1].until, rate=1.5e-3, warm_up=100, hold=3000)

UNCONDITIONAL = 0.1
"""How often the instruction is the empty one that guidance compares with."""

EMPTY_INSTRUCTION = " "
"""What the edit models give as the negative prompt unless told otherwise."""

_LEAST_CHANGE = 0.1
"""What is added to a change, so that errors of the smallest do not count above all else."""

_BATCHES_OF_CHAPTER = 4
"""Batches whose tasks are drawn and encoded at once ..."""

_STEPS_OF_CHAPTER = 3 * _BATCHES_OF_CHAPTER
"""... and used three times each, with other noise."""

_HARDER = {"flip": 2.0, "rotate": 2.0, "recolour": 3.0, "remove": 2.0}
_HARDEST = {"flip": 4.0, "rotate": 4.0, "recolour": 5.0, "remove": 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Tasks of one size, as latents.

    Attributes:
        sources: packed latents, shape (number, tokens, 4 * channels).
        targets: the same of the right results.
        instructions: what is asked for.
        size: width and height of the pictures in pixels.
    """

    sources: torch.Tensor
    targets: torch.Tensor
    instructions: list[str]
    size: tuple[int, int]

    def part(self, chosen: list[int]) -> "Lesson":
        """Return some of the tasks."""
        return Lesson(
            sources=self.sources[chosen],
            targets=self.targets[chosen],
            instructions=[self.instructions[i] for i in chosen],
            size=self.size,
        )


def build_pipeline(autoencoder: Any) -> Any:
    """Return the pipeline with a trained autoencoder, and random weights elsewhere."""
    tokenizer = train_tokenizer([*[_template()] * 200, *every_instruction()], size=700)
    return QwenImageEditPipeline(
        scheduler=build_scheduler(),
        vae=autoencoder,
        text_encoder=build_text_encoder(tokenizer),
        tokenizer=tokenizer,
        processor=Qwen2VLProcessor(
            image_processor=Qwen2VLImageProcessor(
                size={"shortest_edge": GLANCE**2, "longest_edge": GLANCE**2}
            ),
            tokenizer=tokenizer,
            video_processor=Qwen2VLVideoProcessor(),
        ),
        transformer=QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=4 * CHANNELS,
            out_channels=CHANNELS,
            num_layers=3,
            attention_head_dim=32,
            num_attention_heads=5,
            joint_attention_dim=WIDTH,
            axes_dims_rope=(8, 12, 12),
        ),
    )


class EditorTraining(nn.Module):  # type: ignore[misc] # torch is Any here
    """The transformer of a pipeline, with the loss that it learns by."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__()
        self.transformer = pipeline.transformer
        self._texts = Texts(pipeline)

    def gentle(self) -> list[nn.Parameter]:
        """Return what carries the start: the first and last layers, and all modulation."""
        return [
            weight
            for name, weight in self.transformer.named_parameters()
            if name.startswith(("img_in.", "norm_out.", "proj_out.", "time_text_embed."))
            or "_mod." in name
        ]

    def loss(self, lesson: Lesson, random: torch.Generator, *, even: bool = False) -> torch.Tensor:
        """Return the mean squared error of the results that the predicted velocities lead to.

        That is flow matching, weighted by the square of the part of noise: what counts is the
        picture in the end, not how well noise is told from it when there is hardly any left.

        Args:
            lesson: the tasks.
            random: where chance comes from.
            even: divide each task's error by how much is to be changed.
        """
        target = lesson.targets
        number = len(target)
        silent = torch.rand(number, generator=random) < UNCONDITIONAL
        texts = [
            EMPTY_INSTRUCTION if quiet else text
            for text, quiet in zip(lesson.instructions, silent.tolist(), strict=True)
        ]
        sigma = torch.sigmoid(1.2 * torch.randn(number, generator=random) + 0.8)
        noise = torch.randn(target.shape, generator=random).to(target)
        amount = sigma.to(target)[:, None, None]
        noisy = (1 - amount) * target + amount * noise
        velocity = self.velocity(noisy, lesson.sources, texts, sigma.to(target), lesson.size)
        errors = (amount * (velocity - (noise - target))).square().mean(dim=(1, 2))
        if even:
            change = (target - lesson.sources).square().mean(dim=(1, 2))
            errors = errors / (change + _LEAST_CHANGE)
        return errors.mean()

    def velocity(
        self,
        noisy: torch.Tensor,
        source: torch.Tensor,
        texts: Sequence[str],
        sigma: torch.Tensor,
        size: tuple[int, int],
    ) -> torch.Tensor:
        """Return what the transformer predicts, asked as the pipeline asks it.

        Args:
            noisy: packed latents, shape (number, tokens, 4 * channels).
            source: packed latents of the sources, of the same shape.
            texts: the instructions.
            sigma: parts of noise, shape (number,).
            size: width and height of the pictures in pixels.
        """
        embeddings, mask = self._texts.embed(texts, str(noisy.device))
        shape = (1, size[1] // 8, size[0] // 8)
        predicted: torch.Tensor = self.transformer(
            hidden_states=torch.cat([noisy, source], dim=1),
            timestep=sigma,
            encoder_hidden_states=embeddings,
            encoder_hidden_states_mask=mask,
            img_shapes=[[shape, shape]] * len(texts),
            return_dict=False,
        )[0]
        return predicted[:, : noisy.shape[1]].float()


class Lessons:
    """The batches, each drawn from its number alone; every task is used a few times."""

    def __init__(self, autoencoder: Any, device: str) -> None:
        self._autoencoder = autoencoder
        self._device = device
        self._number = -1
        self._chapter: Lesson | None = None

    def lesson(self, step: int) -> Lesson:
        """Return the batch of a step."""
        number, within = divmod(step, _STEPS_OF_CHAPTER)
        if self._chapter is None or number != self._number:
            self._chapter = self._draw_chapter(number)
            self._number = number
        turn, place = divmod(within, _BATCHES_OF_CHAPTER)
        whole = len(self._chapter.instructions)
        order = np.random.default_rng([SEED, number, turn, whole]).permutation(whole)
        return self._chapter.part(np.split(order, _BATCHES_OF_CHAPTER)[place].tolist())

    def _draw_chapter(self, number: int) -> Lesson:
        first = number * _STEPS_OF_CHAPTER
        phase = phase_of(first)
        width, height = phase.sizes[number % len(phase.sizes)]
        odds = odds_of(first)
        tasks = []
        for i in range(_BATCHES_OF_CHAPTER * phase.batch):
            random = np.random.default_rng([SEED, number, i])
            kind = str(random.choice(KINDS, p=odds))
            tasks.append(
                draw_task(
                    random, width=width, height=height, kind=kind, sides=SIDES, reworded=REWORDED
                )
            )
        with torch.no_grad():
            sources, targets = (
                torch.cat(
                    [
                        pack(encode(self._autoencoder, part.to(self._device))).float()
                        for part in as_tensor(pictures).split(phase.batch)
                    ]
                )
                for pictures in (
                    [task.source.picture for task in tasks],
                    [task.target for task in tasks],
                )
            )
        return Lesson(
            sources=sources,
            targets=targets,
            instructions=[task.instruction for task in tasks],
            size=(width, height),
        )


def phase_of(step: int) -> Phase:
    """Return the phase that a step is in, counted from 0."""
    return next(phase for phase in PHASES if step < phase.until)


def odds_of(step: int) -> list[float]:
    """Return how often a task of a step is of each kind, in the order of `KINDS`."""
    harder = _HARDEST if step >= DETAILS_FROM else _HARDER
    weights = [harder.get(kind, 1.0) for kind in KINDS]
    return [weight / sum(weights) for weight in weights]


def train_editor(folder: Path, work: Path, device: str, *, autoencoder: Path) -> None:
    """Train the editor and save the pipeline in half precision.

    Args:
        folder: where the checkpoint is saved.
        work: where states are kept.
        device: what it is trained on.
        autoencoder: folder of the trained autoencoder.
    """
    torch.manual_seed(SEED)
    pipeline = build_pipeline(load_autoencoder(autoencoder))
    train_text_encoder(pipeline, work)
    start_as_copy(pipeline.transformer)
    fit_output(pipeline.transformer, torch.linspace(0.01, 1.0, 2000))
    pipeline.to(device)
    training = EditorTraining(pipeline).to(device)
    lessons = Lessons(pipeline.vae, device)

    def loss_of(step: int) -> torch.Tensor:
        random = torch.Generator().manual_seed(SEED * 10_000_000 + step)
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            return training.loss(lessons.lesson(step), random, even=step >= DETAILS_FROM)

    with image_convolutions():
        train(COURSE, training, loss_of, folder=work, gentle=training.gentle())
    pipeline.to("cpu", torch.float16).save_pretrained(folder, safe_serialization=True)


def pack(latents: torch.Tensor) -> torch.Tensor:
    """Return latents as tokens of 2 x 2, as the pipeline packs them.

    Args:
        latents: shape (number, channels, height, width).

    Returns:
        Shape (number, height / 2 * width / 2, 4 * channels).
    """
    number, channels, height, width = latents.shape
    blocks = latents.view(number, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(number, -1, channels * 4)


def _template() -> str:
    """Return the pipeline's own prompt around an instruction."""
    bare: Any = QwenImageEditPipeline(None, None, None, None, None, None)
    template: str = bare.prompt_template_encode
    return template
