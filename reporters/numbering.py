"""Numbers for what goes on at once, as BuildKit gives them: `#3` is one worker all its life."""

from editgauge.core.hooks.events import (
    Event,
    PhaseFinished,
    PhaseProgressed,
    PhaseStarted,
    SampleFinished,
    StageFinished,
    StageStarted,
)


class Numbering:
    """Gives each phase, stage and worker a number, in order of appearance.

    A worker that is replaced keeps its number, so `grep '^#3 '` follows it. A phase that comes
    again has another one. What is about the run as a whole has none.
    """

    def __init__(self) -> None:
        """Begin with no number given."""
        self._numbers: dict[tuple[str, str], int] = {}
        self._given = 0

    def prefix(self, event: Event) -> str:
        """Return `#3 ` for an event, or an empty string."""
        number = self._number(event)
        return "" if number is None else f"#{number} "

    def of_stage(self, stage: str) -> str:
        """Return the prefix of lines about a stage."""
        return f"#{self._of(('stage', stage))} "

    def of_worker(self, worker: str) -> str:
        """Return the prefix of lines about a worker."""
        return f"#{self._of(('worker', worker))} "

    def _number(self, event: Event) -> int | None:
        match event:
            case PhaseStarted():
                self._numbers.pop(("phase", event.phase), None)
                return self._of(("phase", event.phase))
            case PhaseProgressed() | PhaseFinished():
                return self._of(("phase", event.phase))
            case StageStarted() | StageFinished():
                return self._of(("stage", event.stage))
            case _ if event.worker:
                return self._of(("worker", event.worker))
            case SampleFinished():
                return self._of(("stage", event.stage))
            case _:
                return None

    def _of(self, key: tuple[str, str]) -> int:
        if key not in self._numbers:
            self._given += 1
            self._numbers[key] = self._given
        return self._numbers[key]
