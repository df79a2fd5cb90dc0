"""The trained weights as they are shipped: small, safe, and described."""

import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

from editgauge.plugins.miniature.checkpoints import TRAINED, WEIGHTS, Kind

MEGABYTE = 1_000_000
HEADINGS = ("What it does", "What it is", "How it was trained", "Measured", "Not for")


def weight_files() -> list[Path]:
    return sorted(WEIGHTS.rglob("*.safetensors"))


def header(path: Path) -> dict[str, Any]:
    """Return the names, types and shapes that a file of safetensors begins with."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        content: dict[str, Any] = json.loads(file.read(length))
    content.pop("__metadata__", None)
    return content


def test_there_is_a_folder_for_each_trained_kind_and_no_other() -> None:
    assert sorted(path.name for path in WEIGHTS.iterdir()) == sorted(TRAINED)


def test_weights_are_less_than_ten_megabytes_together() -> None:
    assert sum(path.stat().st_size for path in weight_files()) < 10 * MEGABYTE
    others = {path.suffix for path in WEIGHTS.rglob("*") if path.is_file()} - {".safetensors"}
    assert others <= {".json", ".jinja", ".md"}


@pytest.mark.parametrize("path", weight_files(), ids=lambda path: path.relative_to(WEIGHTS))
def test_weights_are_in_half_precision(path: Path) -> None:
    assert {entry["dtype"] for entry in header(path).values()} == {"F16"}


@pytest.mark.parametrize("kind", TRAINED)
def test_configs_name_no_folder_of_the_machine_that_trained(kind: Kind) -> None:
    for path in (WEIGHTS / kind).rglob("*.json"):
        named = re.findall(r'"_name_or_path": *"(.*)"', path.read_text("utf-8"))
        assert not any(named), path


@pytest.mark.parametrize("kind", TRAINED)
def test_a_card_says_what_it_is_how_it_came_about_and_what_it_is_not_for(kind: Kind) -> None:
    card = (WEIGHTS / kind / "README.md").read_text("utf-8")
    headings = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert headings == list(HEADINGS)
    assert "TODO" not in card
