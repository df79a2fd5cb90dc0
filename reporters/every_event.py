"""What reporters share that treat events of every scope alike."""

from abc import ABC, abstractmethod

from editgauge.core.hooks.events import BatchEvent, Event, RunEvent, SampleEvent, StepEvent
from editgauge.core.hooks.hookspecs import hookimpl


class EveryEventReporter(ABC):
    """Hears of every event in one method."""

    @abstractmethod
    def write(self, event: Event) -> None:
        """Write the event, if it is wanted."""

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Write the event."""
        self.write(event)

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Write the event."""
        self.write(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Write the event."""
        self.write(event)

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Write the event."""
        self.write(event)
