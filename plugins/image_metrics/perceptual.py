"""LPIPS, by torchmetrics, with weights that are on this machine. Nothing is downloaded."""

from pathlib import Path
from typing import Any

_NETWORKS = {
    "alex": ("alexnet", "AlexNet_Weights"),
    "squeeze": ("squeezenet1_1", "SqueezeNet1_1_Weights"),
    "vgg": ("vgg16", "VGG16_Weights"),
}


def backbone_file(network: str) -> Path:
    """Return the file of a network's weights in torch's folder of downloads.

    Raises:
        ImportError: torch, torchvision or torchmetrics is missing.
        FileNotFoundError: the weights are not there; the message says how to get them.
    """
    import torch
    import torchmetrics  # noqa: F401 - found missing here, and not after the edits
    import torchvision

    name, weights = _NETWORKS[network]
    url = getattr(torchvision.models, weights).DEFAULT.url
    path: Path = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not path.is_file():
        raise FileNotFoundError(
            f"the weights of {name}, which LPIPS is computed with, are not at {path}, and nothing "
            "is downloaded in a run; fetch them once: "
            f"python -c \"from torchvision import models; models.{name}(weights='DEFAULT')\""
        )
    return path


class PerceptualDistance:
    """LPIPS between two images.

    R. Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", CVPR
    2018, version 0.1: a weighted mean of squared differences of a network's unit features.
    """

    def __init__(self, network: str, device: str) -> None:
        """Load the network onto a device.

        Raises:
            FileNotFoundError: see `backbone_file`.
        """
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        backbone_file(network)
        self._device = "cuda:0" if device == "cuda" else device
        self._measure = LearnedPerceptualImagePatchSimilarity(net_type=network, normalize=True)
        self._measure.to(self._device)

    def __call__(self, one: Any, other: Any) -> float:
        """Return the distance of two arrays of 8-bit RGB values: 0 for equal ones, no upper end."""
        import torch

        tensors = [
            torch.tensor(array, device=self._device).permute(2, 0, 1)[None].float() / 255
            for array in (one, other)
        ]
        with torch.inference_mode():
            distance = float(self._measure(*tensors))
        # It would go on adding up.
        self._measure.reset()
        return distance
