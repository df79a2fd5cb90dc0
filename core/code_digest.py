"""Tells the code of a plugin file from what it was: for the record of a run, and for its workers.

Standard library only: this module is imported in workers of any Python environment.
"""

import hashlib
import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

PACKAGE_FILE = "__init__.py"


def code_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of name and content of every Python file below a folder.

    Raises:
        OSError: a file cannot be read.
    """
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*.py")):
        content = file.read_bytes()
        name = os.fsencode(file.relative_to(path).as_posix())
        digest.update(b"%d %s %d\n" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def check_digest(path: Path, expected: str) -> None:
    """Check that a plugin file is what it was.

    Raises:
        ImportError: it is not; the run's results would be mixed with those of other code.
    """
    if code_digest(path) != expected:
        raise ImportError(
            f"{path} is not what it was when the run began, so its results would be mixed with "
            "others; put it back, or end the run and go on with --resume, which takes it as it is"
        )


def check_name_is_free(name: str, file: str) -> None:
    """Check that this Python has no other module of the name of a plugin file.

    Raises:
        ImportError: it has one, which something may need and would not get.
    """
    other = "in its standard library" if name in sys.stdlib_module_names else ""
    spec = PathFinder.find_spec(name)
    if not other and spec is not None and spec.origin is not None:
        place = os.path.realpath(spec.origin)
        other = f"in {spec.origin}" if place != os.path.realpath(file) else ""
    if other:
        raise ImportError(
            f"the plugin file {file} cannot be imported as {name!r} by {sys.executable}, which has "
            f"another module of this name {other}; rename the file, and the module in its targets"
        )


class FreshLoader(SourceFileLoader):
    """Compiles a file as it is now.

    A cached compilation may be of what the file was within the same second, and none is left
    beside the user's file.
    """

    def __init__(self, name: str, path: str, digest: str) -> None:
        """Load the module `name` from a file whose `code_digest`, with its folder's, is known."""
        super().__init__(name, path)
        self.digest = digest

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled file."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code
