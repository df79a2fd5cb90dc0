"""The text of a plugin file with everything in it: hooks, configs, an edit model and a reporter."""

PLUGIN_FILE = '''
"""A model and a reporter in one file."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from editgauge import (
    Config, EditModel, EditModelConfig, EditRequest, Field, OnStep, Register, ReporterConfig,
    ReporterContext, SecretStr, events, field_validator, hookimpl,
)

__version__ = "3.1"


class TintConfig(EditModelConfig):
    type: Literal["tint"]
    color: Annotated[str, Field(min_length=3)] = "teal"
    """What the picture is tinted with."""
    key: SecretStr | None = None
    """A key of no use."""

    @field_validator("color")
    @classmethod
    def _check_color(cls, value: str) -> str:
        if value == "none":
            raise ValueError("a color is needed")
        return value


@dataclass(frozen=True)
class Mix:
    color: str
    share: float = 0.5


class Tint(EditModel):
    def load(self, config: Config, device: str) -> None:
        self._mix = Mix(config.color)

    def edit(self, request: EditRequest, on_step: OnStep) -> Any:
        from PIL import Image

        if request.index == FAILING:
            raise RuntimeError("this one cannot be tinted")
        source = request.images[0]
        on_step(1, 1)
        return Image.blend(source, Image.new("RGB", source.size, self._mix.color), self._mix.share)


class CountConfig(ReporterConfig):
    word: str = "edited"


class Count:
    def __init__(self, config: CountConfig, context: ReporterContext) -> None:
        self._word, self._out, self._number = config.word, context.stdout, 0

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished) and event.outcome == "ok":
            self._number += 1

    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunFinished):
            print(f"{self._word}: {self._number}", file=self._out)


FAILING = -1


@hookimpl
def register_edit_models(register: Register) -> None:
    register("tint", config=TintConfig, target="MODULE:Tint", summary="tints pictures")


@hookimpl
def register_reporters(register: Register) -> None:
    register("count", config=CountConfig, target="MODULE:Count", summary="counts edits")
'''
"""`MODULE` stands for the name of its file; the sample in row `FAILING` cannot be edited."""
