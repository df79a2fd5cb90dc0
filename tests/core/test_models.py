import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.models import (
    Config,
    EditModel,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    ScoreRequest,
    make_config,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_nested_mappings_are_read_as_attributes() -> None:
    config = make_config({"model": "m", "apply": [{"name": "f", "arguments": {"x": [1, 2]}}]})
    assert config.model == "m"
    assert config.apply[0].arguments.x == [1, 2]
    assert config.apply[0].arguments.to_dict() == {"x": [1, 2]}


@given(st.dictionaries(st.text(), PLAIN))
def test_a_configuration_gives_back_what_it_was_made_of(data: dict[str, Any]) -> None:
    config = make_config(data)
    assert config.to_dict() == data
    assert json.loads(json.dumps(config.to_dict())) == data


def test_a_configuration_cannot_be_changed() -> None:
    config = make_config({"steps": 8})
    with pytest.raises(AttributeError, match="read-only; cannot set 'steps'"):
        config.steps = 9
    with pytest.raises(AttributeError, match="read-only; cannot delete 'steps'"):
        del config.steps
    assert config.steps == 8


def test_changing_the_copy_leaves_the_configuration_alone() -> None:
    config = make_config({"sizes": [1, 2], "inner": {"a": [1]}})
    copy = config.to_dict()
    copy["sizes"].append(3)
    copy["inner"]["a"].append(2)
    assert config == make_config({"sizes": [1, 2], "inner": {"a": [1]}})


def test_equal_configurations_are_equal() -> None:
    assert make_config({"a": {"b": 1}}) == make_config({"a": {"b": 1}})
    assert make_config({"a": {"b": 1}}) != make_config({"a": {"b": 2}})


def test_a_model_that_lacks_a_method_cannot_be_made() -> None:
    class OnlyLoads(EditModel):
        def load(self, config: Config, device: str) -> None:
            pass

    with pytest.raises(TypeError, match="edit"):
        OnlyLoads()  # type: ignore[abstract]


def test_a_model_needs_no_more_than_its_two_methods() -> None:
    class Editor(EditModel):
        def load(self, config: Config, device: str) -> None:
            pass

        def edit(self, request: EditRequest, on_step: OnStep) -> Any:
            on_step(1, 1)
            return request.images[0]

    class Judge(RewardModel):
        def load(self, config: Config, device: str) -> None:
            pass

        def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
            for number, _ in enumerate(requests):
                on_reply(number, Reply("7"))
            return [Reply("7") for _ in requests]

    for model in (Editor(), Judge()):
        model.check(Config())
        assert model.describe() == {}


def test_a_worker_imports_this_without_any_other_library() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import editgauge.core.models, editgauge.core.images\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) - set(sys.stdlib_module_names) == {"editgauge"}
