"""Finds the files of a model, in a folder or on the Hugging Face hub, without loading them.

For `check` and `fingerprint` of a model class: `from editgauge import model_files`.
"""

from editgauge.plugins.model_files import (
    ModelFilesError,
    check_weights,
    defuse,
    file_fingerprint,
    find_json,
    local_folder,
    model_fingerprint,
    snapshot_commit,
)

__all__ = [
    "ModelFilesError",
    "check_weights",
    "defuse",
    "file_fingerprint",
    "find_json",
    "local_folder",
    "model_fingerprint",
    "snapshot_commit",
]
