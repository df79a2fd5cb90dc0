"""Metrics of pixels: PSNR, SSIM, and mean differences, by scikit-image.

Libraries are imported where they are used, so that `check` can name what is missing.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 255
"""Greatest value of a channel: images have 8 bits."""
WINDOW = 11
"""Pixels along the window of SSIM: its Gaussian of 1.5 is cut at 3.5 standard deviations."""


def as_array(image: "Image", color: str) -> Any:
    """Return an image as an array of 8-bit values: height, width and, for `rgb`, three channels.

    `luma` is 0.299 R + 0.587 G + 0.114 B (ITU-R 601-2), rounded to 8 bits, as Pillow converts it.
    """
    import numpy as np

    return np.asarray(image.convert("L" if color == "luma" else "RGB"))


def mean_squared_error(one: Any, other: Any) -> float:
    """Return the mean of the squared differences, of values from 0 to 1."""
    from skimage.metrics import mean_squared_error as measure

    return float(measure(one, other)) / LARGEST**2


def mean_absolute_error(one: Any, other: Any) -> float:
    """Return the mean of the absolute differences, of values from 0 to 1."""
    import numpy as np

    return float(np.abs(one.astype(np.int16) - other).mean()) / LARGEST


def peak_signal_to_noise_ratio(one: Any, other: Any) -> float:
    """Return 10 log10(1 / MSE) in dB, over all channels; infinite for equal images."""
    import numpy as np
    from skimage.metrics import peak_signal_noise_ratio

    if np.array_equal(one, other):
        return math.inf
    return float(peak_signal_noise_ratio(one, other, data_range=LARGEST))


def structural_similarity(one: Any, other: Any) -> float:
    """Return the mean SSIM with the settings of its authors; of RGB, the mean over the channels.

    Z. Wang et al., "Image quality assessment: from error visibility to structural similarity",
    IEEE Transactions on Image Processing 13(4), 2004: a Gaussian window of standard deviation 1.5,
    covariances of the population, K1 = 0.01, K2 = 0.03.

    Raises:
        ValueError: an edge is shorter than the window.
    """
    from skimage.metrics import structural_similarity as measure

    if min(one.shape[:2]) < WINDOW:
        raise ValueError(
            f"SSIM needs images of at least {WINDOW} x {WINDOW} pixels, but one has "
            f"{one.shape[1]} x {one.shape[0]}"
        )
    return float(
        measure(
            one,
            other,
            data_range=LARGEST,
            channel_axis=-1 if one.ndim == 3 else None,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


METRICS: dict[str, Callable[[Any, Any], float]] = {
    "psnr": peak_signal_to_noise_ratio,
    "ssim": structural_similarity,
    "mse": mean_squared_error,
    "mae": mean_absolute_error,
}
"""By the name in a configuration."""
