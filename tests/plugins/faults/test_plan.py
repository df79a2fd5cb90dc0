"""Which faults are due, and how they are counted over workers, restarts and resumes."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.config_schemas.faults import EditFaultConfig
from editgauge.core.models import Config, make_config
from editgauge.plugins.faults.actions import FaultError
from editgauge.plugins.faults.journal import FILE_NAME, Journal
from editgauge.plugins.faults.plan import Faults, keys_of, share


def _config(*faults: dict[str, Any], chance_seed: int = 0) -> Config:
    plain = [EditFaultConfig.model_validate(fault).model_dump(mode="json") for fault in faults]
    config: Config = make_config({"faults": plain, "chance_seed": chance_seed})
    return config


@pytest.fixture(autouse=True)
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITGAUGE_RUN_DIR", str(tmp_path))
    monkeypatch.setenv("EDITGAUGE_WORKER", "edit-0")


def _messages(faults: Faults, phase: str, sample: str | None = None) -> list[str]:
    """Let what is due happen, one after another; return what the errors say."""
    said = []
    for entry in faults.due(phase, sample):
        try:
            faults.happen([entry], sample)
        except FaultError as error:
            said.append(str(error))
    return said


def _fault(message: str, **fault: Any) -> dict[str, Any]:
    return {"do": "raise", "message": message, **fault}


def test_faults_are_chosen_by_phase_worker_and_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _config(
        _fault("any edit", times=None),
        _fault("this sample", sample="s1"),
        _fault("this worker", worker="edit-1", times=None),
        _fault("load", phase="load"),
        _fault("end", phase="shutdown"),
    )
    faults = Faults(config)
    assert _messages(faults, "load") == ["load"]
    assert _messages(faults, "edit", "s0") == ["any edit"]
    assert _messages(faults, "edit", "s1") == ["any edit", "this sample"]
    assert _messages(faults, "shutdown") == ["end"]
    monkeypatch.setenv("EDITGAUGE_WORKER", "edit-1")
    assert _messages(Faults(config), "edit", "s1") == ["any edit", "this worker"]


def test_times_count_over_workers_and_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _config(_fault("three times", times=3))
    first = Faults(config)
    monkeypatch.setenv("EDITGAUGE_WORKER", "edit-1")
    second = Faults(config)
    assert [len(_messages(faults, "edit", "s")) for faults in (first, second, first, second)] == [
        1,
        1,
        1,
        0,
    ]
    # Another process, after a restart or a resume.
    assert _messages(Faults(config), "edit", "s") == []


def test_a_fault_may_happen_twice_if_it_stands_there_twice() -> None:
    faults = Faults(_config(_fault("twin"), _fault("twin")))
    assert _messages(faults, "edit", "s") == ["twin", "twin"]
    assert _messages(faults, "edit", "s") == []


def test_entries_keep_their_counts_when_others_come_and_go() -> None:
    kept = _fault("kept")
    assert _messages(Faults(_config(_fault("gone"), kept)), "edit", "s") == ["gone", "kept"]
    assert _messages(Faults(_config(kept, _fault("new"))), "edit", "s") == ["new"]


def test_without_a_run_directory_a_worker_counts_for_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("EDITGAUGE_RUN_DIR")
    faults = Faults(_config(_fault("once")))
    assert _messages(faults, "edit", "s") == ["once"]
    assert _messages(faults, "edit", "s") == []
    assert list(tmp_path.iterdir()) == []


def test_each_fault_is_recorded_with_where_it_happened(tmp_path: Path) -> None:
    _messages(Faults(_config(_fault("x"))), "edit", "s\ud800")
    (line,) = (tmp_path / FILE_NAME).read_text("ascii").splitlines()
    assert '"do": "raise", "phase": "edit", "worker": "edit-0", "sample": "s\\ud800"' in line


@pytest.mark.parametrize("torn", [b'{"what": "happ', b"\xff\xfe", b"[1]\n", b"3\n"])
def test_a_record_that_was_torn_by_a_kill_is_passed_over(tmp_path: Path, torn: bytes) -> None:
    config = _config(_fault("twice", times=2))
    _messages(Faults(config), "edit", "s")
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(torn)
    assert _messages(Faults(config), "edit", "s") == ["twice"]
    assert _messages(Faults(config), "edit", "s") == []


def test_workers_that_ask_at_the_same_time_share_the_times(tmp_path: Path) -> None:
    journals = [Journal(tmp_path) for _ in range(8)]
    claimed: list[bool] = []

    def claim(journal: Journal) -> None:
        claimed.extend([journal.claim("fault", 20) for _ in range(10)])

    threads = [threading.Thread(target=claim, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (claimed.count(True), len(claimed)) == (20, 80)


def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(IsADirectoryError):
        Faults(_config(_fault("x"))).happen(Faults(_config(_fault("x"))).due("edit", "s"), "s")


def test_chance_hits_its_share_and_the_same_samples_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(_fault("x", chance=0.1))
    names = [f"s{number}" for number in range(1000)]

    def hit(order: list[str], folder: str, **settings: Any) -> set[str]:
        (tmp_path / folder).mkdir()
        monkeypatch.setenv("EDITGAUGE_RUN_DIR", str(tmp_path / folder))
        faults = Faults(_config(_fault("x", chance=0.1), **settings) if settings else config)
        return {name for name in order if _messages(faults, "edit", name)}

    first = hit(names, "a")
    assert 70 < len(first) < 130
    assert hit(names[::-1], "b") == first
    assert hit(names, "c", chance_seed=1) != first


def test_a_sample_that_was_hit_may_be_spared_at_its_next_attempt() -> None:
    faults = Faults(_config(_fault("x", chance=0.5)))
    tries = [bool(_messages(faults, "edit", "s")) for _ in range(40)]
    assert set(tries) == {True, False}
    # A new worker goes on counting attempts where the last one was killed.
    again = Faults(_config(_fault("x", chance=0.5)))
    key = keys_of(_config(_fault("x", chance=0.5)).faults)[0]
    expected = [share(0, key, "s", attempt) < 0.5 for attempt in range(41, 61)]
    assert [bool(_messages(again, "edit", "s")) for _ in range(20)] == expected


@given(seed=st.integers(0, 9), key=st.text(), occasion=st.text(), attempt=st.integers(1, 1000))
def test_shares_lie_between_0_and_1(seed: int, key: str, occasion: str, attempt: int) -> None:
    assert 0 <= share(seed, key, occasion, attempt) < 1


def test_the_record_is_read_once_and_not_from_its_beginning_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    read = 0
    pread = os.pread

    def counting(descriptor: int, size: int, offset: int) -> bytes:
        nonlocal read
        data = pread(descriptor, size, offset)
        read += len(data)
        return data

    monkeypatch.setattr(os, "pread", counting)
    for _ in range(50):
        journal.claim("fault", None)
    assert read == 0
    Journal(tmp_path).claim("fault", None)
    assert read == (tmp_path / FILE_NAME).stat().st_size * 50 // 51
