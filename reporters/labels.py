"""What workers are called for people: by their devices."""

import re

from editgauge.core.hooks.events import Event, StageFinished, WorkerStarted
from editgauge.core.text import clean, clean_start, shorten

_CUDA = re.compile(r"cuda:(\d+)")


class WorkerLabels:
    """Gives each worker a label that no other worker has at the same time.

    `GPU 0` for `cuda:0`, `GPU 0+1` for a group, `CPU 0` and `CPU 1` for the first and second
    worker on the CPU, `GPU 0 #2` for the second worker on one device.
    """

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._stages: dict[str, str] = {}

    def hear(self, event: Event) -> None:
        """Take note of workers that start; the labels of a finished stage are free again."""
        if isinstance(event, WorkerStarted):
            self._give(event)
        elif isinstance(event, StageFinished):
            for worker in [name for name, stage in self._stages.items() if stage == event.stage]:
                del self._stages[worker]

    def label(self, worker: str) -> str:
        """Return a worker's label; for one that was not seen, its name, cleaned."""
        return self._labels.get(worker) or clean_start(worker, 20)

    def _give(self, event: WorkerStarted) -> None:
        if event.worker in self._stages:
            return
        taken = {self._labels[worker] for worker in self._stages}
        self._labels[event.worker] = _free(event.devices, taken)
        self._stages[event.worker] = event.stage


def _free(devices: tuple[str, ...], taken: set[str]) -> str:
    if devices == ("cpu",):
        return next(
            label for number in range(len(taken) + 1) if (label := f"CPU {number}") not in taken
        )
    base = _of_devices(devices)
    again = (base if number == 1 else f"{base} #{number}" for number in range(1, len(taken) + 2))
    return next(label for label in again if label not in taken)


def _of_devices(devices: tuple[str, ...]) -> str:
    numbers = [match[1] for device in devices if (match := _CUDA.fullmatch(device))]
    if numbers and len(numbers) == len(devices):
        return f"GPU {'+'.join(numbers)}"
    return shorten(clean(" ".join(devices)).upper(), 20) or "WORKER"
