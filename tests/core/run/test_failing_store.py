"""The n-th write of the run store fails, for every n: what was taken stays, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from editgauge.core.run.latest import LatestLink
from editgauge.core.run.results import EditResult, ScoreResult, result_from_row
from editgauge.core.run.store import RunStore, WriteError, read_manifest, read_results
from tests.core.run.test_store import edit, score
from tests.support.failing_writes import KINDS, SUPPORTED, FailingWrites

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")

ROWS: list[EditResult | ScoreResult] = [edit(0), edit(1), score(0), score(1)]


class Life:
    """What a run does with its store; `taken` are the rows that the store said it has."""

    def __init__(self, runs: Path, *, sync: bool) -> None:
        self.runs = runs
        self.folder = runs / "made" / "run"
        self.sync = sync
        self.taken: list[EditResult | ScoreResult] = []
        self.status = ""

    def begin(self) -> RunStore:
        return RunStore.create(self.runs, "x", folder=self.folder, sync=self.sync)

    def go_on(self) -> RunStore:
        return RunStore.reopen(self.folder, sync=self.sync)

    def work(self, store: RunStore) -> None:
        try:
            store.write_manifest({"status": "running"})
            for row in ROWS[len(list(read_results(self.folder))) :]:
                store.append(row)
                self.taken.append(row)
            LatestLink(store.folder, self.runs / "made").point()
            store.write_manifest({"status": "finished"})
            self.status = "finished"
            store.sweep()
        finally:
            store.close()


def faults(root: Path, kind: str) -> Iterator[FailingWrites]:
    """Yield a shim for n = 1, 2, ... until nothing failed any more."""
    number = 0
    while True:
        number += 1
        shim = FailingWrites(root / str(number), at=number, kind=kind)
        yield shim
        if not shim.failed:
            assert number > 15, "a life of the store has more operations: is the shim in place?"
            return


@pytest.mark.parametrize("sync", [False, True], ids=["process", "power"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_row_that_was_taken_is_lost_whatever_write_fails(
    tmp_path: Path, kind: str, *, sync: bool
) -> None:
    for number, shim in enumerate(faults(tmp_path, kind), start=1):
        life = Life(tmp_path / str(number), sync=sync)
        told = ""
        with shim.installed():
            try:
                life.work(life.begin())
            except WriteError as error:
                told = str(error)
        where = f"operation {number}: {shim.failed}"

        if told:
            assert shim.failed, where
            assert life.status != "finished", where
        else:
            assert life.taken == ROWS, where
            assert read_manifest(life.folder) == {"status": "finished"}, where
        if (life.folder / "results.jsonl").exists():
            left = list(read_results(life.folder))
            # A row that could not be taken back may stand there; it was never announced.
            assert left[: len(life.taken)] == life.taken, where
            assert left == ROWS[: len(left)], where

        has_begun = (life.folder / "run.json").exists()
        life.work(life.go_on() if has_begun else life.begin())
        assert list(read_results(life.folder)) == ROWS, where
        assert read_manifest(life.folder) == {"status": "finished"}, where
        left_over = [path.name for path in life.folder.iterdir() if path.name.startswith(".")]
        assert left_over == [], where


@pytest.mark.parametrize("kind", KINDS)
def test_a_torn_line_that_cannot_be_cut_off_is_no_success(tmp_path: Path, kind: str) -> None:
    for number, shim in enumerate(_reopenings(tmp_path, kind), start=1):
        folder = tmp_path / str(number) / "made" / "run"
        store = None
        with shim.installed():
            try:
                store = RunStore.reopen(folder, sync=True)
                store.cut_torn_line()
                store.append(edit(1))
            except WriteError:
                assert shim.failed
            else:
                assert list(read_results(folder)) == [edit(0), edit(1)], shim.failed
            finally:
                if store is not None:
                    store.close()
        assert next(read_results(folder)) == edit(0), shim.failed
        again = RunStore.reopen(folder)
        again.cut_torn_line()
        again.append(score(0))
        again.close()
        assert list(read_results(folder))[-1] == score(0), shim.failed


@pytest.mark.parametrize("sync", [False, True], ids=["process", "power"])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_are_superseded_are_never_lost_whatever_write_fails(
    tmp_path: Path, kind: str, *, sync: bool
) -> None:
    kept = bytearray([1, 0, 1, 0])
    number, shim = 0, FailingWrites(tmp_path, at=1, kind=kind)
    while number == 0 or shim.failed:
        number += 1
        life = Life(tmp_path / str(number), sync=sync)
        life.work(life.begin())
        store = life.go_on()
        shim = FailingWrites(tmp_path / str(number), at=number, kind=kind)
        told = ""
        with shim.installed():
            try:
                store.supersede(kept)
                store.append(edit(2))
            except WriteError as error:
                told = str(error)
            finally:
                store.close()
        left = list(read_results(life.folder))
        archive = life.folder / "superseded.jsonl"
        taken_out = archive.read_text("utf-8") if archive.exists() else ""
        where = f"operation {number}: {shim.failed}, {told}"
        # Before the file has its new name, every row is where it was; after that, the others are
        # in the archive.
        assert left[:4] == ROWS or left[:2] == [ROWS[0], ROWS[2]], where
        if left[:4] != ROWS:
            assert all(f'"id": "{row.id}"' in taken_out for row in (ROWS[1], ROWS[3])), where
        if not told:
            assert left == [ROWS[0], ROWS[2], edit(2)], where

        again = life.go_on()
        rows = list(read_results(life.folder))
        if rows[:4] == ROWS:
            again.supersede(bytearray([*kept, *[1] * (len(rows) - 4)]))
        again.append(score(2))
        again.close()
        assert list(read_results(life.folder))[:2] == [ROWS[0], ROWS[2]], where
        assert list(read_results(life.folder))[-1] == score(2), where
        for line in archive.read_text("utf-8").splitlines():
            result_from_row(json.loads(line))
    assert number > 8


def _reopenings(root: Path, kind: str) -> Iterator[FailingWrites]:
    number, shim = 0, FailingWrites(root, at=1, kind=kind)
    while number == 0 or shim.failed:
        number += 1
        life = Life(root / str(number), sync=False)
        store = life.begin()
        store.write_manifest({})
        store.append(edit(0))
        store.close()
        with (life.folder / "results.jsonl").open("ab") as file:
            file.write(b'{"stage": "edit", "id": ')
        shim = FailingWrites(root / str(number), at=number, kind=kind)
        yield shim


def test_a_row_is_refused_after_one_that_was_not_written(tmp_path: Path) -> None:
    life = Life(tmp_path, sync=True)
    store = life.begin()
    store.append(edit(0))
    results = life.folder / "results.jsonl"
    shim = FailingWrites(tmp_path, at=2, kind="EIO")
    with shim.installed(), pytest.raises(WriteError, match="Input/output error"):
        store.append(edit(1))
    assert shim.failed == ["fsync made/run/results.jsonl"]
    # The flush would succeed now, and mean nothing: the system may have dropped the row.
    with pytest.raises(WriteError, match="Input/output error"):
        store.append(edit(1))
    store.close()
    assert list(read_results(life.folder)) == [edit(0)], results.read_text()
