"""What comes with editgauge, and the example package, pass every check."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pytest

from editgauge.testing import check_edit_model, check_reporter, check_reward_model
from tests.test_docs import ROOT

CPU = {"devices": ["cpu"]}


@pytest.fixture(scope="module")
def my_model() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "examples" / "my_model")
        yield importlib.import_module("my_model")


def test_the_example_edit_model_passes(my_model: ModuleType) -> None:
    config = {"type": "words", "grain": 0.2, "workers": CPU}
    report = check_edit_model(config, plugins=[my_model], instruction="blur, then flip")
    assert report.names("failed") == []
    assert "same-seed" in report.names("passed")


def test_the_example_reward_model_passes(my_model: ModuleType) -> None:
    report = check_reward_model({"type": "change", "workers": CPU}, plugins=[my_model])
    assert report.names("skipped") == []


def test_the_example_reporter_passes(my_model: ModuleType) -> None:
    report = check_reporter({"type": "worst", "number": 2}, plugins=[my_model])
    assert report.names("skipped") == []
