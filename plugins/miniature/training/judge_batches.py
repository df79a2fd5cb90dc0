"""Batches for the miniature judge: several questions about one pair of pictures in one row.

The pictures come first in a prompt, so what the judge makes of them does not depend on the question
and is computed once: a row is the common beginning of some prompts, then the rest of each with its
reply. Tokens of one question do not see those of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from editgauge.config_schemas.miniature import MINIATURE_RUBRIC
from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.judging.rubrics import Prompt, Rubric, load_rubrics, render
from editgauge.core.samples import Sample
from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.foreign import TRAINED
from editgauge.plugins.miniature.training.instructions import every_instruction, write_carelessly
from editgauge.plugins.miniature.training.judgements import (
    Question,
    draw_question,
    draw_results,
    features_asked,
    features_seen,
)

PATCH = 8
"""Pixels of a patch's edge; two by two patches are a token."""

LABELS = "ABCDEFGHIJK"
"""Answer labels of the rubric: A is 0, K is 10."""

Form = Literal["short", "text", "logprobs"]
"""How a question is put: as with `score_by` of that name, or, for a part of the training, without
the sentences that say how to answer."""

_KEPT = 4096
"""How many prompts, and how many replies, are kept as tokens; far more are drawn."""

_FIRST_DIGIT = 3.0
"""Weight of the score's first digit; every other token of a reply weighs 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the batches of a part of the training hold.

    Attributes:
        forms: how the questions are put; each drawn from these.
        sources: how many source pictures; each has two results, so two rows.
        questions: about each result; the first is the instruction that was followed. With none,
            the judge only learns to see what was done.
        plain: how many results, as a share, are neither damaged nor untouched whatever is drawn.
        hard: how many sources, as a share, are drawn for one of the kinds that are learnt late.
        careless: how many instructions, as a share, are spelt by `write_carelessly`.
    """

    forms: tuple[Form, ...]
    sources: int
    questions: int
    plain: float
    hard: float = 0.0
    careless: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One step's work.

    Attributes:
        pixels: every picture once, as patches: (pictures, patches, values).
        shown: two numbers of pictures for each row.
        tokens: (rows, length).
        slots: where the tokens of the two pictures begin.
        grid: rows and columns of tokens in a picture.
        positions: in time, height and width, the same for each row: (3, length).
        parts: tokens of the common beginning, and of each question with its reply.
        targets: the token that each position is to give, or -100: (rows, length).
        weights: of the targets: (rows, length).
        starts: position of the last token of each prompt: (rows, questions).
        scores: the right scores: (rows, questions).
        done: what was done, as numbers of `FEATURES`: (rows, features).
        wanted: what was asked for: (rows, questions, features).
    """

    pixels: torch.Tensor
    shown: torch.Tensor
    tokens: torch.Tensor
    slots: tuple[int, int]
    grid: tuple[int, int]
    positions: torch.Tensor
    parts: tuple[int, int]
    targets: torch.Tensor
    weights: torch.Tensor
    starts: torch.Tensor
    scores: torch.Tensor
    done: torch.Tensor
    wanted: torch.Tensor

    def to(self, device: str) -> "Batch":
        """Return the same on a device."""
        tensors = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), torch.Tensor)
        }
        return replace(self, **tensors)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A question and its answer in tokens.

    Attributes:
        rest: the prompt after the common beginning.
        reply: the right reply, with the token that ends it.
        score: the right score.
        in_words: whether the reply ends with a score in digits.
        wanted: what is asked for, as numbers of `FEATURES`.
    """

    rest: list[int]
    reply: list[int]
    score: float
    in_words: bool
    wanted: tuple[int, ...]


@cache
def read_rubric() -> Rubric:
    """Return the rubric of the miniature judge."""
    config = RewardModelConfig(type="miniature-qwen3-vl", rubric=MINIATURE_RUBRIC)
    return load_rubrics(config).default


def prompt_of(instruction: str, form: Form) -> Prompt:
    """Return the prompt for an instruction, as a run makes it."""
    rubric = read_rubric()
    sample = Sample(id="", index=0, images=("",), instruction=instruction)
    if form == "short":
        rubric = replace(rubric, answer="")
    score_by: Literal["text", "logprobs"] = "logprobs" if form == "logprobs" else "text"
    return render(rubric, sample, judge_images="both", score_by=score_by)


class Prompts:
    """Turns questions into tokens.

    Attributes:
        end: the token that ends a reply.
        picture: the token that stands for a picture.
        first: tokens that every prompt begins with.
    """

    def __init__(self, processor: Any) -> None:
        """Make prompts for a processor of Qwen3-VL."""
        self._processor = processor
        self._tokenizer = processor.tokenizer
        self.end: int = self._tokenizer.convert_tokens_to_ids("<|im_end|>")
        self.picture: int = self._tokenizer.convert_tokens_to_ids("<|image_pad|>")
        one, other = (self._prompt(text, "short") for text in ("Make", "去掉"))
        same = [mine == theirs for mine, theirs in zip(one, other, strict=False)]
        self.first = one[: same.index(False)]
        self._rest = lru_cache(_KEPT)(self._rest_of)
        self._reply = lru_cache(_KEPT)(self._reply_of)

    def spoken(self, question: Question, form: Form) -> Spoken:
        """Return a question and its right answer in tokens."""
        verdict = question.verdict
        reply = LABELS[int(verdict.score + 0.5)] if form == "logprobs" else verdict.reply
        return Spoken(
            self._rest(question.instruction, form),
            self._reply(reply),
            verdict.score,
            form != "logprobs",
            features_asked(question.edit),
        )

    def _prompt(self, instruction: str, form: Form) -> list[int]:
        text = prompt_of(instruction, form).prompt
        content = [{"type": "image"}, {"type": "image"}, {"type": "text", "text": text}]
        prompt = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        return self._encode(prompt)

    def _rest_of(self, instruction: str, form: Form) -> list[int]:
        return self._prompt(instruction, form)[len(self.first) :]

    def _reply_of(self, reply: str) -> list[int]:
        return [*self._encode(reply), self.end]

    def _encode(self, text: str) -> list[int]:
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens


def patches_of(pictures: Sequence[Picture]) -> torch.Tensor:
    """Return what Qwen's image processor makes of pictures of one size."""
    whole = np.round(np.stack(pictures) * 255) / 255
    values = torch.from_numpy(((whole - 0.5) / 0.5).astype(np.float32))
    number, height, width, _ = values.shape
    down, across = height // PATCH // 2, width // PATCH // 2
    blocks = values.view(number, down, 2, PATCH, across, 2, PATCH, 3)
    blocks = blocks.permute(0, 1, 4, 2, 5, 7, 3, 6).unsqueeze(6)
    # A picture counts as two equal frames.
    frames = blocks.expand(-1, -1, -1, -1, -1, -1, 2, -1, -1)
    return frames.reshape(number, down * across * 4, -1)


def draw_batch(
    random: np.random.Generator,
    prompts: Prompts,
    plan: Plan,
    *,
    width: int,
    height: int,
    held_out: bool = False,
) -> Batch:
    """Return a batch drawn at random.

    Args:
        random: where chance comes from.
        prompts: turns questions into tokens.
        plan: what the batch holds.
        width: of the pictures, in pixels.
        height: of the pictures, in pixels.
        held_out: use photographs and wordings that the models are not trained on.
    """
    pictures: list[Picture] = []
    shown: list[tuple[int, int]] = []
    rows: list[list[Spoken]] = []
    done: list[tuple[int, ...]] = []
    for _ in range(plan.sources):
        results = draw_results(
            random, width=width, height=height, held_out=held_out, plain=plan.plain, hard=plan.hard
        )
        source = len(pictures)
        pictures.append(results[0].source.picture)
        for result in results:
            shown.append((source, len(pictures)))
            pictures.append(result.picture)
            done.append(features_seen(result))
            rows.append([])
            for number in range(plan.questions):
                question = draw_question(random, result, other=number > 0, held_out=held_out)
                if plan.careless and random.random() < plan.careless:
                    spelt = write_carelessly(question.instruction, random)
                    question = replace(question, instruction=spelt)
                form = plan.forms[int(random.integers(len(plan.forms)))]
                rows[-1].append(prompts.spoken(question, form))
    return pack(prompts, pictures, shown, rows, done)


def pack(
    prompts: Prompts,
    pictures: Sequence[Picture],
    shown: Sequence[tuple[int, int]],
    rows: Sequence[Sequence[Spoken]],
    done: Sequence[tuple[int, ...]],
) -> Batch:
    """Return a batch of some pictures and questions.

    Args:
        prompts: what made the questions.
        pictures: all of one size.
        shown: the numbers of source and result for each row.
        rows: the questions about each pair, as many for each.
        done: what was done in each row, as numbers of `FEATURES`.
    """
    height, width = pictures[0].shape[:2]
    grid = (height // PATCH // 2, width // PATCH // 2)
    first, slots, start = _beginning(prompts, grid)
    questions = len(rows[0])
    longest = max((len(one.rest) + len(one.reply) - 1 for row in rows for one in row), default=0)
    shape = (len(rows), len(first) + questions * longest)
    tokens = np.full(shape, prompts.end)
    targets = np.full(shape, -100)
    weights = np.zeros(shape, dtype=np.float32)
    starts = np.zeros((len(rows), questions), dtype=np.int64)
    scores = np.zeros((len(rows), questions), dtype=np.float32)
    tokens[:, : len(first)] = first
    for number, row in enumerate(rows):
        for place, one in enumerate(row):
            begin = len(first) + place * longest
            said = begin + len(one.rest) - 1
            end = said + len(one.reply)
            tokens[number, begin : said + 1] = one.rest
            tokens[number, said + 1 : end] = one.reply[:-1]
            targets[number, said:end] = one.reply
            weights[number, said:end] = 1.0
            if one.in_words:
                # The last tokens are a digit, a point, a digit and the end.
                weights[number, end - 4] = _FIRST_DIGIT
            starts[number, place] = said
            scores[number, place] = one.score
    after = np.tile(np.arange(longest) + start[0, -1] + 1, questions)
    return Batch(
        pixels=patches_of(pictures),
        shown=torch.tensor(shown),
        tokens=torch.from_numpy(tokens),
        slots=slots,
        grid=grid,
        positions=torch.from_numpy(np.concatenate([start, np.stack([after] * 3)], axis=1)),
        parts=(len(first), longest),
        targets=torch.from_numpy(targets),
        weights=torch.from_numpy(weights),
        starts=torch.from_numpy(starts),
        scores=torch.from_numpy(scores),
        done=torch.tensor(done),
        wanted=torch.tensor([[one.wanted for one in row] for row in rows]),
    )


def _beginning(
    prompts: Prompts, grid: tuple[int, int]
) -> tuple[list[int], tuple[int, int], NDArray[np.int64]]:
    """Return the first tokens of every row, where the pictures begin, and the positions."""
    number = grid[0] * grid[1]
    tokens: list[int] = []
    slots: list[int] = []
    positions: list[NDArray[np.int64]] = []
    now = 0
    for token in prompts.first:
        if token == prompts.picture:
            slots.append(len(tokens))
            tokens += [token] * number
            down_across = np.indices(grid).reshape(2, number)
            positions.append(now + np.concatenate([np.zeros((1, number), int), down_across]))
            now += max(grid)
        else:
            tokens.append(token)
            positions.append(np.full((3, 1), now))
            now += 1
    return tokens, (slots[0], slots[1]), np.concatenate(positions, axis=1)


def training_texts() -> list[str]:
    """Return what the tokenizer is made for: prompts with all instructions, and replies."""
    random = np.random.default_rng(0)
    forms: tuple[Form, ...] = ("text", "logprobs")
    texts = [
        prompt_of(instruction, form).prompt
        for instruction in (*every_instruction(), *TRAINED)
        for form in forms
    ]
    for _ in range(400):
        for result in draw_results(random, width=64, height=64):
            texts += [
                draw_question(random, result, other=other).verdict.reply for other in (False, True)
            ]
    return texts
