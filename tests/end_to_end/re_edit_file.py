"""A small file in the format of RE-Edit, made from the shipped photographs."""

import base64
import io
import json
from pathlib import Path

from PIL import Image

from editgauge.plugins.miniature.demo import PHOTOGRAPHS
from tests.end_to_end.commands import json_lines

SIZE = (64, 48)


def write_re_edit_file(path: Path) -> list[str]:
    """Write two rows of each of the five subsets, in turn; return the ids in row order."""
    photographs = json_lines(PHOTOGRAPHS)
    mixed = photographs[0::2] + photographs[1::2]
    rows = [
        {
            "subset": photograph["category"],
            "original_image_path": f"pictures/{photograph['category']}/{photograph['id']}.png",
            "src_img_b64": _small_png(PHOTOGRAPHS.parent / photograph["image"]),
            "edit_instruction_en": photograph["instruction"],
            "original_description_en": photograph["description"],
            "rationale_short_en": photograph["rationale"],
        }
        for photograph in mixed
    ]
    path.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return [row["original_image_path"] for row in rows]


def _small_png(photograph: Path) -> str:
    encoded = io.BytesIO()
    with Image.open(photograph) as image:
        image.convert("RGB").resize(SIZE).save(encoded, format="PNG")
    return base64.b64encode(encoded.getvalue()).decode("ascii")
