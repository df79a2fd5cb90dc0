"""LPIPS with a network of random weights: the true ones cannot be downloaded here.

So what is tested is that the weights on this machine are found, loaded and used as the paper says,
and that nothing is fetched; not that the numbers agree with those of other people.
"""

from pathlib import Path

import numpy as np
import pytest

from editgauge.plugins.image_metrics.model import ImageMetrics
from tests.plugins.image_metrics.test_measuring import measured, noisy, plain, request, value
from tests.plugins.qwen_models import picture

pytestmark = pytest.mark.models

ONE = picture(0)


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of downloads with nothing in it, and no way to the network."""
    import torch

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    torch.set_num_threads(1)
    return tmp_path


def save_random_network(torch_home: Path) -> Path:
    import torch
    import torchvision

    torch.manual_seed(3)
    name: str = torchvision.models.SqueezeNet1_1_Weights.DEFAULT.url.rpartition("/")[2]
    path: Path = torch_home / "hub" / "checkpoints" / name
    path.parent.mkdir(parents=True)
    torch.save(torchvision.models.squeezenet1_1(weights=None).state_dict(), path)
    return path


def test_weights_that_are_not_there_are_named_and_not_fetched(torch_home: Path) -> None:
    for network, name in [("alex", "alexnet"), ("vgg", "vgg16"), ("squeeze", "squeezenet1_1")]:
        with pytest.raises(FileNotFoundError, match=rf"{name}.*not at {torch_home}.*fetch"):
            ImageMetrics.check(plain("lpips", network=network))
    assert list(torch_home.rglob("*")) == []


def test_distance_is_that_of_the_paper(torch_home: Path) -> None:
    import torch
    import torchmetrics
    import torchvision

    save_random_network(torch_home)
    other = noisy(ONE, 60)
    network = torchvision.models.squeezenet1_1(weights="DEFAULT").features.eval()
    file = Path(torchmetrics.__file__).parent / "functional/image/lpips_models/squeeze.pth"
    linear = list(torch.load(file, map_location="cpu", weights_only=True).values())
    shift = torch.tensor([-0.030, -0.088, -0.188])[None, :, None, None]
    scale = torch.tensor([0.458, 0.448, 0.450])[None, :, None, None]

    def features(image: object) -> list[torch.Tensor]:
        pixels = torch.tensor(np.asarray(image)).permute(2, 0, 1)[None] / 255
        x, found = (pixels * 2 - 1 - shift) / scale, []
        for number, layer in enumerate(network):
            x = layer(x)
            if number in (1, 4, 7, 9, 10, 11, 12):
                found.append(x / x.norm(dim=1, keepdim=True).clamp_min(1e-8))
        return found

    with torch.inference_mode():
        expected = sum(
            float(((a - b) ** 2 * weight.view(1, -1, 1, 1)).sum(1).mean())
            for a, b, weight in zip(features(ONE), features(other), linear, strict=True)
        )
    found = value("lpips", ONE, other, network="squeeze")
    assert found == pytest.approx(expected, rel=1e-3)
    assert 0 < found < 2
    assert measured("lpips", ONE, ONE.copy(), network="squeeze").value == pytest.approx(0, abs=1e-6)


def test_one_measurement_has_no_part_in_the_next(torch_home: Path) -> None:
    save_random_network(torch_home)
    model = ImageMetrics()
    model.load(plain("lpips", network="squeeze"), "cpu")
    near, far = request(ONE, noisy(ONE, 9)), request(ONE, noisy(ONE, 90))
    together = model.score([near, far, near], lambda *_: None)
    assert together[0] == together[2] == model.score([near], lambda *_: None)[0]
    assert (together[0].value or 0) < (together[1].value or 0)


def test_other_weights_make_another_fingerprint(torch_home: Path) -> None:
    path = save_random_network(torch_home)
    config = plain("lpips", network="squeeze")
    before = ImageMetrics.fingerprint(config)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert ImageMetrics.fingerprint(config) != before
