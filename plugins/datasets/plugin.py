"""The built-in datasets, as a plugin; importing it imports neither pydantic nor Pillow."""

from editgauge.core.hooks.hookspecs import Register, hookimpl

_CONFIGS = "editgauge.config_schemas.datasets"
_DATASETS = "editgauge.plugins.datasets"


@hookimpl
def register_datasets(register: Register) -> None:
    """Register `jsonl`, `folder` and `re-edit`."""
    register(
        "jsonl",
        target=f"{_DATASETS}.jsonl:JsonlDataset",
        config=f"{_CONFIGS}:JsonlConfig",
        summary="one JSON object a line, images by path",
    )
    register(
        "folder",
        target=f"{_DATASETS}.folder:FolderDataset",
        config=f"{_CONFIGS}:FolderConfig",
        summary="a folder of images, instructions in text files beside them",
    )
    register(
        "re-edit",
        target=f"{_DATASETS}.re_edit:ReEditDataset",
        config=f"{_CONFIGS}:ReEditConfig",
        summary="the benchmark RE-Edit, one JSON list with the images inside",
    )
