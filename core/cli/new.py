"""`editgauge new`."""

import os
import shlex
from pathlib import Path

import click

from editgauge.core.cli.common import UserError, load_plugins, say
from editgauge.core.scaffold.files import (
    NEW_KINDS,
    NewKind,
    package_files,
    single_file,
    write_files,
)
from editgauge.core.scaffold.names import PluginNameError, PluginNames, check_free, derive_names

_EPILOG = """\b
Examples:
  editgauge new edit-model my-editor
  editgauge new reward-model my-judge --folder ~/code/my-judge
  editgauge new reporter slow-edits --single-file
"""


@click.command(epilog=_EPILOG)
@click.argument("kind", type=click.Choice([*NEW_KINDS]))
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write to; it is made if it is missing. Default: a new folder NAME, and with "
    "--single-file the current one.",
)
@click.option(
    "--single-file",
    "single",
    is_flag=True,
    help="Write one file for --plugin instead of a package.",
)
def new(*, kind: str, name: str, folder: Path | None, single: bool) -> None:
    """Write a small plugin that works at once, to be made into your own.

    A package has one class, its options, a test with editgauge's kit, a run without a GPU and a
    README with the steps. No file that exists is overwritten.
    """
    chosen = NEW_KINDS[kind]
    try:
        names = derive_names(name)
        check_free(names, chosen.kind, load_plugins(()))
    except PluginNameError as error:
        raise UserError(str(error)) from error
    if folder is None:
        folder = Path() if single else Path(names.name)
    folder = folder.expanduser()
    files = single_file(chosen, names) if single else package_files(chosen, names)
    _write(files, folder)
    lines = _of_file(names, folder) if single else _of_package(chosen, names, folder)
    if name != names.name:
        say(f"The name is written {names.name!r}, as names of packages are.")
    say(
        f"{folder / f'{names.module}.py' if single else folder}: {chosen.article} {chosen.kind}, "
        f"{names.name!r}, with a stand-in that works."
    )
    say()
    for line in lines:
        say(line)


def _write(files: dict[str, bytes], folder: Path) -> None:
    try:
        write_files(files, folder)
    except FileExistsError as error:
        raise UserError(
            f"{error} exists already, and nothing was written; choose another name, "
            "or another folder with --folder"
        ) from error
    except OSError as error:
        raise UserError(
            f"{error.filename or folder} cannot be written: {error.strerror}"
        ) from error


def _of_package(kind: NewKind, names: PluginNames, folder: Path) -> list[str]:
    code = f"{names.module}/{kind.part}.py"
    return [
        "Next:",
        f"  cd {_quoted(folder)}",
        "  pip install -e '.[test]'",
        "  python -m pytest",
        f"  editgauge check plugin {names.name} --config run.yaml",
        "  editgauge run run.yaml",
        "",
        f"Your code goes into {code}; README.md has the steps.",
    ]


def _of_file(names: PluginNames, folder: Path) -> list[str]:
    path = _quoted(folder / f"{names.module}.py")
    path = path if os.sep in path else f"./{path}"
    return [
        "Next, with the config that stands at the top of the file as run.yaml:",
        f"  editgauge check plugin {names.name} --config run.yaml --plugin {path}",
        f"  editgauge run run.yaml --plugin {path}",
    ]


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
