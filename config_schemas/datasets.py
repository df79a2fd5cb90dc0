"""Configuration of the built-in datasets, and the base for others."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import ConfigModel, Name


class DatasetConfig(ConfigModel):
    """Base of every dataset's configuration: which rows are selected."""

    type: Name
    """Registered name of the dataset."""

    categories: Annotated[list[Name], Field(min_length=1)] | None = None
    """Only samples of these categories."""

    ids: Annotated[list[Name], Field(min_length=1)] | None = None
    """Only samples with these ids."""

    limit: Annotated[int, Field(ge=1)] | None = None
    """Only the first so many of the samples that are left; reading stops there."""

    on_bad_row: Literal["error", "skip"] = "error"
    """`error`: a row that is no sample ends the run before it begins; `skip`: it is counted."""
