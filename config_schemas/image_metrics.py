"""Configuration of the reward model `image-metrics`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from editgauge.config_schemas.base import SAME_RESULTS, PositiveInt
from editgauge.config_schemas.models import RewardModelConfig
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.config_schemas.workers import Device, WorkersConfig

_RANGES = {
    # Of two 8-bit RGB images of 100 million pixels that differ in one channel of one of them by
    # one step, the PSNR is 133 dB; closer than that there is only the same image.
    "psnr": (0.0, 140.0, "Peak signal-to-noise ratio in dB; greater is more alike."),
    "ssim": (-1.0, 1.0, "Structural similarity; 1 is the same image."),
    "lpips": (0.0, 2.0, "Learned perceptual distance; 0 is the same image."),
    "mse": (0.0, 1.0, "Mean squared difference; 0 is the same image."),
    "mae": (0.0, 1.0, "Mean absolute difference; 0 is the same image."),
}


class MetricWorkersConfig(WorkersConfig):
    """Where images are compared: in one worker without a GPU unless told otherwise."""

    devices: Literal["auto"] | list[Device | Annotated[list[Device], Field(min_length=1)]] = Field(
        default=["cpu"]
    )
    """One entry per worker, as for every model. Only `lpips` makes use of a GPU."""


class ImageMetricsConfig(RewardModelConfig):
    """Configuration of the reward model `image-metrics`."""

    type: Literal["image-metrics"]
    """Registered name of the reward model."""

    metric: Literal["psnr", "ssim", "lpips", "mse", "mae"]
    """What is measured."""

    against: Literal["source", "reference"] = "source"
    """What the edited image is compared with: the (first) source image, or the image that
    `references` has for the sample."""

    references: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Folder of reference images, named like the samples' ids, or the folder `images` of another
    run."""

    resize: Literal["edited", "error"] = "edited"
    """What is done if the sizes differ: the edited image gets the size of the other one, or the
    sample is `failed`."""

    color: Literal["rgb", "luma"] = "rgb"
    """What is compared: red, green and blue, or the brightness alone (ITU-R 601-2)."""

    cap: Annotated[float, Field(gt=0, le=140)] | None = None
    """With `psnr`: greater values, and the infinite one of two same images, count as this one;
    default: two same images have no score."""

    network: Literal["alex", "vgg", "squeeze"] = "alex"
    """With `lpips`: whose features are compared."""

    workers: Annotated[MetricWorkersConfig, SAME_RESULTS] = MetricWorkersConfig()
    """Where images are compared."""

    batch_size: Annotated[PositiveInt, SAME_RESULTS] = 16
    """Samples handed to the worker at a time."""

    rubric: RubricConfig = RubricConfig(prompt="What the metric says.")
    """Name and range of what is measured; default: those of the metric. Keys that are given win:
    `rubric: {name: psnr-of-faces}`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_rubric(cls, values: Any) -> Any:
        """Give the metric its name and range; keys of a `rubric` that is given win."""
        if not isinstance(values, Mapping) or str(values.get("metric")) not in _RANGES:
            return values
        given = values.get("rubric", {})
        if isinstance(given, RubricConfig):
            given = given.model_dump(exclude_unset=True)
        if not isinstance(given, Mapping):
            return values
        return {**values, "rubric": {**_usual_rubric(values), **given}}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.rubrics:
            raise ValueError("a metric measures every sample in the same way: leave out 'rubrics'")
        if self.rubric.parser != "score" or self.rubric.images != _images(self.against):
            raise ValueError("'images' and 'parser' of a metric's rubric cannot be changed")
        if self.score_by != "text":
            raise ValueError("'score_by: logprobs' belongs to judges; a metric measures by itself")
        if self.against == "source" and self.judge_images != "both":
            raise ValueError("'against: source' needs 'judge_images: both'")
        if (self.references is None) != (self.against == "source"):
            raise ValueError("'references' and 'against: reference' belong together")
        if self.cap is not None and self.metric != "psnr":
            raise ValueError("'cap' belongs to 'metric: psnr'; every other metric is finite")
        if self.metric == "lpips" and self.color != "rgb":
            raise ValueError("'metric: lpips' compares 'color: rgb' only")
        return self


def _images(against: Any) -> list[str]:
    return ["edited"] if against == "reference" else ["source", "edited"]


def _usual_rubric(values: Mapping[str, Any]) -> dict[str, Any]:
    metric, against, cap = values["metric"], values.get("against", "source"), values.get("cap")
    minimum, maximum, prompt = _RANGES[metric]
    # What is measured otherwise is another measure, and has another name in the results.
    name = metric if against == "source" else f"{metric}-{against}"
    if values.get("color") == "luma":
        name += "-luma"
    if isinstance(cap, (int, float)):
        name += f"-cap-{cap:g}"
        maximum = float(cap)
    return {
        "name": name,
        "prompt": prompt,
        "answer": "",
        "images": _images(against),
        "minimum": minimum,
        "maximum": maximum,
    }
