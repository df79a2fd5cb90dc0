"""docs/testing-plugins.md says what there is; its programs are run with the other pages'."""

import inspect

import pytest

from editgauge import testing
from editgauge.core.conformance.api import checks_of
from editgauge.core.hooks.plugin_manager import Kind
from editgauge.testing import EventRecorder, plugin
from tests.testing.check_tables import PAGE, renewed

TEXT = PAGE.read_text("utf-8")


def test_the_tables_of_checks_are_those_of_the_code() -> None:
    assert renewed(TEXT) == TEXT, "renew the page by `python -m tests.testing.check_tables`"


@pytest.mark.parametrize("kind", ["edit model", "reward model", "dataset", "reporter"])
def test_every_check_says_what_it_tries_and_how_to_mend_it(kind: Kind) -> None:
    checks = checks_of(kind)
    assert len({check.name for check in checks}) == len(checks) > 15
    assert all(check.title and check.tries.endswith(".") and check.mend for check in checks)


def test_every_look_up_of_the_recorder_is_documented() -> None:
    names = [name for name in vars(EventRecorder) if not name.startswith("_")]
    missing = [
        name
        for name in names
        if not name.endswith("_event") and f"`{name}`" not in TEXT and f"`{name}(" not in TEXT
    ]
    assert missing == []


@pytest.mark.parametrize(
    "config", [plugin.SleepingEditConfig, plugin.CountingEditConfig, plugin.ScriptedJudgeConfig]
)
def test_every_key_of_the_models_is_documented(config: type) -> None:
    own = inspect.get_annotations(config).keys() - {"type"}
    assert [key for key in own if f"`{key}`" not in TEXT] == []


def test_every_argument_of_the_checks_is_documented() -> None:
    for check in (
        testing.check_edit_model,
        testing.check_reward_model,
        testing.check_dataset,
        testing.check_reporter,
    ):
        names = list(inspect.signature(check).parameters)
        assert names[:3] == ["config", "plugins", "skip"]
        assert [name for name in names[1:] if f"| `{name}` |" not in TEXT] == []
