"""Trains the miniature judge: the real class of Qwen3-VL, small enough for a repository.

It first learns to say what was done to a picture, then to compare that with an instruction, and
last to do so where the prompt says how to answer, as a rubric's prompt does.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, linear
from transformers import (
    GenerationConfig,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from editgauge.plugins.miniature.build_qwen3_vl import CHAT_TEMPLATE
from editgauge.plugins.miniature.training.judge_batches import (
    LABELS,
    PATCH,
    Batch,
    Plan,
    Prompts,
    draw_batch,
    training_texts,
)
from editgauge.plugins.miniature.training.judge_reading import fast_reading, read
from editgauge.plugins.miniature.training.judgements import FEATURES
from editgauge.plugins.miniature.training.loop import Course, train
from editgauge.plugins.miniature.training.tokenizer import train_tokenizer
from editgauge.plugins.qwen3_vl.labels import label_tokens

SEED = 20261123

STEPS = 5000
"""Batches; about 65 minutes on one core."""

VOCABULARY = 900
"""Tokens at most, bytes and special tokens included."""

SIZES = ((96, 96), (96, 96), (128, 96), (96, 128))
"""Width and height of a batch's pictures; each as often as it stands here."""

_HIDDEN = 128
_VISION = 64
_POSITIONS = 8
_BETWEEN = 2
"""Number of the layer after which the judge is to know what was done, and what was asked for."""

_PLANS = (
    (0.30, Plan(forms=("short",), sources=16, questions=0, plain=0.6, hard=0.4)),
    (0.55, Plan(forms=("short",), sources=8, questions=3, plain=0.2, hard=0.2)),
    (
        1.00,
        Plan(
            forms=("text", "logprobs"), sources=6, questions=3, plain=0.0, hard=0.25, careless=0.3
        ),
    ),
)
"""What is learnt until which share of the steps."""


def train_judge(folder: Path, work: Path, device: str, *, steps: int = STEPS) -> None:
    """Train the judge and save it, or go on where it was stopped.

    Args:
        folder: where the checkpoint is saved.
        work: where the state is saved meanwhile.
        device: what it is trained on.
        steps: batches to train for.
    """
    processor = build_processor()
    prompts = Prompts(processor)
    labels = label_tokens(processor.tokenizer, list(LABELS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = build_model(processor.tokenizer)
        answers = Answers(model, labels).to(device)

    def loss_of(step: int) -> torch.Tensor:
        random = np.random.default_rng([SEED, step])
        plan = plan_of(step, steps)
        width, height = SIZES[int(random.integers(len(SIZES)))]
        batch = draw_batch(random, prompts, plan, width=width, height=height)
        return answers.loss(batch.to(device))

    course = Course(name="judge", steps=steps, rate=2e-3, matrix_rate=0.02, warm_up=50)
    with torch.device(device), fast_reading(model):
        train(
            course,
            answers,
            loss_of,
            folder=work,
            matrices=_matrices(model),
            facts=lambda: answers.figures,
        )
    model.to("cpu", torch.float16).save_pretrained(folder, safe_serialization=True)
    processor.save_pretrained(folder)


def plan_of(step: int, steps: int) -> Plan:
    """Return what a batch holds, counted from 0."""
    return next(plan for until, plan in _PLANS if step < until * steps)


def build_processor() -> Any:
    """Return the judge's processor, with a tokenizer made for its prompts."""
    return Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(
            patch_size=PATCH,
            size={"shortest_edge": 64 * 64, "longest_edge": 128 * 128},
            image_mean=[0.5, 0.5, 0.5],
            image_std=[0.5, 0.5, 0.5],
        ),
        tokenizer=train_tokenizer(training_texts(), size=VOCABULARY),
        video_processor=Qwen3VLVideoProcessor(patch_size=PATCH),
        chat_template=CHAT_TEMPLATE,
    )


def build_model(tokenizer: Any) -> Any:
    """Return the judge with random weights; 1.1 million of them."""
    names = ("image_pad", "video_pad", "vision_start", "vision_end", "im_end", "endoftext")
    image, video, start, stop, end, padding = tokenizer.convert_tokens_to_ids(
        [f"<|{name}|>" for name in names]
    )
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": _HIDDEN,
            "intermediate_size": 2 * _HIDDEN,
            "num_hidden_layers": 5,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "head_dim": 32,
            "max_position_embeddings": 1024,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1000.0,
                "mrope_section": [6, 5, 5],
                "mrope_interleaved": True,
            },
            "initializer_range": 0.05,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": end,
            "pad_token_id": padding,
        },
        vision_config={
            "depth": 3,
            "hidden_size": _VISION,
            "intermediate_size": 2 * _VISION,
            "num_heads": 2,
            "patch_size": PATCH,
            "out_hidden_size": _HIDDEN,
            "num_position_embeddings": _POSITIONS**2,
            "deepstack_visual_indexes": [0],
            "initializer_range": 0.05,
        },
        tie_word_embeddings=True,
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=stop,
    )
    model = Qwen3VLForConditionalGeneration(config)
    with torch.no_grad():
        model.model.visual.pos_embed.weight += _waves()
        for layer in model.model.language_model.layers:
            # So that like looks at like from the start: a place at the same place of the source.
            layer.self_attn.k_proj.weight.copy_(layer.self_attn.q_proj.weight)
    model.generation_config = GenerationConfig(eos_token_id=[end, padding], pad_token_id=padding)
    return model


class Answers(nn.Module):  # type: ignore[misc] # torch is Any here
    """What is learnt from: the words of the replies, the odds of the labels, and what is known.

    Half-way through its layers the judge is to know what was done, before the instruction begins,
    and what was asked for, at the end of the prompt; the rest of its layers compare them. Two
    matrices that read this are no part of the judge.

    Attributes:
        seen: tells what was done.
        asked: tells what was asked for.
        figures: the single losses, lately.
    """

    def __init__(self, model: Any, labels: list[int]) -> None:
        """Read from a model.

        Args:
            model: the judge.
            labels: the tokens of `LABELS`.
        """
        super().__init__()
        self.model = model
        self.seen = nn.Linear(_HIDDEN, sum(FEATURES))
        self.asked = nn.Linear(_HIDDEN, sum(FEATURES))
        self.figures: dict[str, float] = {}
        self._labels = labels

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return logits: at each target, of the labels, and of what was seen and asked for."""
        hidden, between = read(self.model, batch, _BETWEEN)
        rows = torch.arange(hidden.shape[0])[:, None]
        head = self.model.lm_head.weight
        return {
            "words": linear(hidden[batch.targets >= 0], head),
            "labels": linear(hidden[rows, batch.starts], head[self._labels]),
            "seen": self.seen(between[:, batch.parts[0] - 1]),
            "asked": self.asked(between[rows, batch.starts]),
        }

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the loss of a batch."""
        # Between weights and loss everything is bfloat16; the weights themselves stay float32.
        light = {name: weight.bfloat16() for name, weight in self.named_parameters()}
        logits = {
            name: values.float() for name, values in functional_call(self, light, (batch,)).items()
        }
        seen = _feature_loss(logits["seen"], batch.done)
        self._note("seen", seen)
        if not batch.scores.numel():
            return seen
        answered = batch.targets >= 0
        weights = batch.weights[answered]
        each = cross_entropy(logits["words"], batch.targets[answered], reduction="none")
        words = (each * weights).sum() / batch.scores.numel()
        odds = cross_entropy(logits["labels"].flatten(0, 1), label_odds(batch.scores.flatten()))
        asked = _feature_loss(logits["asked"].flatten(0, 1), batch.wanted.flatten(0, 1))
        self._note("asked", asked)
        self._note("word", each)
        self._note("digit", each[weights > 1])
        self._note("label", odds)
        return 0.5 * seen + 0.25 * asked + 0.2 * words + 2.0 * odds

    def _note(self, name: str, losses: torch.Tensor) -> None:
        if losses.numel():
            value = float(losses.detach().mean())
            self.figures[name] = 0.95 * self.figures.get(name, value) + 0.05 * value


def label_odds(scores: torch.Tensor) -> torch.Tensor:
    """Return odds of the labels whose expectation is the score: of one label, or of two."""
    return (1 - (scores[..., None] - torch.arange(len(LABELS))).abs()).clamp(min=0)


def _feature_loss(logits: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """Return the mean over rows of the loss of all features that a row has."""
    losses = [
        cross_entropy(part, numbers, reduction="sum")
        for part, numbers in zip(logits.split(FEATURES, dim=-1), features.unbind(-1), strict=True)
    ]
    return torch.stack(losses).sum() / len(features)


def _matrices(model: Any) -> list[nn.Parameter]:
    """Return the weight matrices between hidden states."""
    return [
        weight
        for name, weight in model.named_parameters()
        if weight.ndim == 2 and "embed" not in name
    ]


def _waves() -> torch.Tensor:
    """Return waves over a picture, the longest first: where something is, to begin with.

    From random positions, mirrored and turned pictures are learnt far later.
    """
    number = torch.arange(_POSITIONS)
    waves = torch.cos(torch.pi * (number[:, None] + 0.5) * number / _POSITIONS)
    order = sorted((down + across, down, across) for down in number for across in number)
    return torch.stack(
        [
            0.5 / (1 + 0.3 * both) * (waves[:, None, down] * waves[None, :, across]).flatten()
            for both, down, across in order[:_VISION]
        ],
        dim=1,
    )
