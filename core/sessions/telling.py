"""What a session tells its reporters beside what its stage tells: start, log lines and end."""

import time
from collections.abc import Callable

from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import Event, LogEmitted, RunFinished, RunStarted, Version
from editgauge.core.outcomes import Stage
from editgauge.core.run import manifest as manifests
from editgauge.core.run.ending import Ending, reporter_problems, say
from editgauge.core.run.stages import StagePlan
from editgauge.core.run.summary import Tally, counts
from editgauge.core.sessions.setting import Setting
from editgauge.core.workers.redaction import Redactor


class Telling:
    """Tells reporters of one session."""

    def __init__(self, setting: Setting, redactor: Redactor) -> None:
        """Start the reporters' threads.

        Args:
            setting: what the session is made of.
            redactor: takes secrets out of texts.
        """
        self._setting = setting
        self._redactor = redactor
        self._bus = Bus(
            setting.plugins,
            run_id=setting.folder.path.name,
            clock=self._elapsed,
            redact=redactor.text,
        )

    def _elapsed(self) -> float:
        return time.monotonic() - self._setting.started

    def emit(self, event: Event) -> None:
        """Tell an event."""
        self._bus.emit(event)

    def log(self, level: str, text: str, *, worker: str = "") -> None:
        """Tell a text line by line, without secrets."""
        for line in self._redactor.text(text).splitlines():
            self.emit(LogEmitted(worker=worker, level=level, text=line))

    def start(self) -> None:
        """Tell that the session is being opened."""
        setting = self._setting
        model = setting.model.model.type
        edits = setting.stage is Stage.EDIT
        self.emit(
            RunStarted(
                run_dir=str(setting.folder.path),
                stages=(str(setting.stage),),
                edit_model=model if edits else "",
                reward_model="" if edits else model,
                seed=setting.seed,
                versions=tuple(Version(*pair) for pair in manifests.versions().items()),
            )
        )

    def finish(
        self, ending: Ending, plan: StagePlan, tally: Tally, hurry: Callable[[], bool]
    ) -> None:
        """Tell how the session ended, and close the reporters.

        Args:
            ending: how it ended.
            plan: how much was asked of it.
            tally: what came of it.
            hurry: see `Bus.close`.
        """
        setting = self._setting
        scoring = setting.stage is Stage.SCORE
        self.emit(
            RunFinished(
                status=ending.status,
                exit_code=ending.exit_code,
                samples=plan.samples,
                edit_outcomes=counts(tally.edit_outcomes),
                score_outcomes=counts(tally.score_outcomes),
                figures=tally.figures() if scoring else None,
                categories=tally.categories(),
                seconds=round(self._elapsed(), 3),
                reason=self._redactor.text(ending.reason),
            )
        )
        undelivered = self._bus.close(setting.model.run.drain_timeout, hurry)
        setting.attached.detach()
        say(reporter_problems(self._bus.failures, undelivered), setting.stderr)
