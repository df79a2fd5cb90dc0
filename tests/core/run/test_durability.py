"""What `durability: power` flushes to the disk, and when."""

import os
from pathlib import Path

import pytest

from editgauge import hookimpl
from editgauge.core.hooks.events import SampleFinished
from tests.support.runs import run, run_config


def names_of_flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with the name of each file or folder that this process flushes."""
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", fsync)
    return flushed


class Announced:
    """Notes how many flushes of the results there were when a sample was announced."""

    def __init__(self, flushed: list[str]) -> None:
        self.flushed = flushed
        self.counts: list[int] = []

    @hookimpl
    def sample_event(self, event: object) -> None:
        if isinstance(event, SampleFinished):
            self.counts.append(self.flushed.count("results.jsonl"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs the names of descriptors")
def test_each_row_is_on_the_disk_before_its_sample_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = names_of_flushed(monkeypatch)
    announced = Announced(flushed)
    result, _, _ = run(run_config(tmp_path, durability="power"), reporters=[announced])
    assert result.exit_code == 0
    assert len(announced.counts) == 12
    assert all(count > number for number, count in enumerate(announced.counts))
    for name in (".samples.jsonl", ".run.json"):
        assert any(flushed_name.startswith(name) for flushed_name in flushed), name


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs the names of descriptors")
def test_without_it_rows_are_handed_to_the_system_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = names_of_flushed(monkeypatch)
    result, _, _ = run(run_config(tmp_path))
    assert result.exit_code == 0
    # Only with each manifest, before it speaks of them.
    assert flushed.count("results.jsonl") < 12


@pytest.mark.parametrize(("durability", "expected"), [("power", True), ("process", False)])
def test_a_worker_flushes_its_pictures_if_it_is_asked_to(
    tmp_path: Path, durability: str, expected: bool
) -> None:
    edit = {"misbehave": {"load": "log_fsync"}, "folder": str(tmp_path)}
    run(run_config(tmp_path, durability=durability, edit=edit))
    log = tmp_path / "fsync.txt"
    flushed = log.read_text("utf-8").split("\n") if log.exists() else []
    assert (sum(name.endswith(".tmp") for name in flushed) == 6) is expected
    assert ("images" in flushed) is expected
