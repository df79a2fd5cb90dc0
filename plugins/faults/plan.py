"""Which faults are due, and when.

Standard library only, Python 3.10: imported in workers of any environment.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.models import Config
from editgauge.plugins.faults import actions
from editgauge.plugins.faults.journal import Journal


@dataclass(frozen=True, slots=True)
class Due:
    """A fault that is to happen at one occasion: a load, a sample, or a shutdown.

    `key` is the same in every process, `name` is for people.
    """

    fault: Config
    key: str
    name: str


class Faults:
    """The faults of one worker, by its configuration and the record of the run."""

    def __init__(self, config: Config) -> None:
        """Take the model's configuration."""
        self._worker = os.environ.get("EDITGAUGE_WORKER", "")
        folder = os.environ.get("EDITGAUGE_RUN_DIR")
        self._journal = Journal(Path(folder) if folder else None)
        self._seed: int = config.chance_seed
        self._entries = [
            Due(fault, key, f"fault {number} of the configuration ({fault.do})")
            for number, (fault, key) in enumerate(
                zip(config.faults, keys_of(config.faults), strict=True), start=1
            )
        ]

    def prepare(self) -> None:
        """Import what the faults of this worker need, so that they strike without delay."""
        actions.prepare(
            entry.fault for entry in self._entries if entry.fault.worker in (None, self._worker)
        )

    def due(self, phase: str, sample: str | None = None) -> list[Due]:
        """Return what is to happen in a phase, and at this sample if the phase has samples.

        Chance is asked here, once for each occasion.

        Raises:
            OSError: the record of the run cannot be written.
        """
        return [
            entry
            for entry in self._entries
            if entry.fault.phase == phase
            and entry.fault.worker in (None, self._worker)
            and entry.fault.sample in (None, sample)
            and self._is_drawn(entry, sample if sample is not None else self._worker)
        ]

    def _is_drawn(self, entry: Due, occasion: str) -> bool:
        chance: float = entry.fault.chance
        if chance >= 1:
            return True
        attempt = self._journal.attempt(entry.key, occasion)
        return share(self._seed, entry.key, occasion, attempt) < chance

    def happen(self, entries: Sequence[Due], sample: str | None = None) -> None:
        """Let faults happen, one after another, each as often as it may in the run.

        Raises:
            Exception: what a fault raises.
            OSError: the record of the run cannot be written.
        """
        for entry in entries:
            fault = entry.fault
            facts = {"do": fault.do, "phase": fault.phase, "worker": self._worker, "sample": sample}
            if self._journal.claim(entry.key, fault.times, **facts):
                actions.do(fault, entry.name)


def share(seed: int, key: str, occasion: str, attempt: int) -> float:
    """Return a number from 0 to below 1 that depends on nothing else."""
    text = json.dumps([seed, key, occasion, attempt])
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:6], "big") / 2**48


def keys_of(faults: Sequence[Config]) -> list[str]:
    """Return a key for each entry, made of what it says and not of where it stands.

    So an entry keeps its counts if a resumed run has other entries in front of it. Entries that
    say the same are numbered.
    """
    seen: Counter[str] = Counter()
    keys = []
    for fault in faults:
        text = json.dumps(fault.to_dict(), sort_keys=True)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()[:12]
        seen[digest] += 1
        keys.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return keys
