"""Measures the miniature judge on pictures and wordings that it was not trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.stats import rankdata, spearmanr
from tqdm import tqdm

from editgauge.config_schemas.miniature import MiniatureQwen3VLConfig
from editgauge.core.judging.replies import judge
from editgauge.core.judging.rubrics import render
from editgauge.core.models import ScoreRequest
from editgauge.core.samples import Sample
from editgauge.plugins.miniature.training.judge_batches import read_rubric
from editgauge.plugins.miniature.training.judgements import (
    Question,
    Result,
    draw_question,
    draw_results,
)
from editgauge.plugins.miniature.training.pictures import to_image
from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge

if TYPE_CHECKING:
    from PIL.Image import Image

ScoreBy = Literal["text", "logprobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFigures:
    """How good a judge is.

    Attributes:
        wrong: how often a right result gets a higher score than a result of another instruction
            (the area under the ROC curve).
        untouched: the same, against an untouched source.
        spearman: rank correlation of the scores with the truth, over all results.
        readable: the share of replies that are read as a score.
        pairs: how many results were judged.
    """

    wrong: float
    untouched: float
    spearman: float
    readable: float
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A result with a question about it, and the score that the judge gave, if it could be read."""

    result: Result
    question: Question
    score: float | None = None

    @property
    def kind(self) -> str:
        """What the result is to the question: `wrong`, or its outcome."""
        if self.result.outcome == "untouched" or self.question.edit == self.result.edit:
            return self.result.outcome
        return "wrong" if self.question.verdict.score <= 2 else "wrong colour"


def check_judge(
    folder: Path, score_by: ScoreBy, *, sources: int = 100, seed: int = 7
) -> JudgeFigures:
    """Return how good the judge in a folder is, with unseen photographs and wordings.

    Args:
        folder: the judge's checkpoint.
        score_by: how it answers.
        sources: how many source pictures; each has two results, and each of them two questions.
        seed: of the pictures and wordings.
    """
    return figures_of(judge_cases(folder, draw_cases(sources=sources, seed=seed), score_by))


def draw_cases(*, sources: int, seed: int) -> list[Case]:
    """Return results of unseen pictures, with a right and another question about each."""
    random = np.random.default_rng(seed)
    cases = []
    for number in range(sources):
        width, height = ((96, 96), (128, 96), (96, 128))[number % 3]
        for result in draw_results(random, width=width, height=height, held_out=True):
            for other in (False, True):
                question = draw_question(random, result, other=other, held_out=True)
                cases.append(Case(result=result, question=question))
    return cases


def judge_cases(folder: Path, cases: Sequence[Case], score_by: ScoreBy) -> list[Case]:
    """Return the cases with the scores that the judge gives."""
    config: Any = MiniatureQwen3VLConfig(
        type="miniature-qwen3-vl", model=str(folder), score_by=score_by, max_new_tokens=48
    )
    model = Qwen3VLJudge()
    model.load(config, "cpu")
    rubric = read_rubric()
    judged: list[Case] = []
    starts = range(0, len(cases), 16)
    for start in tqdm(starts, desc=f"judge, {score_by}", unit="batch", leave=False):
        part = cases[start : start + 16]
        requests = [
            request_for(
                case.question.instruction,
                (to_image(case.result.source.picture), to_image(case.result.picture)),
                score_by,
            )
            for case in part
        ]
        replies = model.score(requests, lambda *_reply: None)
        for case, reply in zip(part, replies, strict=True):
            score = judge(rubric, reply, score_by=score_by).score
            judged.append(Case(result=case.result, question=case.question, score=score))
    return judged


def figures_of(cases: Sequence[Case]) -> JudgeFigures:
    """Return how good the scores of some cases are."""
    read = [(case, case.score) for case in cases if case.score is not None]
    by_kind: dict[str, list[float]] = {"done": [], "wrong": [], "untouched": []}
    for case, score in read:
        by_kind.setdefault(case.kind, []).append(score)
    truth = [case.question.verdict.score for case, _ in read]
    scores = [score for _, score in read]
    return JudgeFigures(
        wrong=_area(by_kind["done"], by_kind["wrong"]),
        untouched=_area(by_kind["done"], by_kind["untouched"]),
        # Where all scores are equal, there is no ranking.
        spearman=float(spearmanr(truth, scores).statistic) if len(set(scores)) > 1 else math.nan,
        readable=len(read) / len(cases),
        pairs=len(cases),
    )


def _area(high: Sequence[float], low: Sequence[float]) -> float:
    """Return how often one of the first is greater than one of the second; ties count half."""
    if not high or not low:
        return math.nan
    ranks = rankdata([*high, *low])[: len(high)]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def request_for(instruction: str, images: "tuple[Image, Image]", score_by: ScoreBy) -> ScoreRequest:
    """Return the request to judge an edit, as a run makes it.

    Args:
        instruction: what was asked for.
        images: the source and what came out, RGB.
        score_by: how it is answered.
    """
    sample = Sample(id="", index=0, images=("source.png",), instruction=instruction)
    prompt = render(read_rubric(), sample, judge_images="both", score_by=score_by)
    return ScoreRequest(
        id="",
        index=0,
        images=images,
        system=prompt.system,
        prompt=prompt.prompt,
        labels=prompt.labels,
        values=prompt.values,
    )
