"""The run directory: everything that a run writes.

`results.jsonl` is the truth. A row is on disk, whole, before its sample is announced as finished.
Whatever cannot be written raises `WriteError`, and the run stops in good order.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from editgauge.core.run.latest import LATEST
from editgauge.core.run.results import EditResult, ScoreResult, result_from_row
from editgauge.core.samples import Sample, safe_name
from editgauge.core.text import dump_json, dump_json_document
from editgauge.core.whole_files import make_folder, replacing, sync_entry
from editgauge.core.workers.protocol import write_all

_NOT_JSON = (json.JSONDecodeError, UnicodeDecodeError, RecursionError)


class WriteError(Exception):
    """Something of the run directory could not be written; `path` is what."""

    def __init__(self, path: Path, error: OSError) -> None:
        """Say what could not be written, and why."""
        self.path = path
        super().__init__(f"cannot write {path}: {error.strerror or error}")


class RunDirectoryError(Exception):
    """The run directory cannot be used: taken, missing, in use, or damaged."""


class RunStore:
    """The run directory of one run in progress."""

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        """Open a run directory that exists; use `create` or `reopen`.

        Args:
            folder: the run directory.
            sync: whether what is written is flushed to the disk, and so survives a power cut.

        Raises:
            RunDirectoryError: another process writes to it.
            WriteError: it cannot be written.
        """
        self.folder = folder
        self.sync = sync
        self._failed: OSError | None = None
        self._manifest_held = False
        self._results_path = folder / "results.jsonl"
        with _writing(self._results_path):
            self._results = os.open(
                self._results_path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
            )
        if not _lock(self._results) or not self._is_in_place():
            os.close(self._results)
            raise RunDirectoryError(
                f"another editgauge process writes to {folder}; wait for its end or stop it"
            )
        try:
            with _writing(self._results_path):
                self._whole = os.fstat(self._results).st_size
                if sync:
                    os.fsync(self._results)
                    sync_entry(self._results_path)
        except WriteError:
            self.close()
            raise

    @classmethod
    def create(
        cls, runs_dir: Path, name: str, *, folder: Path | None = None, sync: bool = False
    ) -> "RunStore":
        """Make a run directory.

        Args:
            runs_dir: where run directories live.
            name: goes into its name, `20261123T031035Z-NAME-7f3a2b` (UTC and six random digits).
            folder: the run directory itself, instead of a new one in `runs_dir`.
            sync: as for the class.

        Raises:
            RunDirectoryError: the folder holds something already.
            WriteError: it cannot be made.
        """
        if folder is None:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            folder = runs_dir.absolute() / f"{stamp}-{name}-{secrets.token_hex(3)}"
        folder = folder.absolute()
        with _writing(folder):
            if folder.exists() and not folder.is_dir():
                raise RunDirectoryError(f"{folder} is a file; a run needs a folder of its own")
            if folder.exists() and not _is_free(folder):
                raise RunDirectoryError(
                    f"{folder} is not empty, and it holds no run to go on with (no run.json); "
                    "name a folder that is missing or empty, or move what is in it elsewhere"
                )
            for part in (folder, folder / "images", folder / "logs", folder / "sources"):
                make_folder(part, sync=sync)
        return cls(folder, sync=sync)

    @classmethod
    def reopen(cls, folder: Path, *, sync: bool = False) -> "RunStore":
        """Open the directory of an earlier run; nothing in it is changed.

        A torn last line of its results is not read, and stays until `cut_torn_line`.

        Args:
            folder: the run directory.
            sync: as for the class.

        Raises:
            RunDirectoryError: it is no run directory, in use, or has a link in it.
            WriteError: it cannot be written.
        """
        folder = folder.absolute()
        if not (folder / "run.json").is_file():
            raise RunDirectoryError(f"{folder} is no run directory: it has no run.json")
        _refuse_links(folder)
        return cls(folder.resolve(), sync=sync)

    @property
    def run_id(self) -> str:
        """The name of the run directory."""
        return self.folder.name

    @property
    def spool(self) -> Path:
        """The selected samples, one JSON object a line."""
        return self.folder / "samples.jsonl"

    @property
    def sources(self) -> Path:
        """Folder of source images that the dataset does not hold as files."""
        return self.folder / "sources"

    @property
    def logs(self) -> Path:
        """Folder of one log per worker."""
        return self.folder / "logs"

    def image_path(self, sample: Sample | EditResult | ScoreResult) -> Path:
        """Return where the edited image of a sample goes; a result names its sample, too."""
        return self.folder / "images" / f"{safe_name(sample.id)}.png"

    def relative(self, path: Path) -> str:
        """Return a path within the run directory as results and events state it."""
        return path.relative_to(self.folder).as_posix()

    def append(self, result: EditResult | ScoreResult) -> None:
        """Append a row; when this returns, the system has it whole, with `sync` on the disk.

        Raises:
            WriteError: it could not be written; no row is taken any more.
        """
        line = dump_json(result.to_row()).encode("utf-8") + b"\n"
        with _writing(self._results_path):
            if self._failed is not None:
                raise self._failed
            try:
                write_all(self._results, line)
                if self.sync:
                    os.fsync(self._results)
            except OSError as error:
                # A row behind a torn one would make both unreadable. And one that was written but
                # not flushed looks fine until the power fails, so that it would be taken for done.
                self._failed = error
                with contextlib.suppress(OSError):
                    os.ftruncate(self._results, self._whole)
                raise
            self._whole += len(line)

    def supersede(self, kept: Sequence[int]) -> int:
        """Take rows out of `results.jsonl`, and add them to `superseded.jsonl`.

        The file is replaced atomically, so it has one row for each sample and stage at any time.

        Args:
            kept: for each line of the file, from 0, whether it stays.

        Returns:
            The number of rows that were taken out.

        Raises:
            WriteError: it could not be written; the rows are still there.
        """
        archive = self.folder / "superseded.jsonl"
        with _writing(archive), _open_lines(archive, sync=self.sync) as (out, end):
            try:
                for line, stays in zip(self._lines(), kept, strict=True):
                    if not stays:
                        write_all(out, line)
                if self.sync:
                    os.fsync(out)
                self._replace_results(
                    line for line, stays in zip(self._lines(), kept, strict=True) if stays
                )
            except BaseException:
                if self._is_in_place():
                    with contextlib.suppress(OSError):
                        os.ftruncate(out, end)
                raise
        return sum(not stays for stays in kept)

    def _replace_results(self, lines: Iterable[bytes]) -> None:
        with _writing(self._results_path), ExitStack() as stack:
            with replacing(self._results_path, sync=self.sync) as file:
                file.writelines(lines)
                file.flush()
                # Taken over before the file has its name, so that nobody else gets the lock.
                taken = os.dup(file.fileno())
                stack.callback(os.close, taken)
                fcntl.fcntl(taken, fcntl.F_SETFL, os.O_APPEND)
                _lock(taken)
            stack.pop_all()
            former, self._results = self._results, taken
            self._whole = os.fstat(taken).st_size
            # Nothing of it is read any more, so nothing is lost if it closes badly.
            with contextlib.suppress(OSError):
                os.close(former)

    def _is_in_place(self) -> bool:
        """Return whether the open file is still the one at its path, and not superseded."""
        try:
            return os.path.samestat(os.fstat(self._results), self._results_path.stat())
        except OSError:
            return False

    def _lines(self) -> Iterator[bytes]:
        with self._results_path.open("rb") as file:
            yield from file

    @property
    def holds_manifest(self) -> bool:
        """Whether `run.json` is left as it is: this start may still be refused."""
        return self._manifest_held

    def hold_manifest(self) -> None:
        """Leave `run.json` as it is until `release_manifest`: it may not hold for the results."""
        self._manifest_held = True

    def release_manifest(self) -> None:
        """Let `write_manifest` write again."""
        self._manifest_held = False

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Replace `run.json` atomically, once the results that it speaks of are on the disk.

        While it is held, nothing happens.

        Raises:
            WriteError: it could not be written; the former one is still there.
        """
        if self._manifest_held:
            return
        with _writing(self._results_path):
            if self._failed is None:
                # Even without `sync`: a network file system may tell only now that it is full.
                try:
                    os.fsync(self._results)
                except OSError as error:
                    self._failed = error
                    raise
        path = self.folder / "run.json"
        with _writing(path):
            text = dump_json_document(manifest)
            with replacing(path, sync=self.sync) as file:
                file.write(f"{text}\n".encode("ascii"))
                # Even without `sync`: a power cut that empties it would cost the whole run.
                file.flush()
                os.fsync(file.fileno())

    def sweep(self) -> None:
        """Remove half-written files that processes left behind which were killed."""
        for folder in (self.folder, self.folder / "images", self.sources):
            # Entry by entry: `glob` would hold a list of every image of the run.
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                        with contextlib.suppress(OSError):
                            Path(entry.path).unlink()

    def close(self) -> None:
        """Let others write to the run directory."""
        with contextlib.suppress(OSError):
            os.close(self._results)

    def cut_torn_line(self) -> int:
        """Cut a torn last line off `results.jsonl`, before a row is added or taken out.

        Returns:
            How many bytes of it there were.

        Raises:
            WriteError: it could not be cut off.
        """
        with _writing(self._results_path):
            size = os.fstat(self._results).st_size
            end = _end_of_last_line(self._results, size)
            if end < size:
                os.ftruncate(self._results, end)
                if self.sync:
                    os.fsync(self._results)
                self._whole = end
        return size - end


def _lock(descriptor: int) -> bool:
    """Take the lock of a file for this process; return whether nobody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems (Lustre, as often mounted) have no locks. The lock only guards
        # against a mistake, so that is no reason to refuse them.
        pass
    return True


def _is_free(folder: Path) -> bool:
    """Return whether a folder may become a run directory: it is empty, or its run never began.

    A run that cannot write its first manifest, or is killed before, leaves what `create` makes.
    It cannot be gone on with, so it must not be in the way either.
    """
    for entry in folder.iterdir():
        if entry.name == "results.jsonl" and entry.is_file():
            empty = entry.stat().st_size == 0
        elif entry.name in ("images", "logs", "sources") and entry.is_dir():
            empty = not any(entry.iterdir())
        else:
            empty = entry.name.startswith(".run.json.") and entry.name.endswith(".tmp")
        if not empty:
            return False
    return True


def _refuse_links(folder: Path) -> None:
    """Refuse an earlier run in which a link would take what is written somewhere else.

    It may be one that somebody gave away. No run makes a link within its directory.
    """
    for place in (folder, folder / "logs"):
        try:
            entries = sorted(place.iterdir())
        except FileNotFoundError:
            continue
        except OSError as error:
            raise RunDirectoryError(f"cannot read {place}: {error.strerror}") from error
        for path in entries:
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                kind = "a link" if path.is_symlink() else "no file"
                raise RunDirectoryError(
                    f"{path} is {kind}, and a run writes to plain files and folders of its own "
                    "only; put the real one in its place, or take it away"
                )


@contextlib.contextmanager
def _open_lines(path: Path, *, sync: bool) -> Iterator[tuple[int, int]]:
    """Give a descriptor that appends to a file of lines, and the file's length.

    A torn last line, left by a process that was killed, is cut off first. A file that was not there
    and has no line in the end, because something failed, is taken away again.
    """
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if sync:
            sync_entry(path)
        size = os.fstat(descriptor).st_size
        end = _end_of_last_line(descriptor, size)
        if end < size:
            os.ftruncate(descriptor, end)
        yield descriptor, end
    except BaseException:
        with contextlib.suppress(OSError):
            if is_new and os.fstat(descriptor).st_size == 0:
                path.unlink()
        raise
    finally:
        os.close(descriptor)


def _end_of_last_line(descriptor: int, size: int) -> int:
    position = size
    while position > 0:
        start = max(0, position - 65536)
        newline = os.pread(descriptor, position - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(path, error) from error


def find_run(name: str, runs_dir: Path) -> Path:
    """Return the run directory that a user names: `latest`, a path, or a name in `runs_dir`.

    The path of its `run.json` stands for it, too.

    Raises:
        RunDirectoryError: there is none.
    """
    name = str(Path(name).parent) if Path(name).name == "run.json" else name
    candidates = [runs_dir / name] if name == LATEST else [Path(name), runs_dir / name]
    for candidate in candidates:
        if (candidate / "run.json").is_file():
            return candidate.resolve()
    tried = ", ".join(str(candidate.absolute()) for candidate in candidates)
    raise RunDirectoryError(f"no run called {name!r}: there is no run.json in {tried}")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run.

    Raises:
        RunDirectoryError: it is missing or damaged.
    """
    path = folder / "run.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"cannot read {path}: {error}") from error
    if not isinstance(manifest, dict):
        raise RunDirectoryError(f"{path} is no manifest: expected a JSON object")
    return manifest


def read_results(folder: Path) -> Iterator[EditResult | ScoreResult]:
    """Yield the rows of `results.jsonl` in order of completion; a torn last line is left out.

    Raises:
        RunDirectoryError: the file is missing, or a whole line of it is no result; says which
            line, and how to get rid of it.
    """
    path = folder / "results.jsonl"
    try:
        file = path.open("rb")
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from error
    with file:
        # As bytes: a torn line may end within a character.
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield result_from_row(json.loads(line.decode("utf-8")))
            except (ValueError, RecursionError) as error:
                what = "not JSON" if isinstance(error, _NOT_JSON) else str(error)
                raise RunDirectoryError(
                    f"{path}, line {number}: {what}, so the file was damaged. Keep a copy of it, "
                    "delete that line, and --resume the run: what the line held is done again"
                ) from error
