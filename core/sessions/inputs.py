"""What callers give: one or many images with instructions, turned into files and plain values."""

import operator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from editgauge.core.images import ImageError, as_loaded, save_png
from editgauge.core.run.store import WriteError
from editgauge.core.sessions.calls import Refusal
from editgauge.core.sessions.engine import Engine
from editgauge.core.sessions.files import OwnedFile
from editgauge.core.sessions.results import EditedImage

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = "Image | Path | str | EditedImage"
"""An image: an object of Pillow, a path, or what a session returned."""
Source: TypeAlias = "Picture | tuple[Picture, ...]"
"""What one edit is made of: an image, or several as a tuple."""

Sources: TypeAlias = "Source | Sequence[Source]"
"""What one or many edits are made of."""
EditedPictures: TypeAlias = "Picture | Sequence[Picture | None] | None"
"""One or many edited images; None for an edit that there is no image of."""

MAX_SEED = 2**32
"""Seeds are below it, as in a run's configuration."""


class NoImageError(Exception):
    """What was given is no image, though of the right type: a failed edit, or a damaged one."""


def is_many(value: object) -> bool:
    """Return whether a value stands for several requests: any sequence but a tuple and a text."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | tuple)


def count_of(**given: object) -> int:
    """Return how many requests arguments stand for; one that is single holds for all.

    Raises:
        ValueError: two of them stand for different numbers.
    """
    lengths = {
        name: len(value)
        for name, value in given.items()
        if isinstance(value, Sequence) and is_many(value)
    }
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{number:,} {name}" for name, number in lengths.items())
        raise ValueError(
            f"lists of the same length are expected, one entry for each image; got {counted}"
        )
    return next(iter(lengths.values()), 1)


def spread(value: Any, number: int) -> list[Any]:
    """Return an argument for each of a number of requests."""
    return list(value) if is_many(value) else [value] * number


def texts(
    name: str, value: str | Sequence[str] | None, number: int, *, default: str | None = None
) -> list[str]:
    """Return a text for each request; `default`, if there is one, where none was given.

    Raises:
        TypeError: one is no text.
    """
    found = spread(default if value is None else value, number)
    for text in found:
        if not isinstance(text, str):
            raise TypeError(f"{name!r} should be texts, got {type(text).__name__}: {text!r:.80}")
    return found


def seeds(value: int | Sequence[int] | None, number: int, *, first: int) -> list[int]:
    """Return a seed for each request; None stands for `first` and the ones after it.

    Raises:
        TypeError: one is no whole number.
        ValueError: one is below 0, or too large.
    """
    if value is None:
        return [(first + position) % MAX_SEED for position in range(number)]
    found = []
    for given in spread(value, number):
        if isinstance(given, bool):
            raise TypeError(f"'seeds' should be whole numbers, got {given!r}")
        try:
            seed = operator.index(given)
        except TypeError:
            raise TypeError(f"'seeds' should be whole numbers, got {given!r:.80}") from None
        if not 0 <= seed < MAX_SEED:
            raise ValueError(f"a seed should be from 0 to {MAX_SEED - 1:,}, got {seed:,}")
        found.append(seed)
    return found


def sources(name: str, value: Any, number: int) -> list[tuple[Picture, ...]]:
    """Return the images of each request.

    Raises:
        TypeError: something is no image.
        ValueError: a tuple is empty.
    """
    found = []
    for given in spread(value, number):
        several = given if isinstance(given, tuple) else (given,)
        if not several:
            raise ValueError(f"{name!r} has an empty tuple where one or several images should be")
        for picture in several:
            check_picture(name, picture)
        found.append(several)
    return found


def check_picture(name: str, picture: object) -> None:
    """Check that something may stand for an image.

    Raises:
        TypeError: it may not.
    """
    from PIL.Image import Image

    if not isinstance(picture, str | Path | EditedImage | Image):
        hint = "; make it one by PIL.Image.fromarray" if hasattr(picture, "shape") else ""
        raise TypeError(
            f"{name!r} should be images of Pillow, paths, or results of a session, "
            f"got {type(picture).__name__}{hint}"
        )


class Files:
    """Gives the images of one call files that workers can read."""

    def __init__(self, engine: Engine) -> None:
        """Make files in the folder of a session."""
        self._folder = engine.folder
        self._engine = engine
        self._made: WeakValueDictionary[int, OwnedFile] = WeakValueDictionary()

    def of(self, picture: Picture) -> tuple[Path, object]:
        """Return the file of an image, and what to hold so that it stays.

        An image that stands in many requests is written once.

        Raises:
            NoImageError: there is none: a failed edit, or an image that is damaged or too large.
            WriteError: it cannot be written.
        """
        if isinstance(picture, EditedImage):
            if picture.path is None:
                raise NoImageError(f"it is an edit that is {picture.outcome}: {picture.reason}")
            return picture.path, picture
        if isinstance(picture, str | Path):
            return Path(picture).absolute(), None
        owned = self._made.get(id(picture))
        if owned is None:
            owned = self._made[id(picture)] = self._write(picture)
        return owned.path, owned

    def of_sources(
        self, pictures: Sequence[Picture]
    ) -> tuple[tuple[str, ...], tuple[object, ...], Refusal | None]:
        """Return the paths of source images, what to hold, and why there are none, if so.

        Raises:
            WriteError: one cannot be written.
        """
        try:
            found = [self.of(picture) for picture in pictures]
        except NoImageError as error:
            return (), (), Refusal(f"a source image cannot be used: {error}")
        return tuple(str(path) for path, _ in found), tuple(hold for _, hold in found), None

    def _write(self, picture: "Image") -> OwnedFile:
        path = self._folder.inputs / f"{self._engine.next_file():08}.png"
        try:
            save_png(as_loaded(picture), path)
        except ImageError as error:
            raise NoImageError(str(error)) from error
        except OSError as error:
            # The folder may be gone because the session was closed meanwhile.
            self._engine.check()
            raise WriteError(path, error) from error
        return OwnedFile(path, self._folder.keeper)
