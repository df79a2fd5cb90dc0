"""A rubric as a user writes it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from editgauge.config_schemas.base import ConfigModel, Name


class RubricConfig(ConfigModel):
    """How one kind of judgement is asked for and read.

    In `prompt`, `{instruction}`, `{category}`, `{description}` and `{rationale}` are replaced by
    the sample's texts and `{images}` by a sentence that says which image is which; nothing else is
    special, and a brace of its own stays as it is.
    """

    name: Name = "custom"
    """Shown in results beside each score."""

    system: str = ""
    """System prompt."""

    prompt: Annotated[str, Field(min_length=1)]
    """User prompt, a template; it should say in which form the answer is expected."""

    images: list[Literal["source", "edited"]] = Field(
        default=["source", "edited"], min_length=1, max_length=2
    )
    """What the judge sees, in this order; several source images count as one entry."""

    parser: Literal["score", "yes_no", "list_min", "list_mean"] = "score"
    """How the reply is read: one number; yes or no (1 or 0); or a list of numbers, of which the
    least or the mean is the score."""

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
        if self.parser == "yes_no" and (self.minimum, self.maximum) != (0.0, 1.0):
            raise ValueError("the parser 'yes_no' gives 0 or 1: set minimum to 0 and maximum to 1")
        return self
