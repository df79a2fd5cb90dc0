"""The edit model and the reward model `faults`: another model, with faults around it.

Standard library only, Python 3.10: imported in workers of any environment.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from editgauge.core.models import (
    Config,
    EditModel,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    ScoreRequest,
)
from editgauge.plugins.faults.inner import inner_config, inner_model
from editgauge.plugins.faults.pictures import BrightnessJudge, MarkingEdit
from editgauge.plugins.faults.plan import Faults

if TYPE_CHECKING:
    from PIL.Image import Image


class FaultyEditModel(EditModel):
    """Edits as another model does, and goes wrong as it is told."""

    @classmethod
    def check(cls, config: Config) -> None:
        """Let the model inside find its files."""
        inner_model(config, EditModel, MarkingEdit).check(inner_config(config))

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the model inside from others."""
        return inner_model(config, EditModel, MarkingEdit).fingerprint(inner_config(config))

    def load(self, config: Config, device: str) -> None:
        """Let what is due happen, then load."""
        self._faults = Faults(config)
        self._faults.prepare()
        self._faults.happen(self._faults.due("load"))
        self._inner: EditModel = inner_model(config, EditModel, MarkingEdit)()
        self._inner.load(inner_config(config), device)

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Edit; what is due happens before the first step, at its step, or at the end."""
        due = self._faults.due("edit", request.id)
        self._faults.happen([entry for entry in due if entry.fault.at_step is None], request.id)
        later = [entry for entry in due if entry.fault.at_step is not None]

        def on_inner_step(step: int, of: int) -> None:
            on_step(step, of)
            now = [entry for entry in later if step >= entry.fault.at_step]
            later[:] = [entry for entry in later if entry not in now]
            self._faults.happen(now, request.id)

        picture = self._inner.edit(request, on_inner_step)
        self._faults.happen(later, request.id)
        return picture

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what the model inside says about itself."""
        return self._inner.describe()

    def close(self) -> None:
        """Let what is due happen, then close."""
        self._faults.happen(self._faults.due("shutdown"))
        self._inner.close()


class FaultyRewardModel(RewardModel):
    """Judges as another model does, and goes wrong as it is told."""

    @classmethod
    def check(cls, config: Config) -> None:
        """Let the model inside find its files."""
        inner_model(config, RewardModel, BrightnessJudge).check(inner_config(config))

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the model inside from others."""
        return inner_model(config, RewardModel, BrightnessJudge).fingerprint(inner_config(config))

    def load(self, config: Config, device: str) -> None:
        """Let what is due happen, then load."""
        self._faults = Faults(config)
        self._faults.prepare()
        self._faults.happen(self._faults.due("load"))
        self._inner: RewardModel = inner_model(config, RewardModel, BrightnessJudge)()
        self._inner.load(inner_config(config), device)

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Judge; what is due at a sample happens just before its reply."""
        due = {
            position: self._faults.due("score", request.id)
            for position, request in enumerate(requests)
        }

        def on_inner_reply(position: int, reply: Reply) -> None:
            self._faults.happen(due.pop(position, []), requests[position].id)
            on_reply(position, reply)

        replies = self._inner.score(requests, on_inner_reply)
        for position, reply in enumerate(replies):
            if position in due:
                on_inner_reply(position, reply)
        return replies

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what the model inside says about itself."""
        return self._inner.describe()

    def close(self) -> None:
        """Let what is due happen, then close."""
        self._faults.happen(self._faults.due("shutdown"))
        self._inner.close()
