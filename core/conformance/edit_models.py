"""The checks of edit models."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.conformance.checks import Checks, NotTriedError, Said
from editgauge.core.conformance.hosting import Answer
from editgauge.core.conformance.model_trials import (
    MODEL_FIRST,
    MODEL_LAST,
    Lost,
    ModelTrial,
    failure,
)
from editgauge.core.conformance.parts import Part
from editgauge.core.conformance.pictures import difference
from editgauge.core.conformance.probe import POISON

MODES = ("RGB", "RGBA")
"""Modes of the picture that `edit` returns; a judge sees transparency laid over white."""
SEED = 4321
_NO_IMAGE = "should return a PIL image"
"""In the words of the worker, that `edit` returned something else."""
LARGE_SEED = 2**32 + 7
"""A run's seed is below 2^32, and the row number is added to it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What came of a request."""

    result: Answer | Lost
    picture: Path

    @property
    def failed(self) -> str:
        """Why there is no picture, or an empty string."""
        return failure(self.result)

    @property
    def steps(self) -> list[tuple[int, int]]:
        """The steps that were told."""
        if isinstance(self.result, Lost):
            return []
        return [(part["step"], part["of"]) for part in self.result.parts if part["kind"] == "step"]


class EditTrial(ModelTrial):
    """An edit model at work."""

    def __init__(self, part: Part, folder: Path, *, instruction: str, tolerance: float) -> None:
        super().__init__(part, folder, instruction=instruction, tolerance=tolerance)
        self.edits: dict[str, Edit] = {}

    def edit(self, name: str, *, picture: str = "wide", seed: int = SEED) -> Edit:
        """Return what came of a request; it is made when it is first asked for.

        Args:
            name: the request's id; one that begins with `POISON` gets images that are closed.
            picture: name of the source.
            seed: the seed.
        """
        if name not in self.edits:
            result = self.asked(
                lambda host: host.edit(
                    request_id=name,
                    images=[self.pictures[picture]],
                    instruction=self.instruction,
                    seed=seed,
                )
            )
            self.edits[name] = Edit(result, Path()) if isinstance(result, Lost) else Edit(*result)
        return self.edits[name]

    def first(self) -> Edit:
        """Return the first edit, which others are compared with.

        Raises:
            NotTriedError: it failed.
        """
        edit = self.edit("first")
        if edit.failed:
            raise NotTriedError("the first edit failed")
        return edit

    def again(self) -> Edit:
        """Return the first request's edit, made again after others."""
        self.edit("between", seed=SEED + 1)
        return self.edit("again")

    def need_same_pictures(self) -> Edit:
        """Return the first edit, which others may be compared with.

        Raises:
            NotTriedError: it failed, or the same request gives another picture every time.
        """
        first, again = self.first(), self.again()
        if again.failed or self.apart(first, again):
            raise NotTriedError("the same seed gives other pictures")
        return first

    def apart(self, one: Edit, other: Edit) -> str:
        """Return how two pictures differ that should be the same, or an empty string."""
        found = difference(one.picture, other.picture)
        if found is None:
            return "they are of different size"
        if found > self.tolerance:
            allowed = f", where {self.tolerance:g} is allowed" if self.tolerance else ""
            return f"values differ by up to {found:.0f} of 255{allowed}"
        return ""


EDIT_CHECKS: Checks[EditTrial] = Checks(*MODEL_FIRST.all)


@EDIT_CHECKS.add(
    "edits",
    "an ordinary request gives a picture",
    tries="Asks for an edit of a small picture, with the instruction that the check was given.",
    mend="let the model do it, or give the check an instruction that it understands "
    "(`instruction=...`, `--instruction TEXT`)",
)
def _edits(trial: EditTrial) -> Iterator[str]:
    edit = trial.edit("first")
    if edit.failed:
        mend = ""
        if _NO_IMAGE in edit.failed:
            mend = "let `edit` return a PIL image, in every branch: `return image`"
        yield Said(f"the edit {trial.instruction!r} failed: {edit.failed}", mend=mend)


@EDIT_CHECKS.add(
    "image-mode",
    "the picture is RGB or RGBA",
    tries="Looks at the mode of every picture that `edit` returned.",
    mend='end with `return image.convert("RGB")`',
)
def _image_mode(trial: EditTrial) -> Iterator[str]:
    trial.first()
    for note in trial.noted("edited"):
        if note["mode"] not in MODES:
            yield f"`edit` returned a picture of mode {note['mode']!r}; expected RGB or RGBA"


@EDIT_CHECKS.add(
    "image-sizes",
    "sources of any size are edited",
    tries="Edits a wide picture, a tall one, and one with odd numbers of columns and rows.",
    mend="bring the source to a size that the model can take, such as multiples of 16, inside of "
    "`edit`",
)
def _image_sizes(trial: EditTrial) -> Iterator[str]:
    trial.first()
    for picture in ("tall", "odd"):
        edit = trial.edit(picture, picture=picture)
        if edit.failed:
            size = {"tall": "64 x 96", "odd": "65 x 43"}[picture]
            yield f"a source of {size} pixels failed: {edit.failed}"


@EDIT_CHECKS.add(
    "same-seed",
    "same seed, same picture",
    tries="Repeats the first request with the same seed after others, in the same worker.",
    mend="take every random number from the request's seed, on the CPU "
    '(`torch.Generator("cpu").manual_seed(request.seed)`), and keep nothing from edit to edit',
)
def _same_seed(trial: EditTrial) -> Iterator[str]:
    first, again = trial.first(), trial.again()
    if again.failed:
        yield f"the first request, repeated, failed: {again.failed}"
    elif apart := trial.apart(first, again):
        yield f"the first request, repeated with seed {SEED}, gave another picture: {apart}"


@EDIT_CHECKS.add(
    "orientation",
    "wide stays wide, tall stays tall",
    tries="Compares the sides of source and result, and edits a source that is stored on its side "
    "with an EXIF orientation: the model gets it upright, so its result is the same.",
    mend="take width and height in this order (`image.size`, not an array's shape), and trust "
    "`request.images`, which are upright",
)
def _orientation(trial: EditTrial) -> Iterator[str]:
    trial.first()
    sizes = {note["id"]: note["size"] for note in trial.noted("edited")}
    trial.edit("tall", picture="tall")
    sizes |= {note["id"]: note["size"] for note in trial.noted("edited")}
    for name, is_wide in (("first", True), ("tall", False)):
        width, height = sizes.get(name, (1, 1))
        if width != height and (width > height) is not is_wide:
            shape = "wide" if is_wide else "tall"
            yield f"a {shape} source became a picture of {width} x {height} pixels"
    turned = trial.edit("turned", picture="turned")
    if turned.failed:
        yield f"a source with an EXIF orientation failed: {turned.failed}"
    elif apart := trial.apart(trial.need_same_pictures(), turned):
        yield f"a source with an EXIF orientation gave another picture than upright: {apart}"


@EDIT_CHECKS.add(
    "steps",
    "steps are told from 1 to `of`, one by one",
    tries="Looks at every call of `on_step` during the edits so far. None at all is right, too.",
    mend="call `on_step(number, total)` once after each step, with number 1, 2, ... total",
)
def _steps(trial: EditTrial) -> Iterator[str]:
    trial.first()
    for name, edit in trial.edits.items():
        steps = edit.steps
        if not steps or edit.failed:
            continue
        totals = {of for _, of in steps}
        if len(totals) > 1:
            yield f"edit {name!r}: `of` changed from {steps[0][1]} to {steps[-1][1]}"
        elif [step for step, _ in steps] != list(range(1, steps[0][1] + 1)):
            told = ", ".join(str(step) for step, _ in steps[:12])
            yield f"edit {name!r}: expected steps 1 to {steps[0][1]}, got {told}"


@EDIT_CHECKS.add(
    "large-seed",
    "a seed above 2^32 is no problem",
    tries=f"Edits with seed {LARGE_SEED}: a run's seed is below 2^32, the row number is added.",
    mend="bring the seed to what the generator takes: `request.seed % 2**32`",
)
def _large_seed(trial: EditTrial) -> Iterator[str]:
    trial.first()
    edit = trial.edit("large-seed", seed=LARGE_SEED)
    if edit.failed:
        yield f"an edit with seed {LARGE_SEED} failed: {edit.failed}"


@EDIT_CHECKS.add(
    "failed-request",
    "a request that fails is reported, and the next one is intact",
    tries="Hands over a source that raises when it is looked at. The edit has to fail; then the "
    "first request is repeated and has to give the first picture.",
    mend="raise, and never return the source instead; undo what was changed in a `finally`",
)
def _failed_request(trial: EditTrial) -> Iterator[str]:
    trial.first()
    # Before the failure: what that leaves behind is not to be taken for a seed that is not heeded.
    trial.again()
    poisoned = trial.edit(f"{POISON}closed source")
    if isinstance(poisoned.result, Lost):
        yield f"a source that cannot be read ended the worker: {poisoned.result.why}"
    elif not poisoned.failed:
        yield "a source that cannot be read gave a picture all the same; where is it from?"
    after = trial.edit("after-failure")
    if after.failed:
        yield f"the request after a failed one failed, too: {after.failed}"
    elif apart := trial.apart(trial.need_same_pictures(), after):
        yield f"the request after a failed one gave another picture than before: {apart}"


@EDIT_CHECKS.add(
    "another-worker",
    "another worker makes the same picture",
    tries="Repeats the first request in a second worker process.",
    mend="do not seed by process id, time or device number, and set the number of threads "
    "(`workers.threads`) if sums depend on it",
)
def _another_worker(trial: EditTrial) -> Iterator[str]:
    first = trial.need_same_pictures()
    trial.end()
    other = trial.edit("another-worker")
    if other.failed:
        yield f"the first request failed in a second worker: {other.failed}"
    elif apart := trial.apart(first, other):
        yield f"a second worker made another picture of the first request: {apart}"


EDIT_CHECKS.all += MODEL_LAST.all
