"""Rubrics: which one judges a sample, and the prompt that it makes of the sample."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.core.judging.answers import Answers, answer_form, answer_labels, label_form
from editgauge.core.judging.rubric_files import (
    BUILT_IN,
    RubricError,
    read_built_in,
    read_rubric_file,
)
from editgauge.core.samples import Sample
from editgauge.core.text import did_you_mean

__all__ = ["Prompt", "Rubric", "RubricBook", "RubricError", "load_rubrics", "render"]

RE_EDIT = "re-edit"
"""Name that stands for the built-in rubric of the sample's RE-Edit subset."""

ImageRole = Literal["source", "edited"]

_PLACEHOLDERS = ("instruction", "category", "description", "rationale", "images")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(_PLACEHOLDERS)})\}}")
# Chat templates mark turns and images with tokens like <|im_end|>. In a sample's text they would
# end the user's turn, or claim an image that is not there and fail the whole batch.
_CHAT_TOKEN = re.compile(r"<\|(?=[^<>|\s]{1,64}\|>)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """One kind of judgement.

    Attributes:
        name: shown in results beside each score.
        system: system prompt, or an empty string.
        prompt: template of the user prompt; see `render`.
        answer: how to answer in text, added below the prompt; may be empty.
        images: what the judge sees, in this order.
        parser: how a reply is read; see `editgauge.core.judging.replies`.
        minimum: least possible score.
        maximum: greatest possible score.
        list_length: how many numbers a list parser expects, or None for any number.
    """

    name: str
    system: str
    prompt: str
    images: tuple[ImageRole, ...]
    parser: Answers
    minimum: float
    maximum: float
    answer: str = ""
    list_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricBook:
    """Which rubric judges which category.

    Attributes:
        default: for every category that has no rubric of its own.
        by_category: rubrics of single categories.
    """

    default: Rubric
    by_category: dict[str, Rubric]

    def for_category(self, category: str) -> Rubric:
        """Return the rubric for samples of a category (an empty string for none)."""
        return self.by_category.get(category, self.default)

    def rubrics(self) -> tuple[Rubric, ...]:
        """Return every rubric that may be used, each once, the default first."""
        return tuple(dict.fromkeys((self.default, *self.by_category.values())))

    def common_range(self, categories: Iterable[str]) -> tuple[float, float] | None:
        """Return least and greatest possible score over some categories, or None if they differ.

        Without a common range, a mean over all categories has no meaning.
        """
        rubrics = [self.for_category(category) for category in categories]
        ranges = {(rubric.minimum, rubric.maximum) for rubric in rubrics}
        return ranges.pop() if len(ranges) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a judge is asked about one sample.

    Attributes:
        system: system prompt, or an empty string.
        prompt: user prompt.
        images: what the judge sees, in this order; `source` stands for every source image.
        labels: answer labels to read the score from, or an empty tuple if the reply is parsed.
        values: the score that each label stands for.
    """

    system: str
    prompt: str
    images: tuple[ImageRole, ...]
    labels: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


def load_rubrics(config: RewardModelConfig, *, folder: Path | None = None) -> RubricBook:
    """Return the rubrics that a reward model's configuration asks for, every file read.

    Args:
        config: the configuration; see its fields `rubric` and `rubrics`.
        folder: what relative paths of rubric files start from; default: the current folder.

    Raises:
        RubricError: a name is unknown, a file is missing or no rubric, or two different rubrics
            have the same name.
    """
    loader = _Loader(folder or Path())
    default, by_category = loader.load(config.rubric, "custom")
    for category, entry in config.rubrics.items():
        rubric, of_subsets = loader.load(entry, f"custom-{category}")
        by_category[category] = of_subsets.get(category, rubric)
    book = RubricBook(default=default, by_category=by_category)
    _check_names(book)
    return book


def render(
    rubric: Rubric,
    sample: Sample,
    *,
    judge_images: Literal["both", "edited"],
    score_by: Literal["text", "logprobs"],
) -> Prompt:
    """Return the prompt for one sample.

    Placeholders are replaced in one pass, so a placeholder within a sample's text stays as it is,
    and so does every other brace. A line whose placeholders are all empty is left out. Within a
    sample's texts, tokens of chat templates (`<|im_end|>`) are broken up by a space.

    Args:
        rubric: the rubric.
        sample: the sample.
        judge_images: `edited` leaves the source images out.
        score_by: `text` adds the rubric's `answer`; `logprobs` adds labels with what they mean.
    """
    images = rubric.images if judge_images == "both" else ("edited",)
    values = {
        "instruction": _inert(sample.instruction),
        "category": _inert(sample.category),
        "description": _inert(sample.description),
        "rationale": _inert(sample.rationale),
        "images": _say_images(images, len(sample.images)),
    }
    question = _fill(rubric.prompt, values).strip("\n")
    if score_by == "text":
        prompt = "\n\n".join(part for part in (question, rubric.answer.strip("\n")) if part)
        return Prompt(system=rubric.system, prompt=prompt, images=images)
    labels = answer_labels(rubric.parser, rubric.minimum, rubric.maximum)
    return Prompt(
        system=rubric.system,
        prompt=f"{question}\n\n{label_form(rubric.parser, labels)}",
        images=images,
        labels=tuple(labels),
        values=tuple(labels.values()),
    )


class _Loader:
    """Turns an entry of the configuration into rubrics."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, entry: str | RubricConfig, name: str) -> tuple[Rubric, dict[str, Rubric]]:
        """Return the entry's rubric, and its rubrics by category if it is `re-edit`."""
        if isinstance(entry, RubricConfig):
            return _make(entry, name), {}
        if entry in BUILT_IN:
            return _make(read_built_in(entry), entry), {}
        if entry == RE_EDIT:
            prefix = f"{RE_EDIT}-"
            by_category = {
                built_in.removeprefix(prefix): _make(read_built_in(built_in), built_in)
                for built_in in BUILT_IN
                if built_in.startswith(prefix)
            }
            return _make(read_built_in("general"), "general"), by_category
        if os.sep in entry or entry.lower().endswith((".yaml", ".yml")):
            path = self._folder / Path(entry).expanduser()
            return _make(read_rubric_file(path), path.stem), {}
        known = (*BUILT_IN, RE_EDIT)
        raise RubricError(
            f"there is no rubric {entry!r}.{did_you_mean(entry, known)} Built-in rubrics: "
            f"{', '.join(known)}. A rubric file is given by its path (my_rubric.yaml)."
        )


def _make(config: RubricConfig, name: str) -> Rubric:
    _check_placeholders(config.prompt, config.name or name)
    answer = config.answer
    if answer is None:
        answer = answer_form(config.parser, config.minimum, config.maximum, config.list_length)
    return Rubric(
        name=config.name or name,
        system=config.system.strip("\n"),
        prompt=config.prompt,
        answer=answer,
        images=tuple(config.images),
        parser=config.parser,
        minimum=config.minimum,
        maximum=config.maximum,
        list_length=config.list_length,
    )


def _check_placeholders(prompt: str, name: str) -> None:
    """Refuse what looks like a misspelt placeholder: the judge would read it as it stands."""
    for word in re.findall(r"\{([A-Za-z_]+)\}", prompt):
        if word not in _PLACEHOLDERS and (hint := did_you_mean(word, _PLACEHOLDERS)):
            raise RubricError(f"the prompt of rubric {name!r} has {{{word}}}.{hint}")


def _check_names(book: RubricBook) -> None:
    """Refuse two rubrics of one name: scores in the results are told apart by it."""
    by_name: dict[str, Rubric] = {}
    for rubric in book.rubrics():
        if by_name.setdefault(rubric.name, rubric) != rubric:
            raise RubricError(
                f"two different rubrics are named {rubric.name!r}; give one of them another 'name'"
            )
        if rubric.name in BUILT_IN and rubric != _make(read_built_in(rubric.name), rubric.name):
            raise RubricError(
                f"the name {rubric.name!r} belongs to a built-in rubric; give yours another 'name'"
            )


def _inert(text: str) -> str:
    return _CHAT_TOKEN.sub("< |", text)


def _fill(template: str, values: dict[str, str]) -> str:
    lines: list[str] = []
    dropped = False
    for line in template.split("\n"):
        names = _PLACEHOLDER.findall(line)
        if names and not any(values[name].strip() for name in names):
            dropped = True
            continue
        if dropped and not line.strip() and (not lines or not lines[-1].strip()):
            continue  # The blank lines on both sides of a dropped line become one.
        dropped = False
        lines.append(_PLACEHOLDER.sub(lambda found: values[found[1]], line))
    return "\n".join(lines)


def _say_images(images: tuple[ImageRole, ...], sources: int) -> str:
    if len(images) == 1:
        return "The image is the result of the edit; the source image is not shown."
    if images[0] == "source":
        if sources == 1:
            return "The first image is the source; the second image is the result of the edit."
        return (
            f"The first {sources} images are the sources; the last image is the result of the edit."
        )
    if sources == 1:
        return "The first image is the result of the edit; the second image is the source."
    return f"The first image is the result of the edit; the other {sources} images are the sources."
