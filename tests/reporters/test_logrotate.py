"""Files of `json` and `file` that are rotated in the middle of a run: no line is lost or torn."""

import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge import hookimpl
from editgauge.core.hooks.events import Event, SampleFinished
from tests.programs import find_logrotate
from tests.support.runs import run, run_config

BLOCK = """
{folder}/*.log {{
    missingok
    rotate 1000
    {options}
}}
"""


class Rotating:
    """Rotates when a sample is done, in its own thread, while the run goes on."""

    def __init__(self, rotate: Callable[[int], None]) -> None:
        self.rotate = rotate
        self.times = 0

    @hookimpl
    def sample_event(self, event: Event) -> None:
        if isinstance(event, SampleFinished):
            self.times += 1
            self.rotate(self.times)


def by_rename(folder: Path) -> Callable[[int], None]:
    def rotate(number: int) -> None:
        for path in list(folder.glob("*.log")):
            path.rename(path.with_name(f"{path.name}.{number}"))
            if number % 2:
                path.touch(exist_ok=True)

    return rotate


def by_logrotate(folder: Path, options: str) -> Callable[[int], None]:
    program = find_logrotate()
    if program is None:
        pytest.skip("logrotate is not installed, and `make programs` could not install it")
    config, state = folder.parent / "logrotate.conf", folder.parent / "logrotate.state"
    config.write_text(BLOCK.format(folder=folder, options=options))
    config.chmod(0o644)

    def rotate(_number: int) -> None:
        command = [str(program), "--force", "--state", str(state), str(config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return rotate


@pytest.mark.parametrize(
    "options",
    ["", "create\n    compress\n    delaycompress", "nocreate"],
    ids=["by rename", "by logrotate, create and delaycompress", "by logrotate, nocreate"],
)
def test_no_line_is_lost_when_files_are_renamed_in_the_middle_of_a_run(
    tmp_path: Path, options: str
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    rotating = Rotating(by_logrotate(folder, options) if options else by_rename(folder))
    config = run_config(
        tmp_path,
        edit={"steps": 200, "step_seconds": 0.0005},
        reporters={
            "json": {"path": str(folder / "json.log")},
            "file": {"path": str(folder / "file.log"), "steps": True, "format": "json"},
        },
    )
    result, recorder, stderr = run(config, reporters=[rotating])
    assert (result.exit_code, stderr) == (0, "")
    assert rotating.times == 12
    expected = [event.seq for event in recorder.events]
    assert len(expected) > 6 * 200
    for name in ("json", "file"):
        paths = list(folder.glob(f"{name}.log*"))
        assert len(paths) > 3
        lines = [line for path in paths for line in content(path).split(b"\n") if line]
        assert sorted(json.loads(line)["seq"] for line in lines) == expected


def content(path: Path) -> bytes:
    data = path.read_bytes()
    whole = gzip.decompress(data) if path.suffix == ".gz" else data
    assert whole[-1:] in (b"", b"\n")
    return whole
