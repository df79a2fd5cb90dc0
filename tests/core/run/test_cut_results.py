"""`results.jsonl` cut at every byte of its last three rows, as a kill or a power cut may leave it.

Whatever is left can be read, reopened and gone on with. After reopening, a file cut within a row is
the same as one cut before it, byte for byte; so one full resume for each row proves them all.
"""

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import LogEmitted, RunStarted
from editgauge.core.hooks.recording import read_recording
from editgauge.core.run.completion import completion_so_far
from editgauge.core.run.result import RunResult, sample_results
from editgauge.core.run.results import result_from_row
from editgauge.core.run.store import RunStore, read_results
from editgauge.core.run.summary import Tally
from tests.support.runs import make_dataset, run, run_config

SAMPLES = 3
RESUMES = 30
"""Cuts that `make chaos` resumes from, beside those of the ordinary tests."""


@dataclass(frozen=True)
class Finished:
    """A run that nobody disturbed."""

    config: dict[str, Any]
    result: RunResult

    @property
    def data(self) -> bytes:
        return (self.result.run_dir / "results.jsonl").read_bytes()

    @property
    def recording(self) -> bytes:
        return (self.result.run_dir / "events.jsonl").read_bytes()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("cut")
    dataset = make_dataset(folder / "data", SAMPLES)
    # Characters of two, three and four bytes, which a cut may halve.
    rows = dataset.read_text(encoding="utf-8").replace("edit number", "Größer, 更大, 🐘")
    dataset.write_text(rows, encoding="utf-8")
    reply = "Schön: 很好 🐘\nScore: {score}"
    config = run_config(folder, reward={"reply": reply}, reporters={"events": {}})
    result, _, _ = run(config)
    assert result.exit_code == 0
    return Finished(config, result)


def _cuts(data: bytes) -> range:
    """Return every length that cuts into the last three rows, none and all of them included."""
    lines = data.splitlines(keepends=True)
    return range(len(data) - sum(map(len, lines[-3:])), len(data) + 1)


def test_results_that_are_cut_anywhere_can_be_read_and_reopened(
    finished: Finished, tmp_path: Path
) -> None:
    data = finished.data
    results = [result_from_row(json.loads(line)) for line in data.split(b"\n")[:-1]]
    shutil.copy(finished.result.run_dir / "run.json", tmp_path)
    path = tmp_path / "results.jsonl"
    for cut in _cuts(data):
        path.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n")
        end = data[:cut].rfind(b"\n") + 1
        assert list(read_results(tmp_path)) == results[:whole]
        assert (
            sum(
                (item.edit is not None) + (item.score is not None)
                for item in sample_results(tmp_path)
            )
            == whole
        )
        store = RunStore.reopen(tmp_path)
        assert store.cut_torn_line() == cut - end
        tally = Tally([("", 0)])
        completion = completion_so_far(store, SAMPLES, tally)
        assert sum(completion.done()) == whole
        if whole < len(results):
            store.append(results[whole])
        store.close()
        # What comes next begins a line of its own.
        lines = data.splitlines(keepends=True)
        assert path.read_bytes() == b"".join(lines[: whole + 1])


def _resume_cuts(data: bytes) -> list[int]:
    """Return a cut before, within and just before the end of each of the last three rows."""
    cuts, end = [], len(data)
    for line in reversed(data.splitlines(keepends=True)[-3:]):
        cuts += [end - 1, end - len(line) // 2, end - len(line)]
        end -= len(line)
    if "EDITGAUGE_CHAOS" in os.environ:
        luck = random.Random(RESUMES)  # noqa: S311 - cuts are no secrets
        cuts += luck.sample(list(_cuts(data)), RESUMES)
    return cuts


def test_a_run_that_was_cut_anywhere_comes_to_the_same_results(
    finished: Finished, tmp_path: Path
) -> None:
    luck = random.Random(7)  # noqa: S311 - cuts are no secrets
    wanted = _rows(finished.data)
    for number, cut in enumerate(_resume_cuts(finished.data)):
        run_dir = tmp_path / "runs" / f"cut-{number}"
        shutil.copytree(finished.result.run_dir, run_dir)
        (run_dir / "results.jsonl").write_bytes(finished.data[:cut])
        recorded = luck.choice(_cuts(finished.recording))
        (run_dir / "events.jsonl").write_bytes(finished.recording[:recorded])
        result, recorder, _ = run(finished.config, resume=str(run_dir))
        assert (result.exit_code, result.reason) == (0, "")
        data = (run_dir / "results.jsonl").read_bytes()
        assert len(data.splitlines()) == len(wanted)
        assert _rows(data) == wanted
        torn = finished.data[:cut].rfind(b"\n") + 1 != cut
        said = [event.text for event in recorder.of(LogEmitted) if "was torn" in event.text]
        assert len(said) == torn
        _check_recording(run_dir / "events.jsonl", finished.recording[:recorded])


def _rows(data: bytes) -> dict[tuple[str, int], dict[str, Any]]:
    rows = [json.loads(line) for line in data.splitlines()]
    for row in rows:
        for name in ("seconds", "attempt", "worker"):
            del row[name]
    return {(row["stage"], row["index"]): row for row in rows}


def _check_recording(path: Path, former: bytes) -> None:
    """Check that a resumed run went on in a recording, and that a torn line was said."""
    whole = former[: former.rfind(b"\n") + 1]
    assert path.read_bytes().startswith(whole)
    events = list(read_recording(path))
    assert [event.resumed for event in events if isinstance(event, RunStarted)] == [False, True]
    cut_off = len(former) - len(whole)
    told = [event.text for event in events if isinstance(event, LogEmitted) and not event.seq]
    expected = f"the last line of this recording was torn; {cut_off} bytes of it were cut off"
    assert told == [expected] * bool(cut_off)
