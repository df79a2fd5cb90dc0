"""The example on each page of a hook works: observers hear a run, and what registers is used."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, Block, blocks_of
from tests.docs.world import World, general

PAGES = sorted((DOCS / "hooks").glob("*_*.md"))


def example(page: Path) -> Block:
    """Return the block of a page that is a plugin."""
    (found,) = [block for block in blocks_of(page) if block.file_name]
    return found


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a folder with every example in it."""
    world = World(tmp_path_factory.mktemp("hooks"))
    for page in PAGES:
        world.give_file(example(page))
    return world


@pytest.fixture(scope="module")
def heard(world: World) -> set[str]:
    """Return every line that observers have written, in general terms."""
    options = " ".join(f"--plugin ./{example(page).file_name}" for page in PAGES)
    settings = "--add-reporter dots -o reward.batch_size=2 -o edit.step_seconds=0.01"
    printed = succeed(world.run(f"editgauge run run.yaml --progress none {options} {settings}"))
    files = [*world.folder.glob("*.txt"), *world.folder.glob("*.csv")]
    text = "\n".join([printed, *(file.read_text() for file in files)])
    return {general(line) for line in text.splitlines()}


SHOWN = [(page, block) for page in PAGES for block in blocks_of(page) if block.language == "text"]


@pytest.mark.parametrize(("page", "shown"), SHOWN, ids=[page.stem for page, _ in SHOWN])
def test_an_observer_writes_what_its_page_says(page: Path, shown: Block, heard: set[str]) -> None:
    missing = [line for line in shown.text.splitlines() if general(line) not in heard]
    assert missing == [], f"{page.stem} shows what was not written; there was {heard}"


def test_every_observing_hook_shows_what_its_example_writes() -> None:
    observing = {page.stem for page in PAGES if page.stem.endswith("_event")}
    assert {page.stem for page, _ in SHOWN} == observing | {"register_reporters"}


def test_what_registers_models_and_datasets_is_used_by_a_run(world: World) -> None:
    config = json.dumps(
        {
            "dataset": {"type": "noise"},
            "edit": {"type": "flip-over", "workers": {"devices": ["cpu"]}},
            "reward": {"type": "brightness", "workers": {"devices": ["cpu"]}},
        }
    )
    (world.folder / "registered.yaml").write_text(config)
    options = "--plugin ./noise.py --plugin ./flips.py --plugin ./brightness.py"
    printed = succeed(world.run(f"editgauge run registered.yaml --progress plain {options}"))
    assert "scored   4 of 4" in printed
    assert "Score: " in printed


def test_what_registers_a_command_adds_it(world: World) -> None:
    """As an installed package would: the command is known by an entry point."""
    packaged = world.folder / "site" / "where-1.0.dist-info"
    packaged.mkdir()
    (packaged / "METADATA").write_text("Metadata-Version: 2.1\nName: where\nVersion: 1.0\n")
    (packaged / "entry_points.txt").write_text("[editgauge]\nwhere = where\n")
    (world.folder / "site" / "where.py").write_text(
        example(DOCS / "hooks/register_commands.md").text
    )
    (world.folder / "there" / "runs" / "latest").mkdir(parents=True)
    printed = succeed(world.run("editgauge where --runs-dir there/runs"))
    assert str(world.folder / "there" / "runs" / "latest") in printed.splitlines()
