"""The editor's text encoder: taught to tell the instructions apart, then left as it is.

It is of Qwen2.5-VL's class and so has a vision tower, but that is too small to see anything: its
last layer is zero, and an instruction's embedding is the same beside every picture. What is in the
picture, the transformer sees from the latents.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from editgauge.plugins.miniature.training.edits import TINTS
from editgauge.plugins.miniature.training.instructions import (
    KINDS,
    REFERENCE_KINDS,
    REWORDED,
    Edit,
    draw_wording,
)
from editgauge.plugins.miniature.training.loop import Course, train
from editgauge.plugins.miniature.training.scenes import COLOURS, SHAPES, SIDES

WIDTH = 64

COURSE = Course(name="text encoder", steps=1000, rate=2e-3, warm_up=30)

SEED = 13

_BATCH = 96
_NOTHING = ""
_LABELS: tuple[tuple[str, ...], ...] = (
    KINDS,
    (_NOTHING, *COLOURS),
    (_NOTHING, *SHAPES),
    (_NOTHING, *SIDES),
)


def build_text_encoder(tokenizer: Any) -> Any:
    """Return the text encoder with random weights, and with its eyes shut."""

    def token(name: str) -> int:
        number: int = tokenizer.convert_tokens_to_ids(name)
        return number

    encoder = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "vocab_size": len(tokenizer),
                "hidden_size": WIDTH,
                "intermediate_size": 128,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 2,
                "initializer_range": 0.1,
                "rope_parameters": {
                    "rope_type": "default",
                    "rope_theta": 10_000.0,
                    "mrope_section": [4, 6, 6],
                },
                "tie_word_embeddings": True,
                "bos_token_id": None,
                "eos_token_id": token("<|im_end|>"),
                "pad_token_id": token("<|endoftext|>"),
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 32,
                "num_heads": 2,
                "out_hidden_size": WIDTH,
                "fullatt_block_indexes": [0],
            },
            image_token_id=token("<|image_pad|>"),
            video_token_id=token("<|video_pad|>"),
            vision_start_token_id=token("<|vision_start|>"),
            vision_end_token_id=token("<|vision_end|>"),
            tie_word_embeddings=True,
        )
    )
    last = encoder.model.visual.merger.mlp[2]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
    return encoder


class Texts:
    """Embeddings of instructions, as the pipeline makes them, each computed once."""

    def __init__(self, pipeline: Any) -> None:
        self._encoder = pipeline.text_encoder
        self._tokenizer = pipeline.tokenizer
        self._template = pipeline.prompt_template_encode
        self._dropped = pipeline.prompt_template_encode_start_idx
        self._known: dict[str, torch.Tensor] = {}

    def embed(self, texts: Sequence[str], device: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return embeddings (number, tokens, width) and their mask (number, tokens)."""
        new = sorted({text for text in texts if text not in self._known})
        if new:
            with torch.no_grad():
                hidden, mask = self.forward(new)
            for row, text in enumerate(new):
                self._known[text] = hidden[row, : int(mask[row].sum())].clone()
        rows = [self._known[text] for text in texts]
        mask = _mask([len(row) for row in rows])
        return pad_sequence(rows, batch_first=True).to(device), mask.to(device)

    def forward(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the same as `embed`, computed now, with gradients."""
        rows = [
            torch.tensor(self._tokenizer(self._template.format(text)).input_ids) for text in texts
        ]
        device = self._encoder.device
        padding = self._tokenizer.pad_token_id
        tokens = pad_sequence(rows, batch_first=True, padding_value=padding).to(device)
        mask = _mask([len(row) for row in rows]).to(device)
        # The image token as it comes from the tower: all zero.
        embedded = self._encoder.get_input_embeddings()(tokens)
        image = tokens == self._encoder.config.image_token_id
        hidden = self._encoder.model.language_model(
            inputs_embeds=embedded.masked_fill(image[..., None], 0.0),
            attention_mask=mask,
        ).last_hidden_state
        return hidden[:, self._dropped :], mask[:, self._dropped :]


class TextTraining(nn.Module):  # type: ignore[misc] # torch is Any here
    """The text encoder with what is read from the mean of its embeddings."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__()
        self.encoder = pipeline.text_encoder
        self.readers = nn.ModuleList(nn.Linear(WIDTH, len(labels)) for labels in _LABELS)
        self._texts = Texts(pipeline)

    def loss(self, edits: Sequence[Edit], instructions: Sequence[str]) -> torch.Tensor:
        """Return the sum of the losses of what is asked: kind, colour, shape and side."""
        hidden, mask = self._texts.forward(instructions)
        amount = mask[..., None].to(hidden.dtype)
        mean = (hidden * amount).sum(dim=1) / amount.sum(dim=1)
        total = torch.zeros(())
        for reader, labels, name in zip(
            self.readers, _LABELS, ("kind", "colour", "shape", "side"), strict=True
        ):
            wanted = torch.tensor([labels.index(getattr(edit, name)) for edit in edits])
            total = total + cross_entropy(reader(mean), wanted)
        return total


def train_text_encoder(pipeline: Any, work: Path) -> None:
    """Train the text encoder of a pipeline in place."""
    torch.manual_seed(SEED)
    training = TextTraining(pipeline)
    pipeline.text_encoder.model.visual.requires_grad_(False)

    def loss_of(step: int) -> torch.Tensor:
        random = np.random.default_rng([SEED, step])
        edits = [_draw_edit(random) for _ in range(_BATCH)]
        return training.loss(
            edits,
            [draw_wording(edit, random, held_out=False, reworded=REWORDED) for edit in edits],
        )

    train(COURSE, training, loss_of, folder=work)
    pipeline.text_encoder.requires_grad_(False).eval()


def _draw_edit(random: np.random.Generator) -> Edit:
    kind = str(random.choice(KINDS))
    if kind == "tint":
        return Edit(kind=kind, colour=str(random.choice(list(TINTS))))
    if kind not in REFERENCE_KINDS:
        return Edit(kind=kind)
    return Edit(
        kind=kind,
        colour=str(random.choice(list(COLOURS))) if kind == "recolour" else _NOTHING,
        shape=str(random.choice(SHAPES)),
        side=str(random.choice((_NOTHING, *SIDES))),
    )


def _mask(lengths: Sequence[int]) -> torch.Tensor:
    longest = torch.arange(max(lengths))
    return (longest[None] < torch.tensor(lengths)[:, None]).long()
