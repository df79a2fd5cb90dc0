"""Which rows of an earlier run still hold, and which are done again, and why."""

import hashlib
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from editgauge.core.images import ImageError, file_digest
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.content_keys import (
    KEY_LENGTH,
    UNREADABLE,
    ContentKeys,
    digest_or_reason,
    score_key,
    seen_images,
)
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.selection import read_spool
from editgauge.core.run.store import RunDirectoryError, RunStore, read_results
from editgauge.core.text import clean, counted, shorten

if TYPE_CHECKING:
    from editgauge.core.judging.rubrics import ImageRole

RETRY_FAILED = "--retry-failed"
"""The option that does again whatever has no good result."""

_EXAMPLES = 3
_KEY_BYTES = KEY_LENGTH // 2


@dataclass(slots=True)
class Review:
    """What rows of `results.jsonl` are worth now.

    Attributes:
        kept: for each line of the file, from 0, whether it still holds.
        stale_edits: edits that were made of something else than what is asked for now.
        stale_scores: judgements of edits that still hold, but made of something else.
        stale_failed: how many of both are not `ok`, so that nothing good is lost with them.
        unrepeatable: how many of both are `ok`, and cannot be done again, because a source image
            cannot be read now.
        sourceless_edits: edits that hold, but for a source image that cannot be read now.
        lost_images: edits whose image is gone before it was scored, or is not what was written.
        retried: samples that are not `ok` and are done again.
        gone_images: edits that hold with their judgement, but whose image is gone.
        gone_examples: some of those images, relative to the run directory.
        changed_sources: ids of some of the samples whose source image is not what it was.
        mended_sources: ids of some whose source image could not be read then, and can now.
        unreadable_sources: some source images that cannot be read now.
    """

    kept: bytearray
    stale_edits: int = 0
    stale_scores: int = 0
    stale_failed: int = 0
    unrepeatable: int = 0
    sourceless_edits: int = 0
    lost_images: int = 0
    retried: int = 0
    gone_images: int = 0
    gone_examples: list[str] = field(default_factory=list)
    changed_sources: list[str] = field(default_factory=list)
    mended_sources: list[str] = field(default_factory=list)
    unreadable_sources: list[str] = field(default_factory=list)

    @property
    def all_hold(self) -> bool:
        """Whether every row still holds."""
        return 0 not in self.kept

    def notes(self) -> list[str]:
        """Return, in a line each, what is done again and why, and what cannot be."""
        lines = []
        if self.stale_edits or self.stale_scores:
            rows = counted(self.stale_edits, "edit") + " and " + counted(self.stale_scores, "score")
            lines.append(f"{rows} would not come out the same now: done again")
        if self.sourceless_edits:
            lines.append(
                f"{counted(self.sourceless_edits, 'edit')} cannot be done again, since source "
                f"images cannot be read now: {_some(self.unreadable_sources)}; kept, with what was "
                "judged of them. Put the images back if anything of it is to be done again"
            )
        if self.lost_images:
            images = counted(self.lost_images, "edited image")
            lines.append(f"{images} cannot be found, or not as it was written: made again")
        if self.gone_images:
            lines.append(
                f"{counted(self.gone_images, 'edited image')} of judged edits cannot be found: "
                f"{_some(self.gone_examples)}; the judgements are kept. Put the images back if you "
                "need them: another judge would have them made again"
            )
        if self.retried:
            lines.append(f"{counted(self.retried, 'failed result')} done again")
        return lines

    def explanation(self) -> list[str]:
        """Return, in a line each, what rows alone can say about why they are stale."""
        lines = []
        if self.changed_sources:
            lines.append(f"source images are not what they were, of {_some(self.changed_sources)}")
        if self.mended_sources:
            lines.append(
                "source images could not be read then, and can be read now, of "
                + _some(self.mended_sources)
            )
        if self.unreadable_sources:
            lines.append(f"source images cannot be read now: {_some(self.unreadable_sources)}")
        return lines


def _some(names: list[str]) -> str:
    """Return names, of which there may be more if they are as many as are ever shown."""
    shown = ", ".join(repr(clean(shorten(name, 200))) for name in names)
    return f"{shown} and perhaps others" if len(names) == _EXAMPLES else shown


def _add_example(names: list[str], name: str) -> None:
    if len(names) < _EXAMPLES and name not in names:
        names.append(name)


def review_rows(
    store: RunStore,
    rows: int,
    keys: ContentKeys,
    *,
    scoring: bool,
    retry_failed: bool,
    on_progress: Callable[[int], None],
) -> Review:
    """Compare every row with what is asked for now.

    Takes about 80 bytes a row of the dataset while it works, and 300 for one with a source image
    that cannot be read. Reads every source image and every
    edited image of the rows once.

    Args:
        store: the run directory.
        rows: rows of the dataset.
        keys: computes content keys.
        scoring: whether the run scores; if not, judgements stay as they are.
        retry_failed: whether samples that are not `ok` are done again.
        on_progress: called with the number of samples looked at; may raise to give up.

    Raises:
        RunDirectoryError: the results are damaged, or of a sample that the dataset has not.
        OSError: the samples cannot be read.
    """
    reviewer = _Reviewer(
        store, rows, keys, scoring=scoring, retry_failed=retry_failed, on_progress=on_progress
    )
    return reviewer.review()


class _Reviewer:
    """The state of one review: arrays by row number, since rows come in order of completion."""

    def __init__(
        self,
        store: RunStore,
        rows: int,
        keys: ContentKeys,
        *,
        scoring: bool,
        retry_failed: bool,
        on_progress: Callable[[int], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._scoring = scoring
        self._retry_failed = retry_failed
        self._on_progress = on_progress
        self._edit_line = array("q", [-1]) * rows
        self._score_line = array("q", [-1]) * rows
        self._ids = _Digests(rows)
        self._edit_keys = _Digests(rows)
        self._questions = _Digests(rows)
        self._score_keys = _Digests(rows)
        self._roles: list[tuple[ImageRole, ...]] = []
        self._roles_of = bytearray(rows)
        self._edit_holds = bytearray(rows)
        self._image_gone = bytearray(rows)
        self._failed_edit = bytearray(rows)
        self._sources_lack: dict[int, tuple[str, tuple[str, ...]]] = {}
        """Of samples with a source image that cannot be read: the key of an edit of no images, and
        the digests of all."""
        self._review = Review(bytearray())

    def review(self) -> Review:
        self._find_lines()
        self._expect()
        self._review_edits()
        self._review_scores()
        self._drop_gone()
        return self._review

    def _find_lines(self) -> None:
        """Find the last row of each sample and stage; a judgement belongs to the edit before it."""
        number = -1
        for number, result in enumerate(read_results(self._store.folder)):
            if result.index >= len(self._edit_line):
                raise RunDirectoryError(
                    f"{self._store.folder / 'results.jsonl'}, line {number + 1}: row "
                    f"{result.index} of a dataset that has {counted(len(self._edit_line), 'row')}"
                )
            if isinstance(result, EditResult):
                self._edit_line[result.index] = number
                self._score_line[result.index] = -1
            else:
                self._score_line[result.index] = number
        self._review.kept = bytearray(number + 1)

    def _expect(self) -> None:
        """Compute the keys that rows should have."""
        for done, sample in enumerate(read_spool(self._store.spool)):
            index = sample.index
            self._on_progress(done)
            if self._edit_line[index] < 0:
                continue
            sources = [digest_or_reason(path) for path in sample.images]
            self._ids.put(index, _digest_of_id(sample.id))
            self._edit_keys.put(index, self._keys.of_edit(sample, sources))
            if UNREADABLE in sources:
                self._sources_lack[index] = (self._keys.of_edit(sample, ()), tuple(sources))
            if self._scoring and self._score_line[index] >= 0:
                question, roles = self._keys.question(sample)
                self._questions.put(index, question)
                if roles not in self._roles:
                    self._roles.append(roles)
                self._roles_of[index] = self._roles.index(roles)

    def _review_edits(self) -> None:
        for number, result in enumerate(read_results(self._store.folder)):
            index = result.index
            if not isinstance(result, EditResult) or self._edit_line[index] != number:
                continue
            self._on_progress(index)
            if self._retry_failed and result.outcome is not EditOutcome.OK:
                # Whatever has changed since: it is to be tried again.
                self._review.retried += 1
                continue
            if not (self._is_of_sample(result) and self._edit_keys.matches(index, result.key)):
                self._explain(result)
                if not self._holds_but_for_sources(result):
                    self._review.stale_edits += 1
                    self._review.stale_failed += result.outcome is not EditOutcome.OK
                    self._review.unrepeatable += (
                        result.outcome is EditOutcome.OK and index in self._sources_lack
                    )
                    continue
                self._review.sourceless_edits += 1
            if result.outcome is not EditOutcome.OK:
                self._failed_edit[index] = 1
                self._edit_holds[index] = 1
            else:
                self._look_at_image(result)
            self._review.kept[number] = self._edit_holds[index]

    def _is_of_sample(self, result: EditResult | ScoreResult) -> bool:
        """Return whether a row has the id of the sample in its place; only by hand it has not."""
        return self._ids.matches(result.index, _digest_of_id(result.id))

    def _holds_but_for_sources(self, result: EditResult) -> bool:
        """Return whether a good edit is what is asked for, as far as its sources can be read."""
        lack = self._sources_lack.get(result.index)
        if lack is None or result.outcome is not EditOutcome.OK or not self._is_of_sample(result):
            return False
        key, sources = lack
        return (
            self._keys.of_edit(result, ()) == key
            and self._keys.of_edit(result, result.sources_sha256) == result.key
            and len(sources) == len(result.sources_sha256)
            and all(
                now in (then, UNREADABLE)
                for now, then in zip(sources, result.sources_sha256, strict=True)
            )
        )

    def _explain(self, result: EditResult) -> None:
        """Note which source images are not what they were when a row was made."""
        review = self._review
        if result.index in self._sources_lack:
            _, known = self._sources_lack[result.index]
        elif len(review.changed_sources) == len(review.mended_sources) == _EXAMPLES:
            return
        else:
            known = tuple(digest_or_reason(path) for path in result.sources)
        if known == result.sources_sha256:
            return
        for path, now in zip(result.sources, known, strict=False):
            if now == UNREADABLE:
                _add_example(review.unreadable_sources, path)
        if UNREADABLE in result.sources_sha256:
            _add_example(review.mended_sources, result.id)
        elif UNREADABLE not in known:
            _add_example(review.changed_sources, result.id)

    def _look_at_image(self, result: EditResult) -> None:
        """Find out whether the edited image is still the one that was written."""
        index, digest = result.index, result.image_sha256 or ""
        path = self._store.image_path(result)
        is_named = result.image == self._store.relative(path)
        self._image_gone[index] = is_named and not path.exists()
        self._edit_holds[index] = is_named and (not path.exists() or _is_intact(path, digest))
        if not self._edit_holds[index]:
            self._review.lost_images += 1
        elif self._scoring and self._score_line[index] >= 0:
            roles = self._roles[self._roles_of[index]]
            seen = seen_images(roles, result.sources_sha256, digest)
            self._score_keys.put(index, score_key(self._questions.get(index), seen))

    def _review_scores(self) -> None:
        kept = self._review.kept
        for number, result in enumerate(read_results(self._store.folder)):
            index = result.index
            if not isinstance(result, ScoreResult) or self._score_line[index] != number:
                continue
            if not self._edit_holds[index]:
                continue
            if not self._scoring:
                kept[number] = 1
            elif result.outcome is ScoreOutcome.NOT_EDITED:
                kept[number] = self._failed_edit[index]
            elif self._retry_failed and result.outcome is not ScoreOutcome.OK:
                self._review.retried += 1
            elif self._is_of_sample(result) and self._score_keys.matches(index, result.key):
                kept[number] = 1
            else:
                self._review.stale_scores += 1
                self._review.stale_failed += result.outcome is not ScoreOutcome.OK
                self._review.unrepeatable += (
                    result.outcome is ScoreOutcome.OK
                    and index in self._sources_lack
                    and "source" in self._roles[self._roles_of[index]]
                )
            if not kept[number]:
                self._score_line[index] = -1
            elif self._image_gone[index]:
                self._review.gone_images += 1
                path = self._store.relative(self._store.image_path(result))
                _add_example(self._review.gone_examples, path)

    def _drop_gone(self) -> None:
        """Let go of edits whose image is gone, unless their judgement holds: nobody needs it."""
        for index, gone in enumerate(self._image_gone):
            if gone and self._score_line[index] < 0:
                self._review.kept[self._edit_line[index]] = 0
                self._review.lost_images += 1


class _Digests:
    """One digest for each row, 16 bytes each."""

    def __init__(self, rows: int) -> None:
        self._data = bytearray(_KEY_BYTES * rows)

    def put(self, index: int, digest: str) -> None:
        self._data[index * _KEY_BYTES : (index + 1) * _KEY_BYTES] = bytes.fromhex(digest)

    def get(self, index: int) -> str:
        return self._data[index * _KEY_BYTES : (index + 1) * _KEY_BYTES].hex()

    def matches(self, index: int, digest: str) -> bool:
        return digest == self.get(index)


def _digest_of_id(sample_id: str) -> str:
    text = sample_id.encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:KEY_LENGTH]


def _is_intact(path: Path, digest: str) -> bool:
    try:
        return file_digest(path) == digest
    except ImageError:
        return False


def refusal(review: Review, redo: str | None, differences: Iterable[str]) -> str:
    """Return why the rows cannot be gone on with, or an empty string.

    Args:
        review: what the rows are worth.
        redo: which rows the user lets be done again where they are stale: `edits` (and their
            judgements), `scores`, or None.
        differences: in a line each, what changed since the run began.
    """
    edits = review.stale_edits + review.sourceless_edits if redo != "edits" else 0
    scores = review.stale_scores if redo is None else 0
    if not edits and not scores:
        return _refusal_to_lose(review)
    rows = " and ".join(
        counted(number, noun) for number, noun in ((edits, "edit"), (scores, "score")) if number
    )
    reasons = [*differences, *review.explanation()] or [
        "nothing that the configuration shows; the rows may be of another version of editgauge"
    ]
    return (
        f"{rows} of this run would not come out the same now:\n  "
        + "\n  ".join(reasons)
        + f"\n{_advice(review, edits, scores)}"
    )


def _refusal_to_lose(review: Review) -> str:
    """Return why good rows may not be taken out, though the user lets them be done again."""
    if not review.unrepeatable:
        return ""
    return (
        f"{counted(review.unrepeatable, 'good result')} of another configuration cannot be done "
        f"again, since source images cannot be read now: {_some(review.unreadable_sources)}\n"
        "Put the images back, undo the change, or start a new run."
    )


def _advice(review: Review, edits: int, scores: int) -> str:
    """Return what to do about this many edits and scores that are refused."""
    if review.unrepeatable:
        return "Put the images back, undo the change, or start a new run."
    stale = review.stale_edits + review.stale_scores
    if not review.sourceless_edits and review.stale_failed == stale:
        return (
            f"They failed: add `{RETRY_FAILED}` to do failed results again, undo the change, or "
            "start a new run."
        )
    if not review.stale_edits and not scores:
        return (
            "Put the images back, or add `--redo edits` to go on without them: "
            "edits whose source images cannot be read are kept."
        )
    again, also = ("edits", " and what depends on them") if edits else ("scores", "")
    return f"Add `--redo {again}` to do them{also} again, undo the change, or start a new run."
