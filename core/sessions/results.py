"""What a session returns: edited images and scores."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from editgauge.core.images import load_image
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.sessions.files import OwnedFile

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True)
class EditedImage:
    """What became of one image that was to be edited.

    Attributes:
        id: as it was given, or the number of the request in its session.
        position: its place in the call, from 0.
        outcome: only `ok` has an image.
        path: the image's file (PNG), or None. In a temporary folder it is there as long as this
            object is; in a folder that was given, it stays.
        seed: the seed of this edit.
        seconds: time with the worker, last attempt.
        attempt: the attempt that decided, from 1; 0 if no worker was asked.
        reason: why the outcome is not `ok`, or an empty string.
    """

    id: str
    position: int
    outcome: EditOutcome
    path: Path | None
    seed: int
    seconds: float
    attempt: int
    reason: str = ""
    _file: OwnedFile | None = field(default=None, repr=False, compare=False)

    @cached_property
    def image(self) -> "Image | None":
        """The edited image, RGB, or None if the outcome is not `ok`.

        It is read from `path` when it is first asked for, whole, and kept from then on.

        Raises:
            ImageError: somebody else has removed the file or changed it.
        """
        return None if self.path is None else load_image(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of one edit that was to be judged.

    Attributes:
        id: as it was given, or the number of the request in its session.
        position: its place in the call, from 0.
        outcome: only `ok` has a score.
        score: within `minimum` and `maximum`, or None.
        reply: the judge's words, whole, or None if there was no reply.
        truncated: whether the judge was cut off at the longest reply that is allowed.
        reason: why the outcome is not `ok`, or an empty string.
        rubric: name of the rubric, or an empty string if nothing was asked.
        minimum: least possible score of the rubric, or None.
        maximum: greatest possible score of the rubric, or None.
        score_by: `text` or `logprobs`.
        seconds: time with the worker, last attempt.
        attempt: the attempt that decided, from 1; 0 if nothing was asked.
    """

    id: str
    position: int
    outcome: ScoreOutcome
    score: float | None
    reply: str | None
    truncated: bool
    reason: str
    rubric: str
    minimum: float | None
    maximum: float | None
    score_by: str
    seconds: float
    attempt: int
