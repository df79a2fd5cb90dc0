"""An edit model by itself: images and instructions in, edited images out."""

from collections.abc import Callable, Generator, Iterator, Sequence

from editgauge.core.run.results import EditResult
from editgauge.core.samples import Sample
from editgauge.core.sessions import inputs
from editgauge.core.sessions.calls import Answer, Call, Request
from editgauge.core.sessions.files import OwnedFile
from editgauge.core.sessions.inputs import Files, Sources
from editgauge.core.sessions.results import EditedImage
from editgauge.core.sessions.session import Session


class EditSession(Session):
    """An edit model in its workers; see `open_edit_model`.

    Its methods may be called in any thread, also in several at once.
    """

    def edit(
        self,
        images: Sources,
        instructions: str | Sequence[str],
        *,
        seeds: int | Sequence[int] | None = None,
        ids: str | Sequence[str] | None = None,
        categories: str | Sequence[str] | None = None,
    ) -> list[EditedImage]:
        """Edit images and return what became of each, in the same order.

        Of images and instructions, one that is single holds for all of the other. Ctrl-C leaves the
        session open; what is under way goes on to its end and is thrown away.

        Args:
            images: images of Pillow, paths, or results of a session; a tuple of them where the
                model takes several sources for one edit.
            instructions: what to do.
            seeds: seed of each edit, or one for all; default: the session's seed plus the place in
                the call, so that the same call gives the same images.
            ids: names of the edits, for reporters; need not differ. Default: numbers.
            categories: groups of the edits, for reporters.

        Raises:
            SessionError: the session is closed, or has ended.
            TypeError, ValueError: an argument cannot be used; nothing was asked of the model.
            WriteError: an image cannot be written into the session's folder.
        """
        found = list(
            self.iter_edits(images, instructions, seeds=seeds, ids=ids, categories=categories)
        )
        return sorted(found, key=lambda edited: edited.position)

    def iter_edits(
        self,
        images: Sources,
        instructions: str | Sequence[str],
        *,
        seeds: int | Sequence[int] | None = None,
        ids: str | Sequence[str] | None = None,
        categories: str | Sequence[str] | None = None,
    ) -> Generator[EditedImage]:
        """Edit images and yield what became of each as it is done; arguments are those of `edit`.

        Few edits are asked for in advance. Whoever stops early leaves the session as it was.
        """
        self._engine.check()
        number = inputs.count_of(
            images=images, instructions=instructions, seeds=seeds, ids=ids, categories=categories
        )
        pictures = inputs.sources("images", images, number)
        wanted = inputs.texts("instructions", instructions, number)
        names = None if ids is None else inputs.texts("ids", ids, number)
        groups = inputs.texts("categories", categories, number, default="")
        chosen = inputs.seeds(seeds, number, first=self._engine.seed)

        def requests(call: Call) -> Iterator[Request]:
            files = Files(self._engine)
            for position, several in enumerate(pictures):
                index = self._engine.next_number()
                paths, holds, refusal = files.of_sources(several)
                sample = Sample(
                    id=str(index + 1) if names is None else names[position],
                    index=index,
                    images=paths,
                    instruction=wanted[position],
                    category=groups[position],
                )
                yield Request(
                    call=call,
                    position=position,
                    sample=sample,
                    seed=chosen[position],
                    holds=holds,
                    refusal=refusal,
                )

        return self._edits(requests)

    def _edits(self, requests: Callable[[Call], Iterator[Request]]) -> Generator[EditedImage]:
        for answer in self._answers(requests):
            yield self._edited(answer)

    def _edited(self, answer: Answer) -> EditedImage:
        request, result = answer
        if not isinstance(result, EditResult):
            raise TypeError(f"an editor gave {type(result).__name__}")
        path = None if result.image is None else self.folder / result.image
        keeper = request.call.keeper
        return EditedImage(
            id=result.id,
            position=request.position,
            outcome=result.outcome,
            path=path,
            seed=result.seed,
            seconds=result.seconds,
            attempt=result.attempt,
            reason=result.reason,
            _file=None if path is None or keeper is None else OwnedFile(path, keeper),
        )
