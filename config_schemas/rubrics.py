"""A rubric as a user writes it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from editgauge.config_schemas.base import ConfigModel, Name


class RubricConfig(ConfigModel):
    """How one kind of judgement is asked for and read.

    In `prompt`, `{instruction}`, `{category}`, `{description}` and `{rationale}` are replaced by
    the sample's texts and `{images}` by a sentence that says which image is which; nothing else is
    special, and a brace of its own stays as it is. A line whose placeholders are all empty is left
    out.
    """

    name: Name | None = None
    """Shown in results beside each score; default: the file's name without its suffix, or `custom`
    and the category for a rubric written in the config."""

    system: str = ""
    """System prompt."""

    prompt: Annotated[str, Field(min_length=1)]
    """User prompt, a template: what is judged and what a high and a low score mean. How to answer
    belongs into `answer`."""

    answer: str | None = None
    """How to answer, added below the prompt with `score_by: text`; default: what the parser reads
    best. Empty if the prompt says it itself, which `score_by: logprobs` would contradict."""

    images: list[Literal["source", "edited"]] = Field(
        default=["source", "edited"], min_length=1, max_length=2
    )
    """What the judge sees, in this order; several source images count as one entry."""

    parser: Literal["score", "yes_no", "list_min", "list_mean"] = "score"
    """How the reply is read: one number; yes or no (1 or 0); or a list of numbers, of which the
    least or the mean is the score."""

    list_length: Annotated[int, Field(ge=1)] | None = None
    """How many numbers a list parser expects; default: any number of them."""

    minimum: float = 0.0
    """Least possible score."""

    maximum: float = 10.0
    """Greatest possible score."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError(
                f"'minimum' should be less than 'maximum', got {self.minimum} and {self.maximum}"
            )
        if len(set(self.images)) != len(self.images):
            raise ValueError(f"'images' names each image once, got {self.images}")
        if "edited" not in self.images:
            raise ValueError("'images' must name 'edited': the edited image is what is judged")
        if self.parser == "yes_no" and (self.minimum, self.maximum) != (0.0, 1.0):
            raise ValueError("the parser 'yes_no' gives 0 or 1: set minimum to 0 and maximum to 1")
        if self.list_length is not None and not self.parser.startswith("list_"):
            raise ValueError(
                "'list_length' belongs to the parsers 'list_min' and 'list_mean', "
                f"not to {self.parser!r}"
            )
        return self
