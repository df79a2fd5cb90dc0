from typing import Any

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.qwen_edit import QwenEditConfig


def validate(**options: Any) -> QwenEditConfig:
    return QwenEditConfig.model_validate(
        {"type": "qwen-image-edit", "model": "Qwen/Qwen-Image-Edit-2511", **options}
    )


def test_guidance_is_on_by_default() -> None:
    config = validate()
    assert (config.true_cfg_scale, config.negative_prompt, config.steps) == (4.0, " ", 40)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stepz": 4}, "stepz"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"steps": "4"}, "valid integer"),
        ({"height": 512}, "give 'height' and 'width' together"),
        ({"height": 500, "width": 512}, "multiple of 16"),
        ({"dtype": "float8"}, "bfloat16"),
        ({"offload": "disk"}, "sequential"),
        ({"true_cfg_scale": float("nan")}, "finite"),
        ({"lora": [{"path": "a/b", "weight_name": "x.bin"}]}, "safetensors"),
        ({"lora": "a/b"}, "valid list"),
        ({"apply": [{"method": "transformer.__init__"}]}, "pattern"),
        ({"apply": [{"method": "_execution_device"}]}, "pattern"),
        ({"apply": [{"method": "a b"}]}, "pattern"),
        (
            {"offload": "model", "workers": {"devices": ["cuda:0", "cpu"]}},
            "one 'cuda:N', not 'cpu'",
        ),
        (
            {"offload": "model", "workers": {"devices": [["cuda:0", "cuda:1"]]}},
            r"one 'cuda:N', not \['cuda:0', 'cuda:1'\]",
        ),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        validate(**options)


@pytest.mark.parametrize("devices", ["auto", ["cuda:0", ["cuda:1"]]])
def test_offload_is_for_single_gpus(devices: Any) -> None:
    assert validate(offload="model", workers={"devices": devices}).offload == "model"
