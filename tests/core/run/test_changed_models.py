"""A model whose files change during a run."""

from pathlib import Path
from typing import Any

import pytest

from editgauge.core.outcomes import ExitCode
from editgauge.core.run import planning, runner
from tests.support.runs import run, run_config


def test_a_model_that_is_another_one_since_the_run_began_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = tmp_path / "fingerprint"
    fingerprint.write_text("first")
    config = run_config(tmp_path, edit={"fingerprint_file": str(fingerprint)})

    def edit_stage(*arguments: Any) -> Any:
        fingerprint.write_text("second")
        return real(*arguments)

    real = planning.edit_stage
    with monkeypatch.context() as patch:
        patch.setattr(runner, "edit_stage", edit_stage)
        result, _, _ = run(config)
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert "not those that this run began with ('first' then, 'second' now)" in result.reason
    assert (result.run_dir / "results.jsonl").read_bytes() == b""

    again, _, _ = run(config, resume=str(result.run_dir))
    assert again.exit_code == ExitCode.OK
