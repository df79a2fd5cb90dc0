"""Every command of the documentation is run, or stands beside the reason why it is not."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest

from editgauge.core.cli.main import cli
from tests.docs.pages import EVERY_PAGE, ROOT, Block, blocks_of, page_name
from tests.docs.world import World, copy_examples, general

NOT_RUN = "not run: "
TERMINAL = "run in a terminal"
WHERE = re.compile(r"run where there is: (\w+)")
ENDS_WITH = re.compile(r"ends with exit code (\d+)")
COMMANDS = re.compile(r"^(?:\$ )?(?:editgauge|pip|make|python|pytest|git|jq|cd) ", re.MULTILINE)


def can_run(block: Block) -> bool:
    needed = WHERE.fullmatch(block.note)
    there = not needed or shutil.which(needed[1]) or importlib.util.find_spec(needed[1])
    return bool(there) and not block.note.startswith(NOT_RUN)


def of_page(page: Path) -> tuple[list[Block], list[Block]]:
    """Return the blocks of commands that are run, and those that are not."""
    shells = [block for block in blocks_of(page) if block.language == "sh"]
    return (
        [block for block in shells if not block.note.startswith(NOT_RUN)],
        [block for block in shells if block.note.startswith(NOT_RUN)],
    )


WITH_COMMANDS = [
    page
    for page in EVERY_PAGE
    # A translation has the commands of its original; another test compares them.
    if of_page(page)[0] and page.name != "README.zh-CN.md"
]
UNRUN = [block for page in EVERY_PAGE for block in of_page(page)[1]]


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(tmp_path_factory.mktemp("finished"))
    done = world.run("editgauge run run.yaml --progress none --add-reporter events")
    assert done.returncode == 0, done.stdout
    return (world.folder / "runs" / "latest").resolve()


def not_printed(block: Block, output: str) -> list[str]:
    """Return the lines of a block that are not in the output; `…` at the end stands for a rest."""
    printed = [general(line) for line in output.splitlines()]
    return [
        line
        for line in block.text.splitlines()
        if not any(
            text == general(line) or (line.endswith("…") and text.startswith(general(line[:-1])))
            for text in printed
        )
    ]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=page_name)
def test_every_command_of_a_page_works(page: Path, finished_run: Path, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.give_run(finished_run)
    copy_examples(tmp_path)
    for block in blocks_of(page):
        if block.language == "sh" and can_run(block):
            done = world.run(block.text, terminal=block.note == TERMINAL)
            asked = ENDS_WITH.fullmatch(block.note)
            expected = int(asked[1]) if asked else 0
            assert done.returncode == expected, f"{block.place}:\n{done.stdout}"
        elif block.language == "text":
            missing = not_printed(block, world.output)
            assert not missing, f"{block.place}: not printed: {missing}\n{world.output}"
        elif block.file_name:
            world.give_file(block)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=page_name)
def test_commands_stand_in_blocks_that_are_run(page: Path) -> None:
    hidden = [
        block.place
        for block in blocks_of(page)
        if block.language in ("", "console", "bash", "shell") and COMMANDS.search(block.text)
    ]
    assert hidden == [], "commands belong in blocks of the language 'sh', which are run"


def commands_in(block: Block) -> list[list[str]]:
    lines = block.text.replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [command for command in words if command]


def parse(arguments: list[str]) -> None:
    """Let click read a command line of editgauge without doing what it says."""
    group: click.Command = cli
    context = click.Context(group, info_name="editgauge")
    while isinstance(group, click.Group):
        name, *arguments = arguments
        command = group.get_command(context, name)
        assert command is not None, f"there is no command {name!r}"
        group = command
    group.make_context(group.name or "", arguments, parent=context)


def extras_of(requirement: str) -> set[str]:
    found = re.fullmatch(r"editgauge\[([\w,-]+)\]", requirement)
    return set(found[1].split(",")) if found else set()


@pytest.mark.parametrize("block", UNRUN, ids=lambda block: block.place)
def test_what_is_not_run_could_be_run_and_says_why_it_is_not(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.yaml").touch()
    assert len(block.note.removeprefix(NOT_RUN).split()) > 2
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for program, *arguments in commands_in(block):
        if program == "editgauge":
            parse(arguments)
        elif program == "pip":
            wanted = set().union(*(extras_of(argument) for argument in arguments))
            assert wanted <= known["optional-dependencies"].keys()
        elif program == "make":
            done = subprocess.run(
                ["make", "--dry-run", *arguments],  # noqa: S607 - make of whoever runs the tests
                cwd=ROOT,
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
