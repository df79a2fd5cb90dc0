"""The folder of a session, and files that live as long as somebody holds them."""

import os
import re
import secrets
import shutil
import tempfile
import weakref
from datetime import UTC, datetime
from pathlib import Path

from editgauge.core.run.store import WriteError


class Keeper:
    """Keeps a temporary folder: it is removed when nobody holds this object any more."""

    def __init__(self, path: Path) -> None:
        """Keep a folder."""
        self._removal = weakref.finalize(self, _remove_folder, path, os.getpid())

    def let_it_be(self) -> None:
        """Leave the folder where it is, for good."""
        self._removal.detach()


class SessionFolder:
    """The folder of one session, with `images`, `inputs` and `logs` in it.

    A temporary one is removed once the session is closed and nobody holds a file of it any more.

    Attributes:
        path: the folder.
        keeper: keeps the folder if it is a temporary one, as long as the session is open; else
            None.
    """

    def __init__(self, where: Path | None, name: str) -> None:
        """Make it.

        Args:
            where: folder in which it is made, to be kept; None: a temporary one.
            name: goes into its name.

        Raises:
            WriteError: it cannot be made.
        """
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
        try:
            if where is None:
                self.path = Path(tempfile.mkdtemp(prefix=f"editgauge-{name}-"))
            else:
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
                self.path = where.absolute() / f"{stamp}-{name}-{secrets.token_hex(3)}"
            for part in (self.images, self.inputs, self.logs):
                part.mkdir(parents=True)
        except OSError as error:
            raise WriteError(
                Path(error.filename or where or tempfile.gettempdir()), error
            ) from error
        self.keeper = Keeper(self.path) if where is None else None

    @property
    def images(self) -> Path:
        """Folder of edited images."""
        return self.path / "images"

    @property
    def inputs(self) -> Path:
        """Folder of images that were given as objects, while they are needed."""
        return self.path / "inputs"

    @property
    def logs(self) -> Path:
        """Folder of one log per worker."""
        return self.path / "logs"

    def discard(self) -> None:
        """Remove it: the session could not begin."""
        self.keeper = None
        shutil.rmtree(self.path, ignore_errors=True)

    def close(self, *, keep_logs: bool) -> None:
        """Remove what nobody needs after the session; of a failed one, the logs stay."""
        shutil.rmtree(self.inputs, ignore_errors=True)
        if self.keeper is None:
            return
        if keep_logs:
            self.keeper.let_it_be()
        else:
            shutil.rmtree(self.logs, ignore_errors=True)
        self.keeper = None


class OwnedFile:
    """A file that is removed when the last one who holds this object lets go of it.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, keeper: Keeper | None) -> None:
        """Own a file of a folder, which stays as long as the file."""
        self.path = path
        self._keeper = keeper
        # Not at the end of the process: the folder goes as a whole then.
        weakref.finalize(self, _remove_file, path, os.getpid()).atexit = False


def _remove_folder(path: Path, process: int) -> None:
    # A process that was forked off has a copy of the object, and not of the folder.
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)


def _remove_file(path: Path, process: int) -> None:
    if os.getpid() == process:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return
