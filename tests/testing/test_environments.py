"""Checks in another Python, and what a check leaves behind."""

import tempfile
from pathlib import Path

import pytest

from editgauge import ConfigError
from editgauge.core.conformance.api import examine
from editgauge.testing import ConformanceError, check_edit_model, check_reward_model, plugin
from tests.support.pythons import make_bare_python, make_empty_python
from tests.testing.planted import CPU

SLOW = ["light-parent", "quiet-import", "stable-fingerprint", "another-worker", "late-calls"]


def test_models_are_checked_in_a_python_that_has_pillow_alone(tmp_path: Path) -> None:
    workers = {**CPU, "python": str(make_bare_python(tmp_path / "bare"))}
    check_edit_model({"type": "testing-sleeping", "workers": workers}, plugins=[plugin], skip=SLOW)
    skip = [name for name in SLOW if name != "another-worker"]
    check_reward_model(
        {"type": "testing-scripted", "workers": workers}, plugins=[plugin], skip=skip
    )


def test_an_environment_that_lacks_something_is_said_once(tmp_path: Path) -> None:
    workers = {**CPU, "python": str(make_empty_python(tmp_path / "empty"))}
    with pytest.raises(ConformanceError, match="cannot import Pillow") as caught:
        check_edit_model({"type": "testing-sleeping", "workers": workers}, plugins=[plugin])
    report = caught.value.report
    assert report.names("failed") == ["starts"]
    assert "edits: skipped, the model does not start" in str(report)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    config = {"type": "testing-sleeping", "errors": {"first": "told to fail"}, "workers": CPU}
    report = examine("edit model", config, plugins=[plugin], skip=SLOW)
    assert report.names("failed") == ["edits"]
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_configuration_is_said_as_before_a_run() -> None:
    with pytest.raises(ConfigError, match=r"edit\.stepz: unknown key\. Did you mean 'steps'\?"):
        check_edit_model({"type": "testing-sleeping", "stepz": 3}, plugins=[plugin])
    with pytest.raises(ConfigError, match=r"edit\.type: should be a registered name\."):
        check_edit_model({})
    with pytest.raises(ValueError, match=r"no check is called 'same-sed'\. Did you mean"):
        check_edit_model({"type": "testing-sleeping"}, plugins=[plugin], skip=["same-sed"])
