"""A small file in the format of RE-Edit, made from the shipped photographs."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from editgauge.core.models import EditRequest
from editgauge.plugins.miniature.demo import PHOTOGRAPHS
from tests.end_to_end.commands import json_lines
from tests.plugins.qwen_models import load_editor, no_steps

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


def edit_here(path: Path, ids: Sequence[str], *, seed: int, **options: Any) -> list[bytes]:
    """Edit rows of such a file with the miniature editor in this process; return their pixels.

    Args:
        path: the file.
        ids: ids of the rows.
        seed: the seed of the run, to which each row adds its place.
        options: of the editor.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))
    places = {row["original_image_path"]: place for place, row in enumerate(rows)}
    model = load_editor(**options)
    edited = []
    for name in ids:
        row = rows[places[name]]
        with Image.open(io.BytesIO(base64.b64decode(row["src_img_b64"]))) as source:
            request = EditRequest(
                id=name,
                index=places[name],
                images=(source.convert("RGB"),),
                instruction=row["edit_instruction_en"],
                seed=seed + places[name],
            )
        edited.append(model.edit(request, no_steps).tobytes())
    return edited


def _small_png(photograph: Path) -> str:
    encoded = io.BytesIO()
    with Image.open(photograph) as image:
        image.convert("RGB").resize(SIZE).save(encoded, format="PNG")
    return base64.b64encode(encoded.getvalue()).decode("ascii")
