"""The programs of docs/sessions.md run as they are shown, each by itself."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import editgauge
from tests.docs.pages import DOCS
from tests.test_docs import code_blocks, section

PAGE = DOCS / "sessions.md"
PROGRAMS = code_blocks(PAGE.read_text("utf-8"), "python")


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_every_program_runs(program: str, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("boat", "cat", "coffee"):
        Image.linear_gradient("L").resize((48, 32)).save(tmp_path / "photos" / f"{name}.png")
    light = {"type": "faults", "workers": {"devices": ["cpu"]}}
    (tmp_path / "run.yaml").write_text(json.dumps({"edit": light, "reward": light}))
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\b(failed|crashed|timeout|unparsed|None)\b", done.stdout), done.stdout
    shows = {
        "print(": done.stdout,
        '"plain"': done.stderr,
        ".save(": (tmp_path / "cat-1.png").exists(),
    }
    assert any(found and mark in program for mark, found in shows.items())


def test_every_field_of_a_result_is_documented() -> None:
    for heading, kind in (("Editing", editgauge.EditedImage), ("Judging", editgauge.Score)):
        text = section(PAGE, heading)
        names = {field.name for field in dataclasses.fields(kind)} - {"_file"}
        assert {name for name in names if f"`{name}`" not in text} == set()
