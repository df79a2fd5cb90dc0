"""Hands the events of a recording to reporters, one after another: whoever is slow is waited for.

A live run must not be slowed, so its bus has queues, thins steps and mutes what hangs. A replay has
all the time that its reporters need: nothing is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from editgauge.core.hooks.bus import Failure
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.observers import HOOKS, Observer, error_in_a_line, observers
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.reporting import Closing, EndingUnfinished, Ticking


@dataclass(frozen=True, slots=True)
class Raised:
    """A reporter that raised.

    Attributes:
        plugin: the reporter.
        failure: what is said about it.
        error: what it raised.
    """

    plugin: object
    failure: Failure
    error: BaseException


class Delivery:
    """The reporters that hear one start of a run."""

    def __init__(
        self, plugins: PluginManager, reporters: Iterable[object], *, raised: list[Raised]
    ) -> None:
        """Hand events to these reporters and to nobody else.

        Args:
            plugins: where they are registered.
            reporters: the reporters.
            raised: those that raised, which hear nothing more; others are added.
        """
        wanted = {id(reporter) for reporter in reporters}
        self._observers = [found for found in observers(plugins) if id(found.plugin) in wanted]
        self._raised = raised

    @property
    def is_deserted(self) -> bool:
        """Whether every reporter has raised, so that nobody listens any more."""
        return bool(self._observers) and all(map(self._is_muted, self._observers))

    def hear(self, event: Event) -> None:
        """Let every reporter hear of an event."""
        for observer in self._observers:
            for implementation in observer.implementations.get(event.scope, ()):
                self._call(observer, HOOKS[event.scope], implementation, event)

    def tick(self) -> None:
        """Let the reporters redraw that want to."""
        for observer in self._observers:
            if isinstance(observer.plugin, Ticking):
                self._call(observer, "tick", observer.plugin.tick)

    def end_unfinished(self) -> list[str]:
        """Let reporters write now that write at the end of a run; return the names of those."""
        names = []
        for observer in self._observers:
            if isinstance(observer.plugin, EndingUnfinished) and not self._is_muted(observer):
                self._call(observer, "end_unfinished", observer.plugin.end_unfinished)
                if not self._is_muted(observer):
                    names.append(observer.name)
        return names

    def close(self, reporters: Iterable[object]) -> None:
        """Close those of these reporters that want it, also those that have raised."""
        wanted = {id(reporter) for reporter in reporters}
        for observer in self._observers:
            if id(observer.plugin) in wanted and isinstance(observer.plugin, Closing):
                self._call(observer, "close", observer.plugin.close, even_if_muted=True)

    def _is_muted(self, observer: Observer) -> bool:
        return any(raised.plugin is observer.plugin for raised in self._raised)

    def _call(
        self,
        observer: Observer,
        hook: str,
        function: Callable[..., None],
        *arguments: Event,
        even_if_muted: bool = False,
    ) -> None:
        muted = bool(self._raised) and self._is_muted(observer)
        if muted and not even_if_muted:
            return
        try:
            function(*arguments)
        except KeyboardInterrupt:
            raise
        # As in a live run: SystemExit is one, and so is a panic of an extension written in Rust.
        except BaseException as error:  # noqa: BLE001 - a reporter may raise anything
            if muted:
                return
            failure = Failure(reporter=observer.name, hook=hook, error=error_in_a_line(error))
            self._raised.append(Raised(observer.plugin, failure, error))
