"""Rubric files: the built-in ones beside this module, and those of a user."""

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.core.text import did_you_mean
from editgauge.core.yaml_loading import YamlError, load_yaml

BUILT_IN = (
    "general",
    "re-edit-physical",
    "re-edit-environmental",
    "re-edit-cultural",
    "re-edit-causal",
    "re-edit-referential",
)
"""Names of the built-in rubrics; each is a file `NAME.yaml` beside this module."""

_MAX_BYTES = 1_000_000


class RubricError(ValueError):
    """A rubric that cannot be used: unknown name, missing or damaged file, or a name given twice.

    The message says what was expected, what came and what to do.
    """


def read_built_in(name: str) -> RubricConfig:
    """Return a built-in rubric by its name, one of `BUILT_IN`."""
    file = resources.files(__package__) / f"{name}.yaml"
    return _parse(file.read_text(encoding="utf-8"), source=f"the built-in rubric {name!r}")


def read_rubric_file(path: Path) -> RubricConfig:
    """Return the rubric in a YAML file.

    Raises:
        RubricError: there is no such file, it cannot be read, is larger than 1 MB, no UTF-8, no
            YAML, or no rubric.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise RubricError(f"there is no rubric file {path}") from error
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise RubricError(f"the rubric file {path} cannot be read: {reason}") from error
    if len(data) > _MAX_BYTES:
        raise RubricError(f"the rubric file {path} is larger than {_MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RubricError(
            f"the rubric file {path} is no UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from error
    return _parse(text, source=str(path))


def _parse(text: str, *, source: str) -> RubricConfig:
    try:
        data = load_yaml(text, source=source)
    except YamlError as error:
        raise RubricError(str(error)) from error
    if not isinstance(data, dict):
        raise RubricError(
            f"{source}: expected a rubric (keys like 'prompt' and 'parser'), "
            f"got {'nothing' if data is None else type(data).__name__}"
        )
    try:
        return RubricConfig.model_validate(data)
    except ValidationError as error:
        raise RubricError(f"{source}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}.{did_you_mean(key, RubricConfig.model_fields)}")
        elif problem["type"] == "missing":
            lines.append(f"the key {key!r} is missing")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{key}: {message}, got {problem['input']!r}" if key else message)
    return "; ".join(lines)
