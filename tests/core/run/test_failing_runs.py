"""The n-th write below the runs folder fails, in the parent or in a worker, for n = 1, 2, ...

Each run is a real one with worker processes, and each is followed by one that goes on undisturbed.
`EDITGAUGE_CHAOS=1` tries every n with every error; without it, a sample of them is tried.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.outcomes import ExitCode
from editgauge.core.run.result import RunResult
from editgauge.core.run.store import WriteError, read_manifest, read_results
from tests.support.failing_writes import KINDS, SUPPORTED, FailingWrites
from tests.support.runs import make_dataset, run, run_config

CHAOS = bool(os.environ.get("EDITGAUGE_CHAOS"))

pytestmark = [
    pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to"),
    pytest.mark.timeout(3600 if CHAOS else 300),
]

SAMPLES = 3
STRIDE = 1 if CHAOS else 40
"""Every so many operations of the parent one fails; another start for each kind of error."""
WORKER_STRIDE = 1 if CHAOS else 10
DURABILITIES = ["process", "power"] if CHAOS else ["power"]
"""What `process` writes is among what `power` writes."""
_CHANGES_WITH_TIME = ("seconds", "worker", "attempt")


def _config(place: Path, durability: str, **edit: Any) -> dict[str, Any]:
    if not (place / "data").exists():
        make_dataset(place / "data", SAMPLES)
    return run_config(
        place,
        durability=durability,
        edit={"type": "sleeping", "steps": 1, "workers": {"devices": ["cpu"]}, **edit},
    )


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a run that is complete, without what differs between two such runs."""
    rows = [result.to_row() for result in read_results(folder)]
    for row in rows:
        for key in _CHANGES_WITH_TIME:
            del row[key]
    return sorted(rows, key=lambda row: (row["stage"], row["index"]))


def _pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "images").iterdir()}


class Undisturbed:
    """A run without any fault, and how many operations its parent made."""

    def __init__(self, folder: Path, durability: str) -> None:
        self.folder = folder
        self.durability = durability
        shim = FailingWrites(folder / "runs", at=0, kind="EIO")
        with shim.installed():
            result, _, _ = run(_config(folder, durability))
        assert result.exit_code == 0
        self.operations = shim.operations
        self.rows = _rows(result.run_dir)
        self.pictures = _pictures(result.run_dir)
        shutil.rmtree(folder / "runs")

    def has_all(self, folder: Path) -> bool:
        return (
            _rows(folder) == self.rows
            and _pictures(folder) == self.pictures
            and read_manifest(folder)["status"] == "finished"
        )


@pytest.fixture(scope="module", params=DURABILITIES)
def undisturbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"), request.param)


def _check(
    undisturbed: Undisturbed, config: dict[str, Any], result: RunResult | None, where: str
) -> None:
    """Check what a disturbed run left; then go on without faults, and compare."""
    runs = sorted((undisturbed.folder / "runs").glob("2*"))
    folder = runs[0] if runs else None
    has_begun = folder is not None and (folder / "run.json").exists()
    if result is not None and folder is not None:
        assert result.exit_code in (ExitCode.OK, ExitCode.WRITE_ERROR), f"{where}: {result.reason}"
        # The other way round it may be so: the last flush fails, and all is there all the same.
        if result.exit_code == ExitCode.OK:
            assert undisturbed.has_all(folder), where
    before = []
    if folder is not None and (folder / "results.jsonl").exists():
        before = [result.to_row() for result in read_results(folder)]
    again, _, stderr = run(config, resume=str(folder) if has_begun else None)
    assert again.exit_code == 0, f"{where}: {stderr}"
    assert undisturbed.has_all(again.run_dir), where
    after = [result.to_row() for result in read_results(again.run_dir)]
    assert all(row in after for row in before), where
    shutil.rmtree(undisturbed.folder / "runs")


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_of_the_parent_that_fails_is_no_success_and_loses_nothing(
    undisturbed: Undisturbed, kind: str
) -> None:
    config = _config(undisturbed.folder, undisturbed.durability)
    start = 1 + KINDS.index(kind) * STRIDE // len(KINDS)
    for number in range(start, len(undisturbed.operations) + 1, STRIDE):
        shim = FailingWrites(undisturbed.folder / "runs", at=number, kind=kind)
        result = None
        with shim.installed():
            try:
                result, _, _ = run(config)
            except WriteError:
                # The run directory could not be made; the command line says so with code 110.
                assert shim.failed
        where = f"{kind} in operation {number}, {shim.failed}"
        _check(undisturbed, config, result, where)


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_of_a_worker_that_fails_is_no_success_and_loses_nothing(
    undisturbed: Undisturbed, kind: str
) -> None:
    folder, number = undisturbed.folder, 1 + KINDS.index(kind) * WORKER_STRIDE // len(KINDS)
    while True:
        once = {"load": f"once:fail_writes:{number},{kind}"}
        config = _config(folder, undisturbed.durability, misbehave=once, folder=str(folder))
        result, _, _ = run(config)
        failed = _take_note(folder)
        if failed:
            assert result.exit_code == ExitCode.WRITE_ERROR, failed
        where = f"{kind} in operation {number} of the worker, {failed}"
        _check(undisturbed, config, result, where)
        if not failed:
            assert number > SAMPLES * 3, "an edit has more operations: is the shim in place?"
            return
        number += WORKER_STRIDE


def _take_note(folder: Path) -> str:
    """Return what the shim of the worker noted, and remove the note."""
    note = folder / "failed.txt"
    if not note.exists():
        return ""
    text = note.read_text()
    note.unlink()
    return text
