"""The example package is installed as its reader would, and runs, in another Python, too."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.pythons import make_bare_python

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "my_model"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package into a folder of its own."""
    folder = tmp_path_factory.mktemp("my_model")
    # A copy, because building leaves files beside the source.
    shutil.copytree(
        EXAMPLE,
        folder / "source",
        ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"),
    )
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]
    command = [*pip, "--no-build-isolation", "--target", str(folder / "site")]
    done = subprocess.run(
        [*command, str(folder / "source")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def editgauge(site: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "editgauge", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_example(site: Path, run_dir: Path, *arguments: str) -> list[dict[str, Any]]:
    arguments = ("--run-dir", str(run_dir), "--progress", "none", *arguments)
    editgauge(site, "run", str(EXAMPLE / "run.yaml"), *arguments)
    return [json.loads(line) for line in (run_dir / "results.jsonl").read_text().splitlines()]


def pictures(run_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run_dir / "images").iterdir()}


def test_the_package_is_listed_with_what_it_registers(site: Path) -> None:
    plugins = {info["name"]: info for info in json.loads(editgauge(site, "plugins", "--json"))}
    found = plugins["my-model"]
    assert (found["state"], found["package"], found["version"]) == ("loaded", "my-model", "0.1.0")
    assert [(item["kind"], item["name"]) for item in found["registers"]] == [
        ("edit model", "words"),
        ("reward model", "change"),
        ("reporter", "worst"),
    ]


def test_its_options_are_in_the_schema(site: Path) -> None:
    schema = json.loads(editgauge(site, "config", "schema"))
    assert "grain" in schema["$defs"]["WordEditConfig"]["properties"]
    assert "worst" in schema["properties"]["reporters"]["properties"]


def test_it_runs_and_another_python_makes_the_same_pictures(site: Path, tmp_path: Path) -> None:
    rows = run_example(site, tmp_path / "own")
    assert [row["outcome"] for row in rows] == ["ok"] * 20
    scores = [row["score"] for row in rows if row["stage"] == "score"]
    assert len(set(scores)) == 10
    assert {(row["minimum"], row["maximum"]) for row in rows if row["stage"] == "score"} == {(0, 1)}
    worst = (tmp_path / "own" / "worst.txt").read_text().splitlines()
    assert [line.split()[0] for line in worst] == [f"{score:.3f}" for score in sorted(scores)[:5]]

    python = f"{{python: '{make_bare_python(tmp_path / 'python')}', devices: [cpu]}}"
    settings = ("-o", f"edit.workers={python}", "-o", f"reward.workers={python}")
    run_example(site, tmp_path / "other", *settings)
    assert len(pictures(tmp_path / "own")) == 10
    assert pictures(tmp_path / "other") == pictures(tmp_path / "own")


def test_an_instruction_without_a_known_word_fails_its_sample(site: Path, tmp_path: Path) -> None:
    rows = run_example(
        site,
        tmp_path / "run",
        *("-o", "dataset.instruction=Paint a boat.", "-o", "dataset.limit=1"),
        *("--max-failures", "1"),
    )
    assert [row["outcome"] for row in rows] == ["failed", "not_edited"]
    assert "none of the words blur, flip, grey, invert" in rows[0]["reason"]
