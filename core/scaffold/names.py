"""What a new plugin may be called, and the names that follow from it."""

import importlib.machinery
import importlib.metadata
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.hooks.plugin_manager import Kind, PluginManager

LONGEST_NAME = 40
"""So that lines with the name in them stay readable."""

OWN_FOLDERS = frozenset(("build", "dist", "pictures", "runs", "tests"))
"""Folders that stand, or will stand, beside the package."""
IMPORTED_CLASSES = frozenset(
    (
        "Annotated",
        "Image",
        "ImageChops",
        "ImageColor",
        "ImageStat",
        "Iterator",
        "Literal",
        "Path",
        "Sequence",
    )
)
"""What the templates import by name: a class of such a name would hide it."""


class PluginNameError(ValueError):
    """A name that a new plugin cannot have; says what was expected and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginNames:
    """The names of one plugin.

    Attributes:
        name: of the distribution, of the entry point, and of what is registered: `my-editor`.
        module: of the package that is imported: `my_editor`.
        class_name: of the class: `MyEditor`.
    """

    name: str
    module: str
    class_name: str


def derive_names(text: str) -> PluginNames:
    """Return the names of a plugin that is to be called `text`.

    `My_Editor` and `my.editor` are `my-editor`, as for every Python package
    (https://packaging.python.org/en/latest/specifications/name-normalization/).

    Raises:
        PluginNameError: it is no name of a package, or no module or class can be named after it.
    """
    _check_characters(text)
    name = re.sub(r"[-_.]+", "-", text).lower()
    module = name.replace("-", "_")
    class_name = "".join(part.capitalize() for part in name.split("-"))
    if len(name) > LONGEST_NAME:
        raise PluginNameError(
            f"a plugin's name has at most {LONGEST_NAME} characters, {text!r} has {len(name)}"
        )
    if not module.isidentifier():
        raise PluginNameError(
            f"a plugin's name begins with a letter, for a Python module is named after it; "
            f"got {text!r}. Try {f'my-{name}'!r}."
        )
    if keyword.iskeyword(module):
        why = "a Python module is named after it, and this is a keyword of Python"
    elif module in sys.stdlib_module_names:
        why = f"Python has a module {module!r} of its own"
    elif module in OWN_FOLDERS:
        why = f"the folder {module!r} beside the package has another use"
    elif class_name in IMPORTED_CLASSES or keyword.iskeyword(class_name):
        why = f"the class named after it, {class_name}, would hide another one"
    else:
        return PluginNames(name=name, module=module, class_name=class_name)
    raise PluginNameError(f"a plugin cannot be called {text!r}: {why}. Try {f'my-{name}'!r}.")


def _check_characters(text: str) -> None:
    expected = "a plugin's name has letters from a to z, digits and single '-', such as 'my-editor'"
    if not text:
        raise PluginNameError(f"{expected}; got an empty one")
    foreign = next((character for character in text if not character.isascii()), None)
    if foreign is not None:
        raise PluginNameError(f"{expected}; got {text!r} with {foreign!r}, which is not ASCII")
    if "/" in text or text in (".", ".."):
        raise PluginNameError(
            f"{expected}; got the path {text!r}. Give the folder with --folder instead."
        )
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text):
        raise PluginNameError(
            f"{expected}, and begins and ends with a letter or digit; got {text!r}"
        )


def check_free(names: PluginNames, kind: Kind, plugins: PluginManager) -> None:
    """Look whether the names are free in this installation.

    Raises:
        PluginNameError: a plugin, a distribution or a module has one of them.
    """
    taken = next((one for one in plugins.registrations(kind) if one.name == names.name), None)
    if taken is not None:
        why = f"the {kind} {names.name!r} is registered by the plugin {taken.plugin!r}"
    elif names.name in plugins.plugins:
        package = plugins.plugins[names.name].package
        why = f"the package {package!r} has a plugin {names.name!r}"
    elif _is_distribution(names.name):
        why = f"a package {names.name!r} is installed, and yours would take its place"
    elif _is_module(names.module):
        why = f"an installed package has the module {names.module!r}"
    else:
        return
    raise PluginNameError(
        f"the name {names.name!r} is taken: {why}. Choose another one, such as "
        f"{f'my-{names.name}'!r}, or uninstall what has it."
    )


def _is_distribution(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _is_module(module: str) -> bool:
    # The current folder, which `python -m editgauge` searches, is where the package is made.
    here = Path.cwd()
    places = [place for place in sys.path if place and Path(place).absolute() != here]
    return importlib.machinery.PathFinder.find_spec(module, places) is not None
