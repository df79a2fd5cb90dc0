"""What is edited: one or several source images with one instruction."""

import hashlib
import re
from dataclasses import dataclass

_SLUG_LENGTH = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One source image (or several) with one instruction.

    Attributes:
        id: stable name of the sample within its dataset; any text, never used as a path.
        index: row number in the dataset, from 0, counted before any selection, so that a sample
            keeps its seed whatever was selected.
        images: absolute paths of the source images, in the order in which the model gets them.
        instruction: what the edit model is asked to do.
        category: a group that figures are given for, or an empty string.
        description: what the source image shows, or an empty string.
        rationale: why a right edit looks as it does, or an empty string; judges may be told.
    """

    id: str
    index: int
    images: tuple[str, ...]
    instruction: str
    category: str = ""
    description: str = ""
    rationale: str = ""


def safe_name(sample_id: str) -> str:
    """Return a file name (without suffix) for a sample id.

    The name is a slug of ASCII letters, digits, `_` and `-`, at most 48 characters long, then `-`
    and the first 20 hexadecimal digits of the id's SHA-256, so different ids get different names
    on file systems that ignore case, too, and no id can leave the folder. Ids without any of those
    characters are told apart by the digits alone: with 10, a million of them would share a name.
    """
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", sample_id).strip("-")[:_SLUG_LENGTH].lower()
    digest = hashlib.sha256(sample_id.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"{slug}-{digest}" if slug else digest
