"""Miniature checkpoints: two that were trained and are shipped, two with random weights.

Every class and file is real, so they are loaded with a plain `from_pretrained`. Those with random
weights, whose answers mean nothing, are built once and kept in a cache folder. Standard library
only until one must be built; `python -m editgauge.plugins.miniature.checkpoints KIND...` builds in
a process of its own what is not shipped, and prints one folder a line.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["qwen-image-edit", "qwen-image-edit-plus", "qwen3-vl", "qwen3-vl-moe"]

KINDS: tuple[Kind, ...] = get_args(Kind)

TRAINED: tuple[Kind, ...] = ("qwen-image-edit", "qwen3-vl")
"""The kinds that were trained; their weights are part of the package."""

WEIGHTS = Path(__file__).parent / "weights"
"""Where the trained checkpoints are, a folder of each kind's name."""

_RECIPES: dict[Kind, str] = {
    "qwen-image-edit-plus": "build_qwen_edit.py",
    "qwen3-vl-moe": "build_qwen3_vl.py",
}


def cache_folder() -> Path:
    """Return where checkpoints that had to be built are kept.

    `EDITGAUGE_CACHE` if it is set, else `editgauge` in `XDG_CACHE_HOME`, else `~/.cache/editgauge`.
    """
    if chosen := os.environ.get("EDITGAUGE_CACHE"):
        return Path(chosen).expanduser().absolute()
    # The XDG specification says that a relative path is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return (base if base.is_absolute() else Path.home() / ".cache") / "editgauge"


def checkpoint_path(kind: Kind, *, folder: Path | None = None) -> Path:
    """Return where a checkpoint is kept, whether it exists or not.

    The name of one that is built ends in a hash of the recipe's source, so a changed recipe makes a
    new checkpoint.

    Args:
        kind: which checkpoint.
        folder: where checkpoints that are built are kept; default: `cache_folder()`.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"a miniature checkpoint is one of {', '.join(KINDS)}, not {kind!r}")
    if kind in TRAINED:
        return WEIGHTS / kind
    here = Path(__file__).parent
    recipe = hashlib.sha256()
    for name in (_RECIPES[kind], "byte_tokenizer.py"):
        recipe.update((here / name).read_bytes())
    return (folder or cache_folder()) / "miniature" / f"{kind}-{recipe.hexdigest()[:12]}"


def notice(config: Any, meaning: str) -> dict[str, str | int | float | bool]:
    """Return the fact `notice` of a model whose checkpoint is a miniature; another one has none.

    Args:
        config: with the kind of checkpoint, or the folder of another one, as `model`.
        meaning: what random weights mean for the results.
    """
    if config.model not in KINDS:
        return {}
    if config.model in TRAINED:
        return {
            "notice": "tiny weights, trained for trials and tests: they know 13 kinds of "
            "instruction on small pictures, and say nothing of real checkpoints"
        }
    return {"notice": f"tiny random weights, so {meaning}"}


def checkpoint(kind: Kind, *, folder: Path | None = None) -> Path:
    """Return the folder of a checkpoint; what is not shipped is built here if it does not exist.

    It is built beside its place and moved there whole, so processes that build at the same time do
    not disturb each other and a build that was killed leaves nothing that looks complete.

    Args:
        kind: which checkpoint.
        folder: where checkpoints that are built are kept; default: `cache_folder()`.

    Raises:
        ValueError: there is no such kind.
        ImportError: torch, diffusers or transformers is missing (extra `qwen`).
        OSError: the cache folder cannot be written.
    """
    final = checkpoint_path(kind, folder=folder)
    if kind in TRAINED or final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=final.parent) as temporary:
        # Not the temporary folder itself, which only its owner may read.
        fresh = Path(temporary) / final.name
        _build(kind, fresh)
        try:
            fresh.rename(final)
        except OSError:
            # Another process was first; its checkpoint is the same.
            if not final.is_dir():
                raise
    return final


def _build(kind: Kind, folder: Path) -> None:
    from transformers.utils import logging

    # For a worker's log, where it would be noise.
    logging.disable_progress_bar()
    if kind == "qwen-image-edit-plus":
        from editgauge.plugins.miniature.build_qwen_edit import build_qwen_edit

        build_qwen_edit(folder)
    else:
        from editgauge.plugins.miniature.build_qwen3_vl import build_qwen3_vl

        build_qwen3_vl(folder)


def main(arguments: list[str] | None = None) -> None:
    """Build what is not shipped and print the folders, one a line, in the order asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m editgauge.plugins.miniature.checkpoints",
        description="Print the folders of miniature checkpoints; random ones are built if need be.",
    )
    parser.add_argument("kinds", nargs="+", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    for kind in parser.parse_args(arguments).kinds:
        sys.stdout.write(f"{checkpoint(kind)}\n")


if __name__ == "__main__":
    main()
