"""Why a process ended: what its exit code and the kernel's counters say."""

from pathlib import Path

import pytest

from editgauge.core.workers import exits
from editgauge.core.workers.exits import OutOfMemoryKills, count_kills, describe_exit


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (0, "exited with code 0"),
        (3, "exited with code 3"),
        (128, "exited with code 128"),
        (137, "exited with code 137 (what a shell says of a command killed by SIGKILL)"),
        (139, "exited with code 139 (what a shell says of a command killed by SIGSEGV)"),
        (255, "exited with code 255"),
        (-6, "killed by SIGABRT (native code gave up)"),
        (-9, "killed by SIGKILL, from outside or because memory ran out"),
        (-11, "killed by SIGSEGV (native code touched memory that is not its own)"),
        (-15, "killed by SIGTERM (from outside)"),
        (-14, "killed by SIGALRM"),
        (-63, "killed by signal 63"),
    ],
)
def test_an_exit_code_is_put_into_words(exit_code: int, words: str) -> None:
    assert describe_exit(exit_code) == words


def test_a_kill_for_want_of_memory_is_told_apart_from_one_from_outside() -> None:
    assert "because memory ran out" in describe_exit(-9, out_of_memory=True)
    outside = describe_exit(-9, out_of_memory=False)
    assert outside.startswith("killed by SIGKILL from outside (")
    # Of anything but SIGKILL, the counter says nothing.
    assert "memory ran out" not in describe_exit(-11, out_of_memory=True)


class Kernel:
    kills: int | None = 7

    def read(self) -> int | None:
        return self.kills


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


def test_a_kill_before_a_worker_was_started_is_not_its_end(kernel: Kernel) -> None:
    kills = OutOfMemoryKills(kernel.read)
    assert kills.claim(kills.count()) is False


def test_each_kill_is_the_end_of_one_worker(kernel: Kernel) -> None:
    kills = OutOfMemoryKills(kernel.read)
    start = kills.count()
    kernel.kills = 9
    assert [kills.claim(start) for _ in range(3)] == [True, True, False]
    later = kills.count()
    kernel.kills = 10
    assert [kills.claim(start), kills.claim(later)] == [True, False]


def test_without_a_counter_nothing_is_claimed(kernel: Kernel) -> None:
    kernel.kills = None
    kills = OutOfMemoryKills(kernel.read)
    assert kills.claim(kills.count()) is None
    kernel.kills = 3
    assert kills.claim(None) is None


class Groups:
    """Control groups as files, with what `/proc` says about them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.own = folder / "proc-self-cgroup"
        self.own.write_text("0::/\n")
        self.machine = folder / "vmstat"
        self.machine.write_text("nr_free_pages 12\noom_kill 40\n")
        places = {"/proc/self/cgroup": self.own, "/proc/vmstat": self.machine}
        monkeypatch.setattr(exits, "Path", lambda path: places[path])
        monkeypatch.setattr(exits, "_GROUPS", folder)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    return Groups(tmp_path, monkeypatch)


EVENTS = "low 0\nhigh 0\nmax 5\noom 4\noom_kill {}\noom_group_kill 0\n"


def test_the_counter_of_the_own_group_comes_before_that_of_the_machine(groups: Groups) -> None:
    groups.own.write_text("0::/user.slice/run.scope\n")
    groups.write("user.slice/run.scope/memory.events", EVENTS.format(2))
    assert count_kills() == 2


def test_in_a_container_the_group_is_at_the_root(groups: Groups) -> None:
    groups.own.write_text("0::/docker/abc\n")
    groups.write("memory.events", EVENTS.format(3))
    assert count_kills() == 3


def test_version_1_counts_in_the_group_of_the_memory_controller(groups: Groups) -> None:
    groups.own.write_text("9:cpu,cpuacct:/x\n4:memory:/job/1\n0::/\n")
    groups.write("memory/job/1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n")
    assert count_kills() == 5


def test_a_group_without_a_counter_leaves_that_of_the_machine(groups: Groups) -> None:
    assert count_kills() == 40
    groups.own.write_text("nonsense\n:\n\n4:memory\n")
    assert count_kills() == 40


def test_a_machine_without_a_counter_is_unknown(groups: Groups) -> None:
    groups.machine.write_text("nr_free_pages 12\n")
    assert count_kills() is None
    groups.machine.unlink()
    groups.own.unlink()
    assert count_kills() is None
