import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.qwen3_vl import Qwen3VLConfig
from editgauge.plugins.miniature.checkpoints import checkpoint
from editgauge.plugins.model_files import ModelFilesError
from editgauge.plugins.qwen3_vl.files import check_judge_files

pytestmark = pytest.mark.models


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint("qwen3-vl"), tmp_path / "model"))


def test_whole_checkpoint_passes(copy: Path) -> None:
    assert check_judge_files(str(copy), revision=None) == copy / "config.json"


def test_other_models_are_refused(copy: Path) -> None:
    path = copy / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": "llava"}))
    with pytest.raises(ModelFilesError, match=r"is a 'llava'; `qwen3-vl` runs qwen3_vl"):
        check_judge_files(str(copy), revision=None)


def test_editing_checkpoints_are_refused() -> None:
    with pytest.raises(ModelFilesError, match=r"there is no config\.json"):
        check_judge_files(str(checkpoint("qwen-image-edit")), revision=None)


def test_pickled_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelFilesError, match=r"are pickled \(pytorch_model\.bin\)"):
        check_judge_files(str(copy), revision=None)


def test_missing_tokenizer_is_named(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelFilesError, match=r"neither tokenizer\.json nor vocab\.json"):
        check_judge_files(str(copy), revision=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"also_reply": True}, "belongs to 'score_by: logprobs'"),
        ({"attn_implementation": "someone/kernel"}, "flash_attention_2"),
        ({"max_pixels": 100}, "1024"),
        ({"max_new_tokens": 0}, "greater than or equal to 1"),
        ({"batchsize": 2}, "batchsize"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Qwen3VLConfig.model_validate({"type": "qwen3-vl", "model": "Qwen/Qwen3-VL-4B", **options})
