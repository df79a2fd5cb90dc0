"""The checks of datasets."""

import contextlib
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from editgauge.core.conformance.checks import Checks, NotTriedError, Said, in_words
from editgauge.core.conformance.parts import Part
from editgauge.core.conformance.registration_checks import FIRST
from editgauge.core.conformance.targets import TARGET_MEND, target_problem
from editgauge.core.datasets import BadRow, Dataset, DatasetError
from editgauge.core.hooks.plugin_manager import PluginError
from editgauge.core.images import ImageError, inspect_image
from editgauge.core.samples import Sample, safe_name

_LEAST_ASKED = 10
MISSING = "conformance-there-is-no-such-file"


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that the dataset asked about."""

    index: object
    sample_id: object
    category: object


class _EnoughError(DatasetError):
    """So many rows were asked about as should be read."""


class Asking:
    """A selection that keeps what it was asked."""

    def __init__(self, wants: Callable[[int], bool], limit: int) -> None:
        self.rows: list[Asked] = []
        self._wants = wants
        self._limit = limit

    def wants(self, *, index: int, sample_id: str, category: str) -> bool:
        """See `Selection.wants`.

        Raises:
            DatasetError: it is enough; whoever reads may stop at any time.
        """
        if len(self.rows) >= self._limit:
            raise _EnoughError("enough was read")
        self.rows.append(Asked(index, sample_id, category))
        return self._wants(len(self.rows) - 1)


class Reading:
    """One reading of a dataset, of a limited number of rows.

    Attributes:
        rows: what it gave.
        asked: what it asked.
        asked_at_first: how many rows it had asked about when it gave its first one.
        complete: whether it came to its end.
        is_told: whether what it raised is of a kind that a run tells of.
        error: what it raised, or an empty string.
        printed: what it wrote to stdout.
    """

    def __init__(
        self,
        part: Part,
        image_folder: Path,
        *,
        rows: int,
        wants: Callable[[int], bool] = lambda _number: True,
    ) -> None:
        self.rows: list[Any] = []
        self.error = ""
        self.is_told = False
        self.complete = False
        self.image_folder = image_folder
        self.asked_at_first = 0
        image_folder.mkdir(parents=True)
        selection = Asking(wants, max(rows, _LEAST_ASKED))
        self.asked = selection.rows
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                self._read(part, selection, rows)
            except _EnoughError:
                pass
            except Exception as error:  # noqa: BLE001 - a dataset may raise anything
                self.error = in_words(error)
                self.is_told = isinstance(error, DatasetError | OSError)
        self.printed = printed.getvalue()

    def _read(self, part: Part, selection: Asking, limit: int) -> None:
        dataset: Dataset = part.registration.load_target()(part.config)
        found = dataset.read(selection, self.image_folder)
        close = getattr(found, "close", lambda: None)
        try:
            for row in itertools.islice(found, limit):
                if not self.rows:
                    self.asked_at_first = len(self.asked)
                self.rows.append(row)
            self.complete = len(self.rows) < limit
        finally:
            close()

    def samples(self) -> list[Sample]:
        """Return the rows that are samples."""
        return [row for row in self.rows if isinstance(row, Sample)]


class DatasetTrial:
    """A dataset at work.

    Attributes:
        part: what is checked.
        folder: where images go.
        limit: how many rows are read at most.
    """

    def __init__(self, part: Part, folder: Path, *, limit: int) -> None:
        self.part = part
        self.folder = folder
        self.limit = limit
        self._readings: dict[str, Reading] = {}

    def reading(self, name: str, *, rows: int = 0, **options: Any) -> Reading:
        """Return a reading; it is made when it is first asked for."""
        if name not in self._readings:
            self._readings[name] = Reading(
                self.part, self.folder / name, rows=rows or self.limit, **options
            )
        return self._readings[name]

    def first(self) -> Reading:
        """Return the first reading, in which every row is wanted.

        Raises:
            NotTriedError: it failed.
        """
        reading = self.reading("first")
        if reading.error:
            raise NotTriedError("the dataset cannot be read")
        return reading


DATASET_CHECKS: Checks[DatasetTrial] = Checks(*FIRST.all)


@DATASET_CHECKS.add(
    "missing-file",
    "a file that is missing is told by `check`, before anything else begins",
    tries="Where the configuration has a `path`, gives it a path where nothing is, and calls "
    "`check`, which has to raise DatasetError.",
    mend="look in `check` whether the file is there, and raise "
    "`editgauge.DatasetError` with its path",
)
def _missing_file(trial: DatasetTrial) -> Iterator[str]:
    config = trial.part.config
    if not isinstance(getattr(config, "path", None), str):
        raise NotTriedError("it has no `path`")
    elsewhere = config.model_copy(update={"path": str(trial.folder / MISSING)})
    try:
        trial.part.registration.load_target()
    except PluginError as error:
        raise NotTriedError("the dataset cannot be imported") from error
    try:
        trial.part.registration.load_target()(elsewhere).check()
    except DatasetError as error:
        if MISSING not in str(error):
            yield f"`check` does not say which file is missing: {error}"
    except Exception as error:  # noqa: BLE001 - a dataset may raise anything
        yield f"`check` of a missing file raised {in_words(error)}; expected DatasetError"
    else:
        yield "`check` of a missing file raised nothing, so it would be found only later"


@DATASET_CHECKS.add(
    "reads",
    "the dataset is there and gives rows",
    tries="Calls `check` and reads up to so many rows (`rows`), all of them wanted.",
    mend="yield a `Sample` for each wanted row and a `BadRow` for each row that is no sample",
)
def _reads(trial: DatasetTrial) -> Iterator[str]:
    registration = trial.part.registration
    try:
        found = registration.load_target()
    except PluginError as error:
        problem = target_problem(registration.target, error.__cause__ or error)
        if not problem:
            raise
        yield Said(problem, mend=TARGET_MEND)
        return
    found(trial.part.config).check()
    reading = trial.reading("first")
    if reading.error:
        told = "" if reading.is_told else "; what is wrong with a row is a BadRow, and no exception"
        yield f"reading it raised {reading.error}{told}"
    elif not reading.samples():
        yield "it gave no sample at all"
    for row in reading.rows:
        if not isinstance(row, Sample | BadRow):
            yield f"it gave {type(row).__name__} where Sample or BadRow was expected"


@DATASET_CHECKS.add(
    "plain-samples",
    "the fields of a sample are texts",
    tries="Looks at the type of every field of every sample.",
    mend="make them `str` (not Path, not NumPy's types), and `images` a tuple of `str`",
)
def _plain_samples(trial: DatasetTrial) -> Iterator[str]:
    for sample in trial.first().samples():
        for field in fields(Sample):
            value = getattr(sample, field.name)
            if field.name == "index":
                right = type(value) is int
            elif field.name == "images":
                right = type(value) is tuple and all(type(item) is str for item in value)
                right = right and bool(value)
            else:
                right = type(value) is str
            if not right:
                yield f"`{field.name}` of row {sample.index} is {value!r:.80}"
        if not (sample.id and str(sample.instruction).strip()):
            yield f"row {sample.index} has an empty id or instruction; it should be a BadRow"


@DATASET_CHECKS.add(
    "ids",
    "every sample has an id of its own",
    tries="Compares the ids of all rows that were asked about.",
    mend="use a name that is unique in the data, or the row number",
)
def _ids(trial: DatasetTrial) -> Iterator[str]:
    seen: dict[object, object] = {}
    for row in trial.first().asked:
        if row.sample_id in seen:
            rows = f"{seen[row.sample_id]} and {row.index}"
            yield f"the id {row.sample_id!r:.100} comes twice, in rows {rows}"
            return
        seen[row.sample_id] = row.index


@DATASET_CHECKS.add(
    "indexes",
    "rows are counted from 0, whatever is selected",
    tries="Looks at `index` of all rows, bad ones included, and again with only some selected.",
    mend="count all rows with `enumerate` before anything is left out: seeds depend on it",
)
def _indexes(trial: DatasetTrial) -> Iterator[str]:
    reading = trial.first()
    bad = [row.index for row in reading.rows if isinstance(row, BadRow)]
    found = sorted([*(row.index for row in reading.asked), *bad], key=_as_number)
    expected = list(range(len(found)))
    if found != expected:
        yield f"expected indexes 0, 1, 2, ...; got {', '.join(str(index) for index in found[:8])}"
    of_samples = [row.index for row in reading.rows if isinstance(row, Sample | BadRow)]
    if of_samples != sorted(of_samples, key=_as_number):
        yield "rows do not come in the order of their indexes"
    half = trial.reading("half", wants=lambda number: number % 2 == 1)
    everywhere = {sample.id: sample.index for sample in reading.samples()}
    for sample in half.samples():
        if sample.id in everywhere and sample.index != everywhere[sample.id]:
            yield (
                f"{sample.id!r} is row {everywhere[sample.id]}, and row {sample.index} when other "
                "rows are not wanted"
            )
            return


@DATASET_CHECKS.add(
    "selection",
    "only wanted rows are given, and each readable row is asked about once",
    tries="Reads three times: all rows wanted, every second one, and none.",
    mend="call `selection.wants(index=..., sample_id=..., category=...)` once for each readable "
    "row, in order, and yield the sample only if it says yes",
)
def _selection(trial: DatasetTrial) -> Iterator[str]:
    first = trial.first()
    asked = [row.sample_id for row in first.asked]
    given = [sample.id for sample in first.samples()]
    if missing := [name for name in given if name not in asked]:
        yield f"{missing[0]!r} was given, but nobody was asked whether it is wanted"
        return
    if len(first.asked) > len(set(asked)) and len({row.index for row in first.asked}) < len(asked):
        yield "a row was asked about more than once"
    if first.complete and (lost := [name for name in asked if name not in given]):
        yield f"{lost[0]!r} was wanted and is not given"
    half = trial.reading("half", wants=lambda number: number % 2 == 1)
    none = trial.reading("none", rows=trial.limit, wants=lambda _number: False)
    for reading in (half, none):
        if reading.error:
            yield f"reading a part raised {reading.error}"
    unwanted = {row.sample_id for number, row in enumerate(half.asked) if number % 2 == 0}
    for sample in (*none.samples(), *(one for one in half.samples() if one.id in unwanted)):
        yield f"{sample.id!r} was given although it was not wanted"
        return


@DATASET_CHECKS.add(
    "same-again",
    "reading twice gives the same",
    tries="Reads the dataset a second time and compares every row.",
    mend="sort what a folder or a set holds, and draw nothing at random",
)
def _same_again(trial: DatasetTrial) -> Iterator[str]:
    first, second = trial.first(), trial.reading("second")
    if second.error:
        yield f"the second reading raised {second.error}"
        return
    for one, other in itertools.zip_longest(_seen(first), _seen(second)):
        if one != other:
            yield f"expected {one!r:.160}, the second reading gave {other!r:.160}"
            return


@DATASET_CHECKS.add(
    "image-paths",
    "images are files by absolute path",
    tries="Looks at the path and the header of every image.",
    mend="resolve paths against the data's own folder: `str((folder / name).absolute())`",
)
def _image_paths(trial: DatasetTrial) -> Iterator[str]:
    for sample in trial.first().samples():
        for image in sample.images:
            if not Path(image).is_absolute():
                yield f"row {sample.index} has the relative path {str(image)!r:.120}"
                return
            try:
                inspect_image(image)
            except ImageError as error:
                yield f"row {sample.index} has an image that a run would refuse: {error}"
                return


@DATASET_CHECKS.add(
    "image-folder",
    "what is written to `image_folder` is named by `safe_name`, for wanted rows only",
    tries="Compares the files in `image_folder` with the ids of the samples that were given.",
    mend="write with `editgauge.store_image(data, image_folder, safe_name(sample_id))`, after "
    "`selection.wants` has said yes",
)
def _image_folder(trial: DatasetTrial) -> Iterator[str]:
    first = trial.first()
    none = trial.reading("none", rows=trial.limit, wants=lambda _number: False)
    for reading, what in ((none, "of a row that nobody wanted"), (first, "not named by safe_name")):
        names = tuple(safe_name(sample.id) for sample in reading.samples())
        for path in sorted(reading.image_folder.rglob("*")):
            if not path.name.startswith(names or ("/",)):
                yield f"the file {path.relative_to(reading.image_folder)} is {what}"
                return


@DATASET_CHECKS.add(
    "stops-early",
    "reading may stop at any row",
    tries="Takes one row and closes the iterator.",
    mend="let `read` be a generator, use `with` for files, and do not catch GeneratorExit",
)
def _stops_early(trial: DatasetTrial) -> Iterator[str]:
    trial.first()
    reading = trial.reading("stopped", rows=1)
    if reading.error:
        yield f"stopping after one row raised {reading.error}"


@DATASET_CHECKS.add(
    "lazy",
    "rows are given as they are read",
    tries="Counts the rows that were asked about before the first one was given.",
    mend="`yield` each row inside of the loop; memory must not grow with the dataset",
)
def _lazy(trial: DatasetTrial) -> Iterator[str]:
    reading = trial.first()
    if len(reading.rows) < 3:
        raise NotTriedError("it has fewer than three rows")
    if reading.asked_at_first == len(reading.asked):
        yield f"all {len(reading.asked)} rows were read before the first one was given"


@DATASET_CHECKS.add(
    "quiet",
    "nothing is printed to stdout",
    tries="Watches stdout during all readings.",
    mend="take the print out, or use logging: stdout carries what a program asked for",
)
def _quiet(trial: DatasetTrial) -> Iterator[str]:
    if printed := trial.reading("first").printed.strip():
        yield f"it printed {printed[:80]!r}"


def _seen(reading: Reading) -> list[Any]:
    """Return the rows of a reading, comparable with another one's: its image folder is another."""
    folder = str(reading.image_folder)
    return [
        (row.id, row.index, row.instruction, tuple(str(x).replace(folder, "") for x in row.images))
        if isinstance(row, Sample)
        else row
        for row in reading.rows
    ]


def _as_number(index: object) -> int:
    return index if isinstance(index, int) else -1
