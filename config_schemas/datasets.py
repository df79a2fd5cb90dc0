"""Configuration of the built-in datasets, and the base for others."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from editgauge.config_schemas.base import ConfigModel, Name

DatasetPath = Annotated[str, Field(min_length=1, max_length=4096)]
"""A path; relative ones are taken from the current directory, `~` is the home directory."""

RE_EDIT_SUBSETS = {
    "physical": "physical",
    "environmental": "environmental",
    "cultural": "cultural",
    "causal": "causal",
    "referential": "referential",
    "物理": "physical",
    "环境": "environmental",
    "社会": "cultural",
    "因果": "causal",
    "指代": "referential",
}
"""Every name of a RE-Edit subset, the older edition's Chinese ones too, to its category."""


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


class JsonlConfig(DatasetConfig):
    """A file with one JSON object a line."""

    path: DatasetPath
    """The file. Image paths in it are relative to its folder."""


class FolderConfig(DatasetConfig):
    """A folder of images, each with its instruction in a text file beside it."""

    path: DatasetPath
    """The folder. The category of an image is the first subfolder that it lies in."""

    instruction: Annotated[str, Field(min_length=1, pattern=r"\S")] | None = None
    """Instruction of every image that has no text file of the same name beside it."""


def _to_categories(names: list[str]) -> list[str]:
    for name in names:
        if name not in RE_EDIT_SUBSETS:
            known = ", ".join(dict.fromkeys(RE_EDIT_SUBSETS.values()))
            raise ValueError(f"the categories of RE-Edit are {known}; got {name!r}")
    return [RE_EDIT_SUBSETS[name] for name in names]


class ReEditConfig(DatasetConfig):
    """The benchmark RE-Edit: one JSON list with the images inside."""

    path: DatasetPath
    """The file, `RE-Edit.json`; it is read as a stream, however large it is."""

    categories: (
        Annotated[list[Name], Field(min_length=1), AfterValidator(_to_categories)] | None
    ) = None
    """Only samples of these subsets: physical, environmental, cultural, causal, referential."""

    language: Literal["en", "zh"] = "en"
    """Language of instruction and description. A text that a row does not have in this language
    is taken in the other one."""
