"""The reward model `image-metrics`: one measurement of each edited image."""

import importlib
import math
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from editgauge import Config, OnReply, Reply, RewardModel, ScoreRequest, load_image, model_files
from editgauge.plugins.image_metrics.perceptual import PerceptualDistance, backbone_file
from editgauge.plugins.image_metrics.pixels import METRICS, as_array
from editgauge.plugins.image_metrics.references import References

if TYPE_CHECKING:
    from PIL.Image import Image

_UNITS = {"psnr": " dB"}
_EXTRAS = {
    "lpips": ("lpips", "torch torchvision torchmetrics"),
    "pixels": ("metrics", "scikit-image"),
}
"""The extra of editgauge, and what it installs."""


class ImageMetrics(RewardModel):
    """Compares the edited image with the source image or a reference."""

    @classmethod
    def check(cls, config: Config) -> None:
        """Find libraries, weights and reference images.

        Raises:
            ImportError: a library is missing.
            FileNotFoundError: the weights of LPIPS are missing.
            ValueError: there are no reference images.
        """
        try:
            if config.metric == "lpips":
                backbone_file(config.network)
            else:
                importlib.import_module("skimage.metrics")
        except ModuleNotFoundError as error:
            extra, libraries = _EXTRAS["lpips" if config.metric == "lpips" else "pixels"]
            raise ImportError(
                f"{error}; 'metric: {config.metric}' needs the extra '{extra}': pip install "
                f"'editgauge[{extra}]', or, in a Python of the worker's own, {sys.executable} -m "
                f"pip install {libraries}"
            ) from error
        if config.references is not None:
            References(config.references)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what tells the reference images, and the weights of LPIPS, from others."""
        parts = []
        if config.metric == "lpips":
            weights = model_files.file_fingerprint(backbone_file(config.network))
            parts.append(f"weights {weights}")
        if config.references is not None:
            parts.append(References(config.references).fingerprint())
        return ", ".join(parts)

    def load(self, config: Config, device: str) -> None:
        """List the reference images; with `lpips`, load the network."""
        self._config = config
        self._references = None if config.references is None else References(config.references)
        self._measure: Callable[[Any, Any], float]
        if config.metric == "lpips":
            self._measure = PerceptualDistance(config.network, device)
        else:
            self._measure = METRICS[config.metric]

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one measurement per request.

        Raises:
            Exception: the first one of a request that could not be measured, once the others are.
        """
        replies: list[Reply] = []
        failures: list[Exception] = []
        for position, request in enumerate(requests):
            try:
                replies.append(self._reply(request))
            except Exception as error:  # noqa: BLE001 - the run then asks for it by itself
                failures.append(error)
            else:
                on_reply(position, replies[-1])
        if failures:
            raise failures[0]
        return replies

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what measures."""
        library = "torchmetrics" if self._config.metric == "lpips" else "scikit-image"
        facts: dict[str, str | int | float | bool] = {
            "metric": self._config.metric,
            "against": self._config.against,
            "resize": self._config.resize,
            "color": self._config.color,
            "library": f"{library} {version(library)}",
        }
        if self._config.metric == "lpips":
            facts["network"] = self._config.network
        return facts

    def _reply(self, request: ScoreRequest) -> Reply:
        edited = request.images[-1]
        other = self._other(request)
        note = ""
        if edited.size != other.size:
            edited, note = self._resized(edited, other.size)
        color = self._config.color
        value = self._measure(as_array(other, color), as_array(edited, color))
        shown = "infinite: the two images are equal" if math.isinf(value) else f"{value:.6g}"
        cap = self._config.cap
        if cap is not None and value > cap:
            value = cap
            note = f"; counted as {cap:g}{note}"
        elif math.isinf(value):
            note = f"; set 'cap' to the dB that this counts as, or use 'metric: mse'{note}"
        unit = _UNITS.get(self._config.metric, "") if math.isfinite(value) else ""
        name = self._config.metric.upper()
        return Reply(f"{name} {shown}{unit}, against the {self._config.against}{note}", value)

    def _other(self, request: ScoreRequest) -> "Image":
        if self._references is not None:
            return load_image(self._references.find(request.id))
        if len(request.images) < 2:
            raise ValueError("there is no source image to compare with; set 'judge_images: both'")
        return request.images[0]

    def _resized(self, edited: "Image", size: tuple[int, int]) -> "tuple[Image, str]":
        from PIL.Image import Resampling

        sizes = f"{edited.width} x {edited.height} to {size[0]} x {size[1]}"
        if self._config.resize == "error":
            raise ValueError(
                f"the edited image would have to be resized from {sizes} to be compared; "
                "'resize: edited' does so"
            )
        return edited.resize(size, Resampling.LANCZOS), f"; the edit was resized from {sizes}"
