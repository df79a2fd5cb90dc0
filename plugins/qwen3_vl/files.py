"""Checks the files of a Qwen3-VL checkpoint before anything is loaded."""

from pathlib import Path

from editgauge.plugins.model_files import ModelFilesError, check_weights, find_json, local_folder

MODEL_TYPES = ("qwen3_vl", "qwen3_vl_moe")

_PROCESSOR_FILES = (
    ("tokenizer.json", "vocab.json"),
    ("preprocessor_config.json", "processor_config.json"),
)


def check_judge_files(model: str, *, revision: str | None) -> Path:
    """Return the place of a checkpoint's `config.json`, after a look at what it asks for.

    Args:
        model: a folder or the id of a model on the hub.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelFilesError: it is missing or another kind of model; for a folder also if weights,
            tokenizer or processor are missing, or the weights are pickled.
    """
    path, config = find_json(model, "config.json", revision=revision)
    if config.get("model_type") not in MODEL_TYPES:
        raise ModelFilesError(
            f"{model!r} is a {config.get('model_type')!r}; `qwen3-vl` runs "
            f"{' and '.join(MODEL_TYPES)} (Qwen3-VL, dense or mixture of experts)"
        )
    if (folder := local_folder(model)) is not None:
        check_weights(folder)
        for names in _PROCESSOR_FILES:
            if not any((folder / name).is_file() for name in names):
                raise ModelFilesError(f"there is neither {names[0]} nor {names[1]} in {model!r}")
    return path
