"""What starting costs: counted in modules, and measured against a bare interpreter."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft"}
NOT_FOR_HELP = HEAVY | {"pydantic", "structlog", "yaml", "PIL", "tqdm", "ijson", "numpy"}

REPORT = """
import contextlib, io, sys
from editgauge.core.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    try:
        main(sys.argv[1:])
    except SystemExit as end:
        code = end.code
print(code, *sys.modules)
"""


def modules_of(*arguments: str, cwd: Path | None = None) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
    )
    code, *modules = done.stdout.split()
    return int(code), set(modules)


def top(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["check", "-h"], ["--version"]]
)
def test_help_imports_click_and_little_else(arguments: list[str]) -> None:
    code, modules = modules_of(*arguments)
    assert code == 0
    assert top(modules) & NOT_FOR_HELP == set()
    # A bare interpreter has about 60 and click brings 100; pydantic alone would bring 150.
    assert len(modules) < 330


def test_plugins_check_and_schema_import_no_model_library(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"")
    (tmp_path / "rows.jsonl").write_text('{"image": "cat.png", "instruction": "add a hat"}\n')
    (tmp_path / "run.yaml").write_text(
        "dataset: {type: jsonl, path: rows.jsonl}\n"
        "edit: {type: qwen-image-edit, model: nowhere}\n"
        "reward: {type: qwen3-vl, model: nowhere}\n"
    )
    for arguments in (["plugins"], ["check", "run.yaml"], ["config", "schema"]):
        code, modules = modules_of(*arguments, cwd=tmp_path)
        assert code == 0, arguments
        assert top(modules) & HEAVY == set(), arguments


def fastest(*arguments: str) -> float:
    """Return the least seconds of several starts: what disturbs a start only makes it slower."""
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_help_takes_less_than_fifteen_bare_interpreter_starts() -> None:
    assert fastest("-m", "editgauge", "--help") < 15 * fastest("-c", "pass")
