"""Datasets that are wrong, each in one way; `Right` is what is right about them."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editgauge import (
    BadRow,
    Dataset,
    DatasetConfig,
    DatasetError,
    Register,
    Sample,
    Selection,
    hookimpl,
    safe_name,
    store_image,
)


class LinesConfig(DatasetConfig):
    """Configuration of all of them."""

    path: str
    """A file with an instruction in each line, and a picture `source.png` beside it."""


class Right(Dataset):
    """One sample for each line; an empty line is a bad row."""

    config: LinesConfig

    def check(self) -> None:
        if not Path(self.config.path).is_file():
            raise DatasetError(f"there is no file {self.config.path}")

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for index, line in enumerate(self.lines()):
            if not line:
                yield self.bad(index)
            elif selection.wants(index=index, sample_id=self.name(index), category=""):
                yield self.sample(index, line, image_folder)

    def lines(self) -> list[str]:
        return Path(self.config.path).read_text("utf-8").splitlines()

    def name(self, index: int) -> str:
        return f"line/{index}"

    def bad(self, index: int) -> BadRow:
        return BadRow(index=index, where=f"line {index + 1}", reason="it is empty")

    def image(self, index: int, image_folder: Path) -> Any:
        del index, image_folder
        return str(Path(self.config.path).absolute().parent / "source.png")

    def sample(self, index: int, line: str, image_folder: Path) -> Sample:
        return Sample(
            id=self.name(index),
            index=index,
            images=(self.image(index, image_folder),),
            instruction=line,
        )


class Storing(Right):
    """Not wrong: writes images of its own."""

    def image(self, index: int, image_folder: Path) -> Any:
        data = (Path(self.config.path).parent / "source.png").read_bytes()
        return str(store_image(data, image_folder, safe_name(self.name(index))))


class StoringById(Right):
    def image(self, index: int, image_folder: Path) -> Any:
        data = (Path(self.config.path).parent / "source.png").read_bytes()
        return str(store_image(data, image_folder, f"image{index}"))


class StoringAll(Storing):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for index, line in enumerate(self.lines()):
            self.image(index, image_folder)
            if not line:
                yield self.bad(index)
            elif selection.wants(index=index, sample_id=self.name(index), category=""):
                yield self.sample(index, line, image_folder)


class SameIds(Right):
    def name(self, index: int) -> str:
        return f"line {index // 2}"


class CountingFromOne(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for index, line in enumerate(self.lines(), start=1):
            if line and selection.wants(index=index, sample_id=self.name(index), category=""):
                yield self.sample(index, line, image_folder)


class CountingWanted(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        number = 0
        for index, line in enumerate(line for line in self.lines() if line):
            if selection.wants(index=index, sample_id=line, category=""):
                yield Sample(
                    id=line,
                    index=number,
                    images=(self.image(index, image_folder),),
                    instruction=line,
                )
                number += 1


class GivingAll(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for index, line in enumerate(self.lines()):
            selection.wants(index=index, sample_id=self.name(index), category="")
            yield self.sample(index, line or "nothing", image_folder)


class NotAsking(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        del selection
        for index, line in enumerate(self.lines()):
            yield self.sample(index, line or "nothing", image_folder)


class Shuffling(Right):
    def lines(self) -> list[str]:
        lines = super().lines()
        random.shuffle(lines)
        return lines


class Relative(Right):
    def image(self, index: int, image_folder: Path) -> Any:
        del index, image_folder
        return "source.png"


class ImageLost(Right):
    def image(self, index: int, image_folder: Path) -> Any:
        return f"{super().image(index, image_folder)}.missing"


class GivingPaths(Right):
    def image(self, index: int, image_folder: Path) -> Any:
        return Path(super().image(index, image_folder))


class ReadingAllFirst(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        return iter(list(super().read(selection, image_folder)))


class RaisingAtBadRows(Right):
    def bad(self, index: int) -> BadRow:
        raise ValueError(f"line {index + 1} is empty")


class NotStopping(Right):
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for row in super().read(selection, image_folder):
            try:
                yield row
            except GeneratorExit:
                yield row


class Trusting(Right):
    def check(self) -> None:
        pass


class RaisingInCheck(Right):
    def check(self) -> None:
        Path(self.config.path).open("rb").close()


class Printing(Right):
    def lines(self) -> list[str]:
        print("reading", self.config.path)  # noqa: T201 - that is the fault
        return super().lines()


@hookimpl
def register_datasets(register: Register) -> None:
    for name, found in list(globals().items()):
        if isinstance(found, type) and issubclass(found, Right):
            target = f"{__name__}:{name}"
            register(name, config=LinesConfig, target=target, summary="wrong in one way")
    register("MisspeltTarget", config=LinesConfig, target=f"{__name__}:Rihgt", summary="wrong")
