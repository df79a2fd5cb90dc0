"""A disk that is really full, and one that is really read-only: small file systems of their own.

They are mounted in a mount namespace that ends with the command, so nothing stays mounted.
"""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from editgauge.core.run.store import read_manifest, read_results
from tests.support.runs import make_dataset, run, run_config

ROOT = Path(__file__).parents[3]
UNSHARE = ("unshare", "--mount", "--map-root-user")


def _may_mount() -> bool:
    try:
        tried = subprocess.run(
            [*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return tried.returncode == 0


may_mount = pytest.mark.skipif(not _may_mount(), reason="this user may not mount a file system")
pytestmark = may_mount


def run_mounted(
    folder: Path, options: str, command: list[str]
) -> "subprocess.CompletedProcess[str]":
    """Run a command with a file system mounted at `mounted`; what it leaves is copied to `kept`."""
    (folder / "mounted").mkdir()
    script = (
        f"mount -t tmpfs -o {options} none mounted && cd {shlex.quote(str(ROOT))} || exit 99\n"
        f"{shlex.join(command)}; code=$?\n"
        f"cp -a {shlex.quote(str(folder / 'mounted'))} {shlex.quote(str(folder / 'kept'))}\n"
        "exit $code"
    )
    return subprocess.run(
        [*UNSHARE, "sh", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# Kilobytes, of which each file takes 4 at least: the rooms of a run fit, its images do not all.
@pytest.mark.parametrize("size", [48, 100, 160])
def test_a_disk_that_fills_up_ends_the_run_with_110_and_keeps_what_was_finished(
    tmp_path: Path, size: int
) -> None:
    make_dataset(tmp_path / "data", 40)
    config = run_config(tmp_path, runs_dir=str(tmp_path / "mounted"))
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "tests.support.run_main", str(path)]
    ended = run_mounted(tmp_path, f"size={size}k", command)
    assert ended.returncode == 110, ended.stderr
    assert "cannot write" in ended.stderr
    assert "No space left on device" in ended.stderr
    (left,) = (tmp_path / "kept").glob("2*")
    before = list(read_results(left))
    assert read_manifest(left)["status"] != "finished"

    # There is room again: the same folder, on a larger disk.
    shutil.rmtree(tmp_path / "mounted")
    (tmp_path / "kept").rename(tmp_path / "mounted")
    result, _, stderr = run(config, resume=left.name)
    assert result.exit_code == 0, stderr
    after = list(read_results(result.run_dir))
    assert after[: len(before)] == before
    assert len(after) == 80


def test_a_disk_that_is_read_only_is_said_with_exit_code_110(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data")
    config = {
        "dataset": {"type": "jsonl", "path": str(tmp_path / "data" / "samples.jsonl")},
        "edit": {"type": "qwen-image-edit", "model": "any"},
        "runs_dir": str(tmp_path / "mounted"),
    }
    (tmp_path / "run.yaml").write_text(json.dumps(config))
    command = [sys.executable, "-m", "editgauge", "run", str(tmp_path / "run.yaml")]
    ended = run_mounted(tmp_path, "ro", command)
    assert ended.returncode == 110, ended.stderr
    assert f"cannot write {tmp_path / 'mounted'}" in ended.stderr
    assert "Read-only file system" in ended.stderr
    assert "Traceback" not in ended.stderr
