"""The program behind `make miniature`: which stage is trained where, and when it ends."""

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.training import __main__ as program

pytestmark = pytest.mark.models


class Process:
    """Stands for a stage in a process of its own; without a code, Ctrl-C comes meanwhile."""

    def __init__(self, stage: str, code: int | None, waited: list[str]) -> None:
        self.stage = stage
        self.code = code
        self.waited = waited

    def wait(self) -> int:
        if self.code is None:
            self.code = program.INTERRUPTED
            raise KeyboardInterrupt
        self.waited.append(self.stage)
        return self.code


def start_processes(
    monkeypatch: pytest.MonkeyPatch, **codes: int | None
) -> tuple[list[str], list[str]]:
    """Let stages end with these exit codes; return which are started and which have ended."""
    started: list[str] = []
    waited: list[str] = []

    def start(stage: str, _options: argparse.Namespace, *, line: int = 0) -> Process:
        assert line == (stage == "judge")
        if stage != "autoencoder":
            assert waited[:1] == ["autoencoder"]
        started.append(stage)
        return Process(stage, codes.get(stage, 0), waited)

    monkeypatch.setattr(program, "_start", start)
    return started, waited


def test_help_teaches_what_it_does_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        program.main(["--help"])
    assert stopped.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "python -m editgauge.plugins.miniature.training" in said
    assert "Train the miniature models from nothing" in said
    assert "Ctrl-C" in said
    assert "goes on where it was" in said
    assert "{autoencoder,editor,judge}" in said
    for option in ("--output", "--work", "--only", "--device"):
        assert option in said


def test_editor_and_judge_are_trained_together_after_the_autoencoder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started, waited = start_processes(monkeypatch)
    assert program.main(["--work", str(tmp_path / "new" / "work")]) == 0
    assert started == waited == ["autoencoder", "editor", "judge"]
    assert (tmp_path / "new" / "work").is_dir()


def test_nothing_is_built_on_a_failed_autoencoder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started, _ = start_processes(monkeypatch, autoencoder=3)
    assert program.main(["--work", str(tmp_path)]) == 3
    assert started == ["autoencoder"]


@pytest.mark.parametrize("failed", ["editor", "judge"])
def test_failed_stage_is_the_result_but_the_other_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failed: str
) -> None:
    _, waited = start_processes(monkeypatch, **{failed: 1})
    assert program.main(["--work", str(tmp_path)]) == 1
    assert waited == ["autoencoder", "editor", "judge"]


@pytest.mark.parametrize("killed", ["editor", "judge"])
def test_killed_stage_is_no_success(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, killed: str
) -> None:
    start_processes(monkeypatch, **{killed: -9})
    assert program.main(["--work", str(tmp_path)]) != 0


@pytest.mark.parametrize(
    ("stage", "ended"),
    [
        ("autoencoder", ["autoencoder"]),
        ("editor", ["autoencoder", "editor", "judge"]),
        ("judge", ["autoencoder", "editor", "editor", "judge"]),
    ],
)
def test_ctrl_c_ends_once_every_stage_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stage: str, ended: list[str]
) -> None:
    _, waited = start_processes(monkeypatch, **{stage: None})
    assert program.main(["--work", str(tmp_path)]) == 130
    assert waited == ended


def test_ctrl_c_in_a_stage_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_folders: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "train_judge", interrupted)
    assert program.main(["--only", "judge", "--work", str(tmp_path)]) == 130
    assert "judge: stopped; the same command goes on from here" in capsys.readouterr().err


def test_one_stage_is_trained_in_this_process_with_its_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = {}
    for stage in program.STAGES:
        monkeypatch.setattr(
            program,
            f"train_{stage}",
            lambda *given, _stage=stage, **named: calls.update({_stage: (*given, *named.values())}),
        )
    output, work = tmp_path / "output", tmp_path / "work"
    for stage in program.STAGES:
        arguments = ["--output", str(output), "--work", str(work), "--device", "cpu"]
        assert program.main([*arguments, "--only", stage]) == 0
    assert calls == {
        "autoencoder": (work / "autoencoder", work, "cpu"),
        "editor": (output / "qwen-image-edit", work, "cpu", work / "autoencoder"),
        "judge": (output / "qwen3-vl", work, "cpu"),
    }


def test_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        program.main(["--only", "painter"])
    assert stopped.value.code == 2
    assert "painter" in capsys.readouterr().err


def test_process_of_a_stage_gets_its_options_threads_and_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[list[str]] = []
    environments: list[dict[str, str]] = []

    def popen(command: list[str], *, env: dict[str, str]) -> None:
        commands.append(command)
        environments.append(env)

    monkeypatch.setattr("subprocess.Popen", popen)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    options = argparse.Namespace(output=Path("out"), work=Path("work"), device="cpu")
    program._start("judge", options, line=1)
    assert " ".join(commands[0][1:]) == (
        "-m editgauge.plugins.miniature.training --only judge --output out --work work --device cpu"
    )
    assert environments[0]["OMP_NUM_THREADS"] == "3"
    assert environments[0]["OMP_WAIT_POLICY"] == "passive"
    assert environments[0]["TQDM_POSITION"] == "1"
