"""`editgauge replay` from the command line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from editgauge.core.cli.main import main
from tests.core.replay.recordings import end, log, start, step, write
from tests.core.report.run_folders import make_run

GOLDEN = Path(__file__).parents[1] / "hooks" / "recordings" / "format-1.1.jsonl"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_ACTIONS", "EDITGAUGE_DISABLE_PLUGINS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        out, err = capsys.readouterr()
        return int(str(stop.value.code)), out, err

    return run


def test_it_shows_what_the_run_showed(run: Run) -> None:
    code, out, err = run("replay", str(GOLDEN))
    assert (code, out) == (0, "")
    assert "Run 20261123T121500Z-golden-7f3a2b started" in err
    assert "lost: killed by SIGKILL" in err
    assert err.count("exit code 100") == 2, "the run's own end is shown, and is not ours"


def test_options_of_reporters_can_be_set(run: Run) -> None:
    _, _, short = run("replay", str(GOLDEN), "-r", "plain")
    code, _, full = run("replay", str(GOLDEN), "-r", "plain", "-o", "reporters.plain.detail=full")
    assert code == 0
    assert "│ Score: 9.0" in full
    assert "│ Score: 9.0" not in short


def test_the_terminal_can_show_less_or_more(run: Run) -> None:
    _, _, normal = run("replay", str(GOLDEN))
    _, _, quiet = run("replay", str(GOLDEN), "-q")
    _, _, verbose = run("replay", str(GOLDEN), "-v")
    assert run("replay", str(GOLDEN), "--progress", "none") == (0, "", "")
    assert 0 < len(quiet) < len(normal) < len(verbose)


def test_a_run_is_found_as_latest_and_its_reporters_write_beside_it(
    run: Run, tmp_path: Path
) -> None:
    folder = make_run(tmp_path / "runs" / "one")
    write(folder / "events.jsonl", [start(), log("hello"), end()])
    (tmp_path / "runs" / "latest").symlink_to("one")
    assert run("replay", "latest", "-r", "file") == (0, "", "")
    assert "hello" in (folder / "detail.log").read_text("utf-8")


def test_what_a_run_has_written_is_not_added_to(run: Run, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "runs" / "one")
    recording = write(folder / "events.jsonl", [start(), log("hello"), end()])
    (folder / "detail.log").write_text("from the run\n")
    before = recording.read_bytes()
    code, _, err = run("replay", "one", "-r", "file")
    assert code == 2
    assert "detail.log holds something already" in err
    assert "name another file, as in '-r NAME:FILE'" in err
    code, _, err = run("replay", "one", "-r", "events")
    assert code == 2
    assert "name another file, as in '-r events:FILE'" in err
    assert (folder / "detail.log").read_text() == "from the run\n"
    assert recording.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "no recording to read"),
        (["no.jsonl"], "no.jsonl: not a recording"),
        (["damaged.jsonl"], "damaged.jsonl: line 3: not JSON"),
        (["other.jsonl"], "has format 2.0; this editgauge reads 1.x"),
        (["good.jsonl", "-r", "jsn"], "Did you mean 'json'?"),
        (["good.jsonl", "-r", "tqdm"], "bars need a terminal"),
        (["good.jsonl", "-r", "file"], "lies in no run directory; name a file"),
        (["good.jsonl", "-o", "edit.steps=1"], "a replay has options of reporters only"),
        (["good.jsonl", "-o", "reporters.plain.detial=full"], "Did you mean 'detail'?"),
        (["good.jsonl", "--speed", "nan"], "should be a number above 0"),
        (["good.jsonl", "--speed", "0"], "--speed"),
        (["good.jsonl", "-r", "plain", "--progress", "plain"], "use one of them"),
        (["good.jsonl", "-v", "-q"], "use one of them"),
        (["good.jsonl", "-r", "plain:/dev/full/x"], "cannot write '/dev/full"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_with_exit_code_2(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    write(tmp_path / "good.jsonl", [start(), end()])
    write(tmp_path / "damaged.jsonl", [start()], rest="\x1b[2J{\n")
    (tmp_path / "no.jsonl").write_text("\x1b[2Jno recording\n")
    (tmp_path / "other.jsonl").write_text(
        '{"format": "editgauge-events", "major": 2, "minor": 0}\n'
    )
    code, out, err = run("replay", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "\x1b" not in err


def test_a_full_disk_is_exit_code_110(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "good.jsonl", [start(), log("hello"), end()])
    code, _, err = run("replay", str(path), "-r", "plain:/dev/full")
    assert code == 110
    assert "reporter 'plain' failed in run_event and was muted: No space" in err


def test_an_unfinished_recording_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "good.jsonl", [start(), log("hello")], rest='{"torn')
    code, _, err = run("replay", str(path))
    assert code == 0
    assert err.endswith("editgauge: here the recording ends; the run goes on, or was killed\n")


def started(path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "editgauge", "replay", str(path), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "CI"},
    )


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    events = [start(), log("now"), *(step(number, 60.0 * number) for number in range(1, 9))]
    path = write(tmp_path / "long.jsonl", events)
    out = tmp_path / "out.txt"
    process = started(path, "--speed", "1", "-r", f"plain:{out}")
    while not (out.exists() and "now" in out.read_text("utf-8")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "editgauge: interrupted after 2 events\n"


def test_a_pipe_that_is_closed_is_no_error_message(tmp_path: Path) -> None:
    events = [start(), *(log("x" * 1000) for _ in range(2000)), end()]
    path = write(tmp_path / "long.jsonl", events)
    process = started(path, "-r", "json", "-o", "reporters.json.stream=stdout")
    assert process.stdout is not None
    assert process.stdout.readline().startswith('{"timestamp"')
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(60) == 1
