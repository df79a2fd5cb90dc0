"""The plugins that pages show are short, and typed; that they run is tested with the commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from editgauge.testing import check_edit_model, check_reward_model
from tests.docs.pages import DOCS, PAGES, ROOT, Block, blocks_of

SHORT = ("edit-models", "reward-models", "reporters")
"""The kinds that take less than 30 lines of an author's code."""


def examples(page: Path) -> list[Block]:
    """Return the plugins that a page shows as a whole."""
    return [block for block in blocks_of(page) if block.is_plugin]


@pytest.mark.parametrize(
    "page", sorted((DOCS / "plugins").glob("*.md")), ids=lambda page: page.stem
)
def test_each_kind_of_plugin_has_one_whole_example(page: Path) -> None:
    assert len(examples(page)) == (0 if page.stem == "index" else 1)


@pytest.mark.parametrize("kind", SHORT)
def test_an_example_has_less_than_30_lines_of_code(kind: str) -> None:
    (block,) = examples(DOCS / "plugins" / f"{kind}.md")
    code = [line for line in block.text.splitlines()[1:] if line.strip()]
    assert len(code) < 30


def test_every_plugin_shown_is_well_typed(tmp_path: Path) -> None:
    """As an author's mypy would see it, in strict mode and without exceptions."""
    pages = [*PAGES, ROOT / "README.md"]
    blocks = [block for page in pages for block in examples(page)]
    names = [Path(block.file_name).name for block in blocks]
    assert len(set(names)) == len(names) > 15, "each example needs a file name of its own"
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / name).write_text(block.text)
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary"]
    # What `make lint` has found out about editgauge itself need not be found out again.
    cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, *cache, *names],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def written(kind: str, folder: Path) -> Path:
    """Write the example of a page into a folder and return its path."""
    (block,) = examples(DOCS / "plugins" / f"{kind}.md")
    path = folder / block.file_name
    path.write_text(block.text)
    return path


def test_the_edit_model_passes_every_check_of_the_kit(tmp_path: Path) -> None:
    plugin = written("edit-models", tmp_path)
    config = {"type": "pixelate", "workers": {"devices": ["cpu"]}}
    assert check_edit_model(config, plugins=[plugin]).names("failed") == []


def test_the_reward_model_passes_every_check_of_the_kit(tmp_path: Path) -> None:
    plugin = written("reward-models", tmp_path)
    config = {"type": "difference", "workers": {"devices": ["cpu"]}}
    assert check_reward_model(config, plugins=[plugin]).names("failed") == []
