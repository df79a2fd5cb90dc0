from typing import Any

import pytest


@pytest.fixture
def autoencoder() -> Any:
    """Return the editor's autoencoder with random weights, the same every time."""
    import torch

    from editgauge.plugins.miniature.training.autoencoder import build_autoencoder

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_autoencoder().eval().requires_grad_(False)


@pytest.fixture
def pipeline(autoencoder: Any) -> Any:
    """Return the editor with random weights, the same every time."""
    import torch

    from editgauge.plugins.miniature.training.editor import build_pipeline

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_pipeline(autoencoder)
