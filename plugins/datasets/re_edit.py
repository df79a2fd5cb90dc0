"""The benchmark RE-Edit: one JSON list of objects with the source images inside, in base64."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editgauge.config_schemas.datasets import RE_EDIT_SUBSETS, ReEditConfig
from editgauge.core.datasets import BadRow, Dataset, Selection
from editgauge.core.images import MAX_BYTES, ImageError, store_image
from editgauge.core.samples import Sample, safe_name
from editgauge.core.text import did_you_mean, shorten
from editgauge.plugins.datasets.fields import FieldError, optional_text, required_text
from editgauge.plugins.datasets.files import find_file, open_file
from editgauge.plugins.datasets.json_stream import read_objects

# In order of preference. The newer edition has both languages, the older one may have one.
_TEXTS = {
    "en": {
        "instruction": ("edit_instruction_en", "edit_instruction"),
        "description": ("original_description_en", "original_description"),
        "rationale": ("rationale_short_en", "rationale_short"),
    },
    "zh": {
        "instruction": ("edit_instruction", "edit_instruction_en"),
        "description": ("original_description", "original_description_en"),
        "rationale": ("rationale_short", "rationale_short_en"),
    },
}
_FIELDS = frozenset({"subset", "src_img_b64", "original_image_path"}.union(*_TEXTS["en"].values()))
_DATA_ADDRESS = re.compile(r"data:[\w/+.-]*;base64,", re.IGNORECASE)
_BLANKS = str.maketrans("", "", " \t\r\n")


class ReEditDataset(Dataset):
    """`RE-Edit.json`; the id of a sample is its `original_image_path`, which is never opened."""

    config: ReEditConfig

    def check(self) -> None:
        """See `Dataset.check`."""
        find_file(self.config.path)

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        """See `Dataset.read`."""
        path = find_file(self.config.path)
        with open_file(path) as file:
            for index, row in enumerate(read_objects(file, path, _FIELDS)):
                try:
                    sample = self._sample(row, index, selection, image_folder)
                except (FieldError, ImageError) as error:
                    yield BadRow(index=index, where=_where(row, index), reason=str(error))
                    continue
                if sample is not None:
                    yield sample

    def _sample(
        self, row: dict[str, Any] | None, index: int, selection: Selection, image_folder: Path
    ) -> Sample | None:
        """Return the sample of a row with its image taken out, or None if it is not wanted."""
        if row is None:
            raise FieldError("expected a JSON object")
        sample_id = required_text(row, "original_image_path")
        category = _category(required_text(row, "subset").strip())
        image = required_text(row, "src_img_b64")
        texts = _TEXTS[self.config.language]
        instruction = required_text(row, *texts["instruction"])
        description = optional_text(row, *texts["description"])
        rationale = optional_text(row, *texts["rationale"])
        if not selection.wants(index=index, sample_id=sample_id, category=category):
            return None
        return Sample(
            id=sample_id,
            index=index,
            images=(str(store_image(_decode(image), image_folder, safe_name(sample_id))),),
            instruction=instruction,
            category=category,
            description=description,
            rationale=rationale,
        )


def _category(subset: str) -> str:
    category = RE_EDIT_SUBSETS.get(subset) or RE_EDIT_SUBSETS.get(subset.lower())
    if category is None:
        known = list(RE_EDIT_SUBSETS)
        raise FieldError(
            f"'subset' should be one of {', '.join(known)}; got {shorten(subset, 60)!r}."
            f"{did_you_mean(subset, known)}"
        )
    return category


def _decode(text: str) -> bytes:
    address = _DATA_ADDRESS.match(text)
    encoded = text[address.end() if address else 0 :].translate(_BLANKS)
    if len(encoded) > MAX_BYTES // 3 * 4:
        raise FieldError(f"'src_img_b64' holds an image of more than {MAX_BYTES:,} bytes")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError(
            f"'src_img_b64' should be base64 or a data address with base64, got "
            f"{shorten(text, 40)!r} ({error})"
        ) from error


def _where(row: dict[str, Any] | None, index: int) -> str:
    name = (row or {}).get("original_image_path")
    return f"item {index} ({shorten(name, 60)!r})" if isinstance(name, str) else f"item {index}"
