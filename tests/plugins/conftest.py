"""Tiny checkpoints, built once for all tests that ask for them."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def flux_kontext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.plugins.tiny_pipelines import build_flux_kontext

    return build_flux_kontext(tmp_path_factory.mktemp("checkpoints") / "flux-kontext")


@pytest.fixture(scope="session")
def instruct_pix2pix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.plugins.tiny_pipelines import build_instruct_pix2pix

    return build_instruct_pix2pix(tmp_path_factory.mktemp("checkpoints") / "instruct-pix2pix")
