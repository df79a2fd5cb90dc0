"""The reward model `miniature-qwen3-vl`: the real judge with tiny random weights."""

from editgauge.core.models import Config
from editgauge.plugins.miniature.checkpoints import KINDS, checkpoint, notice
from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge


class MiniatureQwen3VLJudge(Qwen3VLJudge):
    """A Qwen3-VL judge whose checkpoint is built where it does not exist."""

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return the checkpoint's folder; a miniature is built if it does not exist."""
        model: str = config.model
        return str(checkpoint(model)) if model in KINDS else model

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded, and that a miniature's scores mean nothing."""
        return super().describe() | notice(self._config, "its scores mean nothing")
