"""What a stage is supplied with, as it sees it: by a run, or by a session without a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from editgauge.core.judging.rubrics import ImageRole
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.samples import Sample


class ResultStore(Protocol):
    """Takes results, and says where edited images go; a run's is its `RunStore`."""

    @property
    def sync(self) -> bool:
        """Whether images are flushed to the disk."""
        ...

    def image_path(self, sample: Sample, /) -> Path:
        """Return where the edited image of a sample goes, or lies."""
        ...

    def relative(self, path: Path, /) -> str | None:
        """Return a path as events state it, or None if it is outside of the folder."""
        ...

    def append(self, result: EditResult | ScoreResult, /) -> None:
        """Take a result, before it is announced.

        Raises:
            WriteError: it could not be written.
        """
        ...


class DoneSamples(Protocol):
    """Notes which samples are done; a run's is its `Completion`."""

    def add(self, result: EditResult | ScoreResult, /) -> None:
        """Note that a sample left a stage."""
        ...

    def is_of_edit(self, index: int, role: ImageRole, digests: Sequence[str], /) -> bool:
        """Return whether images that a judge saw are those of the sample's edit."""
        ...


class ResultKeys(Protocol):
    """Computes what makes a result valid; a run's is its `ContentKeys`."""

    def of_edit(self, sample: Sample, sources: Sequence[str], /) -> str:
        """Return the key of an edit."""
        ...

    def question(self, sample: Sample, /) -> tuple[str, tuple[ImageRole, ...]]:
        """Return the digest of what a judge is asked about a sample, and which images it sees."""
        ...

    def of_score(self, sample: Sample, images: Sequence[str], /) -> str:
        """Return the key of a judgement."""
        ...
