"""What a model plugin implements: an edit model or a reward model.

Standard library only: this module is imported in workers of any Python environment.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """One edit to make.

    Attributes:
        id: the sample's id.
        index: the sample's row number in its dataset.
        images: the source images: fully decoded, upright, RGB, at least one.
        instruction: what to do.
        seed: seed of every random number of this edit; run seed + row index.
    """

    id: str
    index: int
    images: "tuple[Image, ...]"
    instruction: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """One judgement to make.

    Attributes:
        id: the sample's id.
        index: the sample's row number in its dataset.
        images: what the judge sees, in the order that the rubric says: RGB, at least one.
        system: the system prompt, or an empty string.
        prompt: the user prompt.
        labels: answer labels; if there are any, the judge reads its value from the
            log-probabilities of these labels, and the reply's text is for show only.
        values: the value of each label.
    """

    id: str
    index: int
    images: "tuple[Image, ...]"
    system: str
    prompt: str
    labels: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reward model answers.

    Attributes:
        text: the judge's words, unchanged; may be empty if there is a value.
        value: a number that the model measured itself (from log-probabilities, or a metric), or
            None if the score is to be parsed from the text.
        truncated: whether the text was cut off at the longest reply that is allowed; a number on
            its last line may be half a number, and is not read.
    """

    text: str
    value: float | None = None
    truncated: bool = False


OnStep = Callable[[int, int], None]
"""`on_step(step, of)`: denoising step `step` (from 1) of `of` is done."""

OnReply = Callable[[int, Reply], None]
"""`on_reply(i, reply)`: the reply to the i-th request (from 0) of the batch is ready."""


class EditModel(ABC):
    """An image editor. One object lives in one worker process and edits one sample at a time."""

    @classmethod
    def check(cls, config: "Config") -> None:
        """Find the model's files without loading them; called once before the first stage.

        Raises:
            Exception: any exception means that `load` cannot succeed; its message is shown.
        """
        del config

    @classmethod
    def fingerprint(cls, config: "Config") -> str:
        """Return what tells this model from others of the same configuration.

        Such as the commit that a branch stands for, or a digest of the files of a folder. Finished
        results hold only as long as it stays the same. Called after `check`, without loading.
        """
        del config
        return ""

    @abstractmethod
    def load(self, config: "Config", device: str) -> None:
        """Load the model.

        Args:
            config: the validated configuration of the model.
            device: `cpu`, `cuda:0` (the only device visible to this worker), `cuda` (a group:
                every visible device belongs to this worker) or `mps`.
        """

    @abstractmethod
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the edited image. An exception makes this sample `failed`, nothing else."""

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return facts about what was loaded (classes, dtype, guidance) for the manifest."""
        return {}

    def close(self) -> None:  # noqa: B027 - there need not be anything to close
        """Let go of what outlives the process, at the end of the stage.

        Called once, after the last edit, if the worker is asked to end while it is idle; a worker
        that is lost or busy is killed instead. There are about five seconds for it. An exception
        goes into the log and harms no result.
        """


class RewardModel(ABC):
    """A judge or metric. One object lives in one worker process and scores one batch at a time."""

    @classmethod
    def check(cls, config: "Config") -> None:
        """Find the model's files without loading them; see `EditModel.check`."""
        del config

    @classmethod
    def fingerprint(cls, config: "Config") -> str:
        """Return what tells this model from others; see `EditModel.fingerprint`."""
        del config
        return ""

    @abstractmethod
    def load(self, config: "Config", device: str) -> None:
        """Load the model; see `EditModel.load`."""

    @abstractmethod
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply per request, in the same order.

        Calling `on_reply` as each reply is ready makes it visible (and safe on disk) at once;
        replies that were not passed to it are taken from the returned list.
        """

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return facts about what was loaded (classes, dtype) for the manifest."""
        return {}

    def close(self) -> None:  # noqa: B027 - there need not be anything to close
        """Let go of what outlives the process, at the end of the stage; see `EditModel.close`."""


class Config(SimpleNamespace):
    """A validated configuration as a model sees it: attributes with plain values.

    Values are str, int, float, bool, None, lists of them, and `Config` for nested mappings; the
    same in every Python environment. It cannot be changed.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse the change."""
        raise AttributeError(f"the configuration is read-only; cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        """Refuse the change."""
        raise AttributeError(f"the configuration is read-only; cannot delete {name!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as nested dicts, for `**config.arguments.to_dict()`."""
        return {name: _thaw(value) for name, value in vars(self).items()}


def _thaw(value: Any) -> Any:
    if isinstance(value, Config):
        # By way of the class: a key may be called `to_dict`.
        return Config.to_dict(value)
    return [_thaw(item) for item in value] if isinstance(value, list) else value


def make_config(value: Any) -> Any:
    """Return plain JSON data with every mapping turned into a read-only `Config`."""
    if isinstance(value, dict):
        return Config(**{str(name): make_config(item) for name, item in value.items()})
    return [make_config(item) for item in value] if isinstance(value, list) else value
