"""A reward model by itself: source and edited images in, scores out."""

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from editgauge.core.outcomes import ScoreOutcome
from editgauge.core.run.results import ScoreResult
from editgauge.core.samples import Sample
from editgauge.core.sessions import inputs
from editgauge.core.sessions.calls import Answer, Call, Refusal, Request
from editgauge.core.sessions.inputs import EditedPictures, Files, NoImageError, Sources
from editgauge.core.sessions.results import EditedImage, Score
from editgauge.core.sessions.session import Session

if TYPE_CHECKING:
    from editgauge.core.sessions.inputs import Picture


class ScoreSession(Session):
    """A reward model in its workers; see `open_reward_model`.

    Its methods may be called in any thread, also in several at once.
    """

    def score(
        self,
        sources: "Sources | None",
        edited: EditedPictures,
        instructions: str | Sequence[str],
        *,
        ids: str | Sequence[str] | None = None,
        categories: str | Sequence[str] | None = None,
        descriptions: str | Sequence[str] | None = None,
        rationales: str | Sequence[str] | None = None,
    ) -> list[Score]:
        """Judge edits and return what became of each, in the same order.

        An argument that is single holds for all. A reply that cannot be read has no score, nor has
        an edit that failed (its outcome is `not_edited`).

        Args:
            sources: source images, as for `EditSession.edit`; may be None if the judge sees the
                edited one only (`judge_images: edited`).
            edited: edited images: of Pillow, paths, or what `EditSession.edit` returned; None for
                an edit that there is no image of.
            instructions: what was to be done.
            ids: names of the edits, for reporters; need not differ. Default: numbers.
            categories: groups of the edits; they choose the rubric, where the configuration has
                `rubrics` or `re-edit`.
            descriptions: what the source images show, for rubrics that tell the judge.
            rationales: why a right edit looks as it does, for rubrics that tell the judge.

        Raises:
            SessionError: the session is closed, or has ended.
            TypeError, ValueError: an argument cannot be used; nothing was asked of the judge.
            WriteError: an image cannot be written into the session's folder.
        """
        found = list(
            self.iter_scores(
                sources,
                edited,
                instructions,
                ids=ids,
                categories=categories,
                descriptions=descriptions,
                rationales=rationales,
            )
        )
        return sorted(found, key=lambda score: score.position)

    def iter_scores(
        self,
        sources: "Sources | None",
        edited: EditedPictures,
        instructions: str | Sequence[str],
        *,
        ids: str | Sequence[str] | None = None,
        categories: str | Sequence[str] | None = None,
        descriptions: str | Sequence[str] | None = None,
        rationales: str | Sequence[str] | None = None,
    ) -> Generator[Score]:
        """Judge edits and yield what became of each as it is done; arguments are those of `score`.

        Few judgements are asked for in advance. Whoever stops early leaves the session as it was.
        """
        self._engine.check()
        number = inputs.count_of(
            sources=sources,
            edited=edited,
            instructions=instructions,
            ids=ids,
            categories=categories,
            descriptions=descriptions,
            rationales=rationales,
        )
        if sources is None and self._engine.judges_edits_alone:
            pictures: list[tuple[Picture, ...]] = [()] * number
        else:
            pictures = inputs.sources("sources", sources, number)
        results = inputs.spread(edited, number)
        for picture in results:
            if picture is not None:
                inputs.check_picture("edited", picture)
        wanted = inputs.texts("instructions", instructions, number)
        names = None if ids is None else inputs.texts("ids", ids, number)
        groups = inputs.texts("categories", categories, number, default="")
        shown = inputs.texts("descriptions", descriptions, number, default="")
        right = inputs.texts("rationales", rationales, number, default="")

        def requests(call: Call) -> Iterator[Request]:
            files = Files(self._engine)
            for position, several in enumerate(pictures):
                index = self._engine.next_number()
                paths, holds, refusal = files.of_sources(several)
                path, hold, not_edited = _file_of(results[position], files)
                sample = Sample(
                    id=str(index + 1) if names is None else names[position],
                    index=index,
                    images=paths,
                    instruction=wanted[position],
                    category=groups[position],
                    description=shown[position],
                    rationale=right[position],
                )
                yield Request(
                    call=call,
                    position=position,
                    sample=sample,
                    edited=path,
                    holds=(*holds, hold),
                    refusal=not_edited or refusal,
                )

        return self._scores(requests)

    def _scores(self, requests: Callable[[Call], Iterator[Request]]) -> Generator[Score]:
        for answer in self._answers(requests):
            yield _score(answer)


def _file_of(picture: "Picture | None", files: Files) -> tuple[Path, object, Refusal | None]:
    """Return the file of an edited image, what to hold, and why there is none, if so."""
    if picture is None:
        reason = "there is no edited image"
        return Path(), None, Refusal(reason, ScoreOutcome.NOT_EDITED)
    if isinstance(picture, EditedImage) and picture.path is None:
        reason = f"there is no edited image: {picture.outcome}, {picture.reason}"
        return Path(), None, Refusal(reason, ScoreOutcome.NOT_EDITED)
    try:
        return *files.of(picture), None
    except NoImageError as error:
        return Path(), None, Refusal(f"the edited image cannot be used: {error}")


def _score(answer: Answer) -> Score:
    request, result = answer
    if not isinstance(result, ScoreResult):
        raise TypeError(f"a judge gave {type(result).__name__}")
    return Score(
        id=result.id,
        position=request.position,
        outcome=result.outcome,
        score=result.score,
        reply=result.reply,
        truncated=result.truncated,
        reason=result.reason,
        rubric=result.rubric,
        minimum=result.minimum,
        maximum=result.maximum,
        score_by=result.score_by,
        seconds=result.seconds,
        attempt=result.attempt,
    )
