"""The judge in a virtual environment of its own, where neither editgauge nor pluggy is."""

import json
import subprocess
from pathlib import Path

import pytest

from editgauge.config_schemas.miniature import MINIATURE_RUBRIC
from editgauge.core.hooks.events import WorkerStarted
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.plugins.miniature.checkpoints import checkpoint
from tests.end_to_end.commands import environment
from tests.end_to_end.judge_environment import JUDGE_NEEDS, make_judge_environment
from tests.support.runs import make_dataset, run, run_config


def _import(python: Path, module: str) -> str:
    """Return the last line that an interpreter writes when it imports a module, or nothing."""
    done = subprocess.run(
        [python, "-c", f"import {module}"],
        cwd=python.parent,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stderr.splitlines() or [""])[-1] if done.returncode else ""


@pytest.mark.models
def test_the_judge_needs_neither_editgauge_nor_pluggy_nor_pydantic(tmp_path: Path) -> None:
    python = make_judge_environment(tmp_path / "judge")
    for absent in ("editgauge", "pluggy", "diffusers", "structlog"):
        assert _import(python, absent) == f"ModuleNotFoundError: No module named '{absent}'"
    assert _import(python, "pydantic") == "ImportError: pydantic is blocked"
    assert _import(python, "PIL") == ""

    make_dataset(tmp_path / "data", 4, categories=("red", "blue"))
    reward = {
        "type": "qwen3-vl",
        "model": str(checkpoint("qwen3-vl")),
        "rubric": MINIATURE_RUBRIC.model_dump(),
        "score_by": "logprobs",
        "also_reply": True,
        "max_new_tokens": 8,
        "max_pixels": 64 * 64,
        "workers": {"devices": ["cpu"], "python": str(python)},
    }
    result, recorder, stderr = run(run_config(tmp_path, reward=reward))
    assert (result.exit_code, stderr) == (0, "")
    assert result.edit_outcomes == {EditOutcome.OK: 4}
    assert result.score_outcomes == {ScoreOutcome.OK: 4}
    assert all(item.score and item.score.reply for item in result.results())

    started = {event.stage: event.python for event in recorder.of(WorkerStarted)}
    assert started["score"] == str(python) != started["edit"]
    manifest = json.loads((result.run_dir / "run.json").read_text(encoding="utf-8"))
    assert manifest["config"]["reward"]["workers"]["python"] == str(python)
    (tried,) = (entry for entry in manifest["environments"] if entry["stage"] == "score")
    assert tried["python"] == str(python)
    assert tried["versions"].keys() >= set(JUDGE_NEEDS) - {"torchvision"}
    assert "diffusers" not in tried["versions"]
