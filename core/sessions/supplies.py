"""What a session supplies its stage with, in the place of a run directory."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.judging.rubrics import ImageRole, RubricBook
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.samples import Sample
from editgauge.core.sessions.calls import Call, Request
from editgauge.core.sessions.files import SessionFolder


class Waiting(Iterator[Sample]):
    """The samples that no worker has yet; it may have more after it had none."""

    def __init__(self) -> None:
        """Begin with none."""
        self._samples: deque[Sample] = deque()

    def __next__(self) -> Sample:
        """Return the next sample and take it out."""
        if not self._samples:
            raise StopIteration
        return self._samples.popleft()

    def add(self, sample: Sample) -> None:
        """Put a sample behind the others."""
        self._samples.append(sample)

    def take_out(self, indexes: set[int]) -> list[int]:
        """Take out samples by their numbers, as far as they wait; return the numbers."""
        found = [sample.index for sample in self._samples if sample.index in indexes]
        self._samples = deque(sample for sample in self._samples if sample.index not in indexes)
        return found


class Deliveries:
    """Hands results to those who wait for them; nothing is kept of a result afterwards."""

    sync = False

    def __init__(self, folder: SessionFolder) -> None:
        """Expect nothing yet; `folder` takes edited images."""
        self._folder = folder
        self._requests: dict[int, Request] = {}

    def expect(self, request: Request) -> None:
        """Take note of who waits for a sample."""
        self._requests[request.sample.index] = request

    def request(self, index: int) -> Request:
        """Return the request that a sample is of."""
        return self._requests[index]

    def of_call(self, call: Call) -> set[int]:
        """Return the numbers of the samples that a call waits for."""
        return {index for index, request in self._requests.items() if request.call is call}

    def forget(self, index: int) -> None:
        """Expect a sample no more."""
        del self._requests[index]

    def image_path(self, sample: Sample) -> Path:
        """Return where the edited image of a sample goes, or lies."""
        request = self._requests.get(sample.index)
        if request is not None and request.edited.name:
            return request.edited
        return self._folder.images / f"{sample.index + 1:08}.png"

    def relative(self, path: Path) -> str | None:
        """Return a path within the folder as events state it, or None if it lies elsewhere."""
        if not path.is_relative_to(self._folder.path):
            return None
        return path.relative_to(self._folder.path).as_posix()

    def append(self, result: EditResult | ScoreResult) -> None:
        """Hand a result over; if nobody waits any more, its image is removed."""
        request = self._requests.pop(result.index)
        if request.call.is_cancelled:
            self.throw_away(result)
        else:
            request.call.deliver((request, result))

    def throw_away(self, result: EditResult | ScoreResult) -> None:
        """Remove the image of a result that nobody gets."""
        if isinstance(result, EditResult) and result.image is not None:
            (self._folder.path / result.image).unlink(missing_ok=True)


class NothingDone:
    """Notes nothing: a session does each sample once, and knows of no earlier edit."""

    def add(self, result: EditResult | ScoreResult) -> None:
        """Take no note."""

    def is_of_edit(self, index: int, role: ImageRole, digests: Sequence[str]) -> bool:
        """Return True: what was given to be judged is what is judged."""
        del index, role, digests
        return True


class NoKeys:
    """Computes no keys: nothing of a session is ever gone on with."""

    def __init__(self, rubrics: RubricBook | None, reward: RewardModelConfig | None) -> None:
        """Take what says which images a judge sees; None without a judge."""
        self._rubrics = rubrics
        self._reward = reward

    def of_edit(self, sample: Sample, sources: Sequence[str]) -> str:
        """Return an empty text."""
        del sample, sources
        return ""

    def question(self, sample: Sample) -> tuple[str, tuple[ImageRole, ...]]:
        """Return an empty text, and which images the judge sees."""
        if self._rubrics is None or self._reward is None:
            raise RuntimeError("a session without a reward model asks nothing")
        if self._reward.judge_images == "edited":
            return "", ("edited",)
        return "", self._rubrics.for_category(sample.category).images

    def of_score(self, sample: Sample, images: Sequence[str]) -> str:
        """Return an empty text."""
        del sample, images
        return ""
