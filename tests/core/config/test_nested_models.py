"""Problems in models within models, which plugins use for groups of keys."""

import pytest

from editgauge import ConfigModel, EditModelConfig, Field, Register, hookimpl
from editgauge.core.config import ConfigError, load_config
from editgauge.core.hooks.plugin_manager import PluginManager


class Frame(ConfigModel):
    width: int = 8


class FrameEditConfig(EditModelConfig):
    frame: Frame = Frame()
    frames: list[Frame] = Field(default=[])
    named: str | Frame = "thin"


class FramePlugin:
    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        register("frame", target="somewhere:Frame", config=FrameEditConfig)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("edit.frame=thin", "edit.frame: should be a mapping, got 'thin'."),
        ("edit.frames=[thin]", "edit.frames.0: should be a mapping, got 'thin'."),
        ("edit.frame=3", "edit.frame: should be a mapping, got 3."),
        ("edit.named=3", "edit.named: should be a string or a mapping, got 3."),
        ("edit.frame.wdth=3", "edit.frame.wdth: unknown key. Did you mean 'width'? Known: width."),
    ],
)
def test_what_does_not_fit_a_nested_model_is_reported(override: str, expected: str) -> None:
    plugins = PluginManager()
    plugins.register(FramePlugin(), "frames")
    with pytest.raises(ConfigError) as caught:
        load_config(
            {"dataset": {"type": "rows"}, "edit": {"type": "frame"}},
            plugins=plugins,
            overrides=[override],
            environ={},
        )
    problems = [str(problem) for problem in caught.value.problems]
    assert [problem for problem in problems if problem.startswith(expected)], problems
