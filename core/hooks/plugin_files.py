"""Imports a plugin from a file or a folder that is not installed: `--plugin ./my_model.py`.

The module has the name of the file. In a worker it is found by location, like every plugin; see
`editgauge.core.workers.environments`.
"""

import importlib
import importlib.machinery
import importlib.util
import keyword
import os
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from editgauge.core.code_digest import PACKAGE_FILE, FreshLoader, code_digest


class PluginFileError(Exception):
    """A plugin file that cannot be used; the message names it, and says what to do."""


@dataclass(frozen=True, slots=True)
class PluginFile:
    """Where a plugin is that is not installed.

    Attributes:
        path: the absolute path of the Python file, or of the package's folder.
        name: the module's name, which is the plugin's name, too.
    """

    path: Path
    name: str

    @property
    def source(self) -> Path:
        """The file that is imported."""
        return self.path / PACKAGE_FILE if self.path.is_dir() else self.path

    @property
    def folders(self) -> list[str] | None:
        """Where its submodules are, or None for a single file."""
        return [str(self.path)] if self.path.is_dir() else None

    def owns(self, file: str | None) -> bool:
        """Return whether a module's file is this plugin's, or lies in its folder."""
        if not file:
            return False
        place = Path(file)
        if self.path.is_dir():
            return place.resolve().is_relative_to(self.path.resolve())
        return place.resolve() == self.path.resolve()


def find_plugin_file(text: str | Path) -> PluginFile:
    """Return the plugin file that a user names.

    Args:
        text: a Python file, or the folder of a package; relative to the working directory.

    Raises:
        PluginFileError: there is none, or its name cannot be that of a module of its own.
    """
    path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - keeps links: they name
    if path.name == PACKAGE_FILE:
        path = path.parent
    if path.is_dir():
        if not (path / PACKAGE_FILE).is_file():
            raise PluginFileError(
                f"the folder {path} has no {PACKAGE_FILE}; name a Python file, or the folder of a "
                "package"
            )
    elif not path.exists():
        beside = path.with_name(f"{path.name}.py")
        hint = "a plugin that is installed needs no path"
        if beside.is_file():
            hint = f"did you mean {text}.py?"
        raise PluginFileError(f"there is no file or folder {path}; {hint}")
    elif path.suffix != ".py":
        raise PluginFileError(f"{path} should be a Python file, with a name that ends in .py")
    name = path.name if path.is_dir() else path.stem
    if not name.isidentifier() or keyword.iskeyword(name):
        better = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("0123456789") or "my_plugin"
        better += "_plugin" if keyword.iskeyword(better) else ""
        raise PluginFileError(
            f"the name of {path} becomes that of a module, so it should be letters, digits and "
            f"underscores; rename it, as in {better}{'' if path.is_dir() else '.py'}"
        )
    found = PluginFile(path, name)
    _check_name_is_free(found)
    return found


def _check_name_is_free(plugin: PluginFile) -> None:
    taken = "is in Python's standard library" if plugin.name in sys.stdlib_module_names else ""
    if not taken and (loaded := sys.modules.get(plugin.name)) is not None:
        file = getattr(loaded, "__file__", None)
        # That of another plugin file belongs to an earlier run of this program.
        if not plugin.owns(file) and not digest_of(loaded):
            taken = f"is loaded already, from {file or 'elsewhere'}"
    elif not taken:
        taken = _installed(plugin)
    if taken:
        raise PluginFileError(
            f"{plugin.path} cannot be imported as {plugin.name!r}, since a module of this name "
            f"{taken}; rename the {'folder' if plugin.path.is_dir() else 'file'}, and the module "
            "in its targets"
        )


def _installed(plugin: PluginFile) -> str:
    """Return where another module of this name is installed, as a clause, or an empty string."""
    try:
        spec = importlib.util.find_spec(plugin.name)
    except (ImportError, ValueError):
        return ""
    if spec is None or plugin.owns(spec.origin):
        return ""
    if spec.origin is None:
        # A namespace package, maybe only a folder without code beside the file.
        elsewhere = [
            folder
            for folder in spec.submodule_search_locations or ()
            if Path(folder).parent.resolve() != plugin.path.parent.resolve()
        ]
        return f"is installed, in {elsewhere[0]}" if elsewhere else ""
    return f"is installed, in {spec.origin}"


def import_plugin_file(plugin: PluginFile) -> ModuleType:
    """Import a plugin file as it is now, even if it was imported before.

    Raises:
        PluginFileError: it cannot be read, or raises; the message has the line.
    """
    forget(plugin)
    importlib.invalidate_caches()
    try:
        loader = FreshLoader(plugin.name, str(plugin.source), code_digest(plugin.path))
        spec = importlib.machinery.ModuleSpec(plugin.name, loader, origin=str(plugin.source))
        spec.submodule_search_locations = plugin.folders
        spec.has_location = True
        module = importlib.util.module_from_spec(spec)
        sys.modules[plugin.name] = module
        loader.exec_module(module)
    except (Exception, SystemExit) as error:
        forget(plugin)
        raise PluginFileError(what_went_wrong(plugin, error)) from error
    return module


def forget(plugin: PluginFile) -> None:
    """Let the next import of a plugin file be a new one."""
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{plugin.name}.")]:
        del sys.modules[name]


def digest_of(module: ModuleType) -> str:
    """Return the digest that a plugin file had when it was imported, or an empty string."""
    loader = module.__spec__.loader if module.__spec__ is not None else None
    return loader.digest if isinstance(loader, FreshLoader) else ""


def what_went_wrong(plugin: PluginFile, error: BaseException) -> str:
    """Return what a plugin file raised, by which line, and what to do where that is known."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if plugin.owns(frame.filename) and frame.lineno is not None
    ]
    if isinstance(error, SyntaxError):
        where = f"{error.filename}, line {error.lineno}"
        text = str(error.msg)
    else:
        where = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(plugin.path)
        try:
            text = " ".join(str(error).split())
        except Exception as another:  # noqa: BLE001 - __str__ is the plugin's code, too
            text = f"(its message cannot be shown: {type(another).__name__})"
    told = (
        f"{where}: {type(error).__name__}: {text}" if text else f"{where}: {type(error).__name__}"
    )
    return told + _hint(plugin, error)


def _hint(plugin: PluginFile, error: BaseException) -> str:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    top = error.name.partition(".")[0]
    beside = plugin.path.parent / top
    if beside.is_dir() or beside.with_suffix(".py").is_file():
        return (
            f" (it lies beside the plugin, and a plugin file is imported alone; put both into a "
            f"folder with an {PACKAGE_FILE}, and name the folder)"
        )
    return ""
