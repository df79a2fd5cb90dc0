"""Source and edited image side by side, for a few samples of a run."""

from io import BytesIO
from pathlib import Path

from editgauge.core.images import ImageError, load_image
from editgauge.core.run.selection import read_spool
from editgauge.core.samples import Sample

_SIDE = 512
"""Pixels of the longer side of each of the two."""
_GAP = 8


def spread_samples(folder: Path, number: int) -> dict[int, Sample]:
    """Return samples by row number, at most so many, spread evenly over what was selected.

    Args:
        folder: the run directory; without its list of samples there are none.
        number: how many.
    """
    spool = folder / "samples.jsonl"
    if number < 1 or not spool.is_file():
        return {}
    with spool.open("rb") as file:
        selected = sum(1 for _ in file)
    number = min(number, selected)
    wanted = {position * selected // number for position in range(number)}
    return {
        sample.index: sample
        for position, sample in enumerate(read_spool(spool))
        if position in wanted
    }


def side_by_side(folder: Path, sources: tuple[str, ...], edited: str) -> bytes | None:
    """Return a PNG with the first source and the edited image, made small and encoded anew.

    Args:
        folder: the run directory.
        sources: paths of the source images.
        edited: the edited image, relative to the run directory.

    Returns:
        The picture's file, or None if one of the two cannot be read or lies elsewhere.
    """
    from PIL import Image

    path = folder / edited
    if not sources or not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        images = [load_image(sources[0]), load_image(path)]
    except ImageError:
        return None
    for image in images:
        image.thumbnail((_SIDE, _SIDE))
    left, right = images
    height = max(left.height, right.height)
    both = Image.new("RGB", (left.width + _GAP + right.width, height), "white")
    both.paste(left, (0, (height - left.height) // 2))
    both.paste(right, (left.width + _GAP, (height - right.height) // 2))
    file = BytesIO()
    both.save(file, format="PNG", compress_level=6)
    return file.getvalue()
