"""What every model of a user's configuration shares."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ConfigModel(BaseModel):
    """Base of every configuration: strict types, no unknown keys, no changes, no NaN.

    The docstring below a field is its description, in the JSON Schema and in error messages.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


SAME_RESULTS = "same results"
"""Marks a field, `Annotated[int, SAME_RESULTS]`, that says how fast or where a result is made and
never what it is: results that exist still hold when it changes."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""A name that a user gives or chooses."""

PositiveInt = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
