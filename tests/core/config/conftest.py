"""A plugin that registers small models of every kind."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, SecretStr

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.hooks.hookspecs import Register, hookimpl
from editgauge.core.hooks.plugin_manager import PluginManager


class PaintConfig(EditModelConfig):
    steps: Annotated[int, Field(ge=1)] = 8
    """Denoising steps."""
    strength: float = 1.0
    key: SecretStr | None = None
    keys: dict[str, SecretStr] = Field(default={})
    sizes: tuple[int, int] = (8, 8)
    where: Path = Path()


class WipeConfig(EditModelConfig):
    cloth: str


class BarsConfig(ReporterConfig):
    detail: str = "short"

    def writes_to_stderr(self) -> bool:
        return True


class LinesConfig(ReporterConfig):
    path: str | None = None
    level: str = "normal"

    def writes_to_stderr(self) -> bool:
        return self.path is None


class RaisingConfig(EditModelConfig):
    def model_post_init(self, context: Any, /) -> None:
        del context
        raise KeyError("a bug in a plugin")


class Plugin:
    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        register("paint", target="somewhere:Paint", config=PaintConfig)
        register("wipe", target="somewhere:Wipe", config=WipeConfig)
        register("plain-model", target="somewhere:Plain")
        register("raising", target="somewhere:Raising", config=RaisingConfig)
        register("lost-config", target="somewhere:Lost", config="not_there.at_all:Config")
        register("wrong-config", target="somewhere:Wrong", config=DatasetConfig)

    @hookimpl
    def register_reward_models(self, register: Register) -> None:
        register("judge", target="somewhere:Judge", config=RewardModelConfig)

    @hookimpl
    def register_datasets(self, register: Register) -> None:
        register("rows", target="somewhere:Rows", config=DatasetConfig)

    @hookimpl
    def register_reporters(self, register: Register) -> None:
        register("tqdm", target="somewhere:Bars", config=BarsConfig)
        register("plain", target="somewhere:Lines", config=LinesConfig)
        register("json", target="somewhere:Json", config=LinesConfig)
        register("bell", target="somewhere:Bell")


@pytest.fixture
def plugins() -> PluginManager:
    manager = PluginManager()
    manager.register(Plugin(), "small")
    return manager
