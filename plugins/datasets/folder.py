"""A dataset that is a folder of images."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from editgauge.config_schemas.datasets import FolderConfig
from editgauge.core.datasets import BadRow, Dataset, DatasetError, Selection
from editgauge.core.samples import Sample
from editgauge.plugins.datasets.fields import FieldError
from editgauge.plugins.datasets.files import find_folder

READABLE = frozenset({".png", ".jpg", ".jpeg", ".webp"})
UNREADABLE = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jp2", ".jxl", ".svg", ".tif", ".tiff"}
)
"""Suffixes of images that are not accepted: such a file is a bad row, not silently passed over."""
MAX_INSTRUCTION_BYTES = 2**20


class FolderDataset(Dataset):
    """One sample per image file, its instruction in `NAME.txt` beside it.

    The id is the path within the folder (`indoor/cat.jpg`), the order is that of the names. Hidden
    files and linked folders are left out.
    """

    config: FolderConfig

    def check(self) -> None:
        """See `Dataset.check`."""
        find_folder(self.config.path)

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:  # noqa: ARG002 - the images are files already
        """See `Dataset.read`."""
        root = find_folder(self.config.path)
        for index, path in enumerate(_images(root)):
            sample_id = path.relative_to(root).as_posix()
            category = path.relative_to(root).parts[0] if path.parent != root else ""
            try:
                instruction = self._instruction(path)
            except FieldError as error:
                yield BadRow(index=index, where=f"image {sample_id!r}", reason=str(error))
                continue
            if selection.wants(index=index, sample_id=sample_id, category=category):
                yield Sample(
                    id=sample_id,
                    index=index,
                    images=(str(path),),
                    instruction=instruction,
                    category=category,
                )

    def _instruction(self, image: Path) -> str:
        if image.suffix.lower() in UNREADABLE:
            raise FieldError("only PNG, JPEG and WebP images are accepted")
        path = image.with_suffix(".txt")
        try:
            # A named pipe would never begin, a device might never end.
            if not stat.S_ISREG(path.stat().st_mode):
                raise FieldError(f"{path.name!r} cannot be read: it is not a file")
            with path.open("rb") as file:
                data = file.read(MAX_INSTRUCTION_BYTES + 1)
        except FileNotFoundError as error:
            if self.config.instruction is None:
                raise FieldError(
                    f"there is no {path.name!r} beside it, and the config gives no 'instruction'"
                ) from error
            return self.config.instruction
        except OSError as error:
            raise FieldError(f"{path.name!r} cannot be read: {error.strerror}") from error
        if len(data) > MAX_INSTRUCTION_BYTES:
            raise FieldError(f"{path.name!r} is longer than {MAX_INSTRUCTION_BYTES:,} bytes")
        try:
            instruction = data.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise FieldError(f"{path.name!r} is not UTF-8 ({error.reason})") from error
        if not instruction:
            raise FieldError(f"{path.name!r} is empty; expected the instruction")
        return instruction


def _images(folder: Path) -> Iterator[Path]:
    """Yield the image files below a folder; files and subfolders in the order of their names."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry in entries
                if not entry.name.startswith(".")
            )
    except OSError as error:
        raise DatasetError(f"dataset folder {folder} cannot be read: {error.strerror}") from error
    for name, is_folder in found:
        path = folder / name
        if is_folder:
            yield from _images(path)
        elif path.suffix.lower() in READABLE | UNREADABLE:
            yield path
