"""Names in braces in the paths of a configuration."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from editgauge.config_schemas.path_patterns import DATED_NAMES, check_pattern, fill_pattern
from editgauge.config_schemas.reporters import EventsConfig, FileConfig, JsonConfig, PlainConfig


def test_names_are_filled_in_and_braces_in_a_value_mean_nothing() -> None:
    values = {"run_id": "{date}", "run_dir": "/runs/{x}", "date": "2026-11-23"}
    filled = fill_pattern("{run_dir}/{date}/{run_id}{run_id}.log", values)
    assert filled == "/runs/{x}/2026-11-23/{date}{date}.log"


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("logs/{run}.log", "{run}"),
        ("logs/{}.log", "{}"),
        ("logs/{run_id.log", "{"),
        ("logs/run_id}.log", "}"),
        ("logs/{{run_id}}.log", "{"),
        ("logs/{run_id!r}.log", "{run_id!r}"),
    ],
)
def test_another_brace_is_an_error_that_names_the_known_ones(pattern: str, wrong: str) -> None:
    with pytest.raises(ValueError, match="is not known") as raised:
        check_pattern(pattern, DATED_NAMES)
    assert str(raised.value) == (
        f"{wrong} is not known in this path; known are {{run_id}}, {{run_dir}}, {{date}}"
    )


@pytest.mark.parametrize(
    ("model", "dated"),
    [(JsonConfig, True), (FileConfig, True), (PlainConfig, False), (EventsConfig, False)],
)
def test_only_log_files_that_go_on_under_another_name_know_the_date(
    model: type[BaseModel], dated: bool
) -> None:
    model.model_validate({"path": "{run_dir}/{run_id}.log"})
    if dated:
        model.model_validate({"path": "{date}.log"})
    else:
        with pytest.raises(ValidationError, match=r"known are \{run_id\}, \{run_dir\}"):
            model.model_validate({"path": "{date}.log"})


@pytest.mark.parametrize(
    ("written", "size"),
    [(5000, 5000), ("5000", 5000), ("100MB", 10**8), ("1.5 GiB", 3 * 2**29), ("8k", 8000)],
)
def test_sizes_are_bytes_or_texts_with_a_unit(written: Any, size: int) -> None:
    assert JsonConfig(max_bytes=written).max_bytes == size


@pytest.mark.parametrize("written", [100, "4kB", "100 parsecs", "1e9", "1GB a day", -1, 1.5, True])
def test_other_sizes_are_refused(written: Any) -> None:
    with pytest.raises(ValidationError, match=r"max_bytes"):
        JsonConfig(max_bytes=written)


def test_a_size_that_is_too_small_is_told() -> None:
    with pytest.raises(ValidationError, match=r"at least 4096 bytes \('4KiB'\), got 1 "):
        JsonConfig.model_validate({"max_bytes": 1})
