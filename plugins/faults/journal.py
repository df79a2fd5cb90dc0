"""What has happened so far in a run, kept in a file that all of its workers share.

Standard library only, Python 3.10: imported in workers of any environment.
"""

import errno
import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

FILE_NAME = "faults.jsonl"
"""In the run directory: one JSON object a line, written before the fault happens."""


class Journal:
    """Counts over all workers of a run, those that are dead and former parts of it, too.

    `fault` is the key of an entry (see `keys_of`), `occasion` the sample, or the worker for what
    belongs to no sample.
    """

    def __init__(self, folder: Path | None) -> None:
        """Take the run directory; without one, only this process is counted."""
        self._path = None if folder is None else folder / FILE_NAME
        self._read = 0
        self._happened: Counter[str] = Counter()
        self._drawn: Counter[tuple[str, str]] = Counter()

    def claim(self, fault: str, times: int | None, **facts: Any) -> bool:
        """Note that a fault happens now, if it has happened less than `times` (None: always).

        Args:
            fault: its key.
            times: how many times it may happen in the run.
            facts: what else is worth knowing, for people.

        Raises:
            OSError: the file cannot be written.
        """
        with self._locked() as descriptor:
            if times is not None and self._happened[fault] >= times:
                return False
            self._add(descriptor, {"what": "happened", "fault": fault, **facts})
            return True

    def attempt(self, fault: str, occasion: str) -> int:
        """Return how many times chance was asked about a fault on an occasion, with this one.

        Raises:
            OSError: the file cannot be written.
        """
        with self._locked() as descriptor:
            self._add(descriptor, {"what": "drawn", "fault": fault, "occasion": occasion})
            return self._drawn[fault, occasion]

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Keep every other worker out, and know what they have written."""
        if self._path is None:
            yield -1
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            # Ends with the process, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._catch_up(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _catch_up(self, descriptor: int) -> None:
        new = b""
        while part := os.pread(descriptor, 1 << 20, self._read + len(new)):
            new += part
        if new and not new.endswith(b"\n"):
            # A worker was killed while it wrote: the next line must not continue this one.
            os.write(descriptor, b"\n")
            new += b"\n"
        self._read += len(new)
        for line in new.splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                self._count(row)

    def _add(self, descriptor: int, row: dict[str, Any]) -> None:
        if descriptor >= 0:
            now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.10 has no datetime.UTC
            line = json.dumps({"time": now.isoformat(timespec="milliseconds"), **row}) + "\n"
            written = os.write(descriptor, line.encode("ascii"))
            if written < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            self._read += written
        self._count(row)

    def _count(self, row: dict[str, Any]) -> None:
        if row.get("what") == "happened":
            self._happened[str(row.get("fault"))] += 1
        elif row.get("what") == "drawn":
            self._drawn[str(row.get("fault")), str(row.get("occasion"))] += 1
