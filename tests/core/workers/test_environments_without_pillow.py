"""Every worker reads or writes images: an environment that cannot is found before the night."""

from pathlib import Path

import pytest

from editgauge.core.outcomes import ExitCode
from tests.support.pythons import make_bare_python, make_empty_python
from tests.support.runs import run, run_config


@pytest.mark.parametrize("section", ["edit", "reward"])
def test_an_environment_without_pillow_ends_the_run_before_its_first_stage(
    tmp_path: Path, section: str
) -> None:
    python = str(make_empty_python(tmp_path / "python"))
    config = run_config(tmp_path)
    config[section] |= {"type": "faults", "workers": {"devices": ["cpu"], "python": python}}
    del config[section]["folder" if section == "edit" else "batch_size"]
    result, _, _ = run(config)
    assert result.exit_code == ExitCode.USAGE
    assert result.reason.startswith(f"{section}: the worker environment of 'faults' cannot be used")
    assert f"{python} cannot import Pillow" in result.reason
    assert f"{python} -m pip install pillow" in result.reason
    assert not any(result.edit_outcomes.values())


def test_a_pillow_that_is_broken_is_named_like_one_that_is_missing(tmp_path: Path) -> None:
    python = make_empty_python(tmp_path / "python")
    (site,) = (tmp_path / "python").glob("lib/python*/site-packages")
    (site / "PIL").mkdir()
    (site / "PIL" / "__init__.py").write_text("")
    (site / "PIL" / "_imaging.py").write_text("raise ImportError('built for another Python')")
    edit = {"type": "faults", "workers": {"devices": ["cpu"], "python": str(python)}}
    config = run_config(tmp_path) | {"edit": edit, "reward": None}
    result, _, _ = run(config)
    assert result.exit_code == ExitCode.USAGE
    assert "cannot import Pillow" in result.reason
    assert "built for another Python" in result.reason


def test_pillow_alone_is_enough(tmp_path: Path) -> None:
    python = str(make_bare_python(tmp_path / "python"))
    edit = {"type": "faults", "workers": {"devices": ["cpu"], "python": python}}
    result, _, _ = run(run_config(tmp_path) | {"edit": edit, "reward": None})
    assert result.exit_code == ExitCode.OK
