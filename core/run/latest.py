"""`latest`, the link in the folder of runs to the newest run that can be gone on with."""

import contextlib
import secrets
from pathlib import Path

LATEST = "latest"


class LatestLink:
    """The link while one run starts, which it may have to be given back by.

    It is a convenience: whatever it cannot do is no reason to stop.
    """

    def __init__(self, folder: Path, runs_dir: Path) -> None:
        """Touch nothing yet.

        Args:
            folder: the run directory of this run.
            runs_dir: where run directories are made; a run elsewhere is never `latest`.
        """
        self._folder = folder
        self._runs_dir = runs_dir
        self._link = folder.parent / LATEST
        self._former: Path | None = None
        self._is_ours = False

    def point(self) -> str:
        """Let `latest` be this run, if it is in the folder of runs.

        For a run that can be gone on with: from then on, one that is killed is found by `latest`,
        and not the run before it.

        Returns:
            Why it could not be done, or an empty string; `latest` then means another run.
        """
        try:
            if self._folder.parent.resolve() != self._runs_dir.resolve():
                return ""
            if self._link.exists() and not self._link.is_symlink():
                return ""
            self._former = self._link.readlink() if self._link.is_symlink() else None
            self._name(Path(self._folder.name))
        except OSError as error:
            return f"cannot write {self._link}: {error.strerror or error}"
        self._is_ours = True
        return ""

    def put_back(self) -> None:
        """Let `latest` be what it was: this run was refused, so nobody wants to go on with it.

        A run that has taken `latest` meanwhile keeps it.
        """
        with contextlib.suppress(OSError):
            if not self._is_ours or self._link.readlink() != Path(self._folder.name):
                return
            if self._former is None:
                self._link.unlink()
            else:
                self._name(self._former)

    def _name(self, target: Path) -> None:
        """Replace the link by one to `target`, so that there is one at any time."""
        temporary = self._link.with_name(f".{LATEST}.{secrets.token_hex(3)}")
        try:
            temporary.symlink_to(target)
            temporary.replace(self._link)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
