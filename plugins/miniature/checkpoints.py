"""Miniature checkpoints, built once and kept in a cache folder.

They have random weights: what they answer means nothing, but every class and file is real, so
they are loaded with a plain `from_pretrained`. Standard library only until one must be built;
`python -m editgauge.plugins.miniature.checkpoints KIND...` builds in a process of its own and
prints one folder a line.
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

_RECIPES = {
    "qwen-image-edit": "build_qwen_edit.py",
    "qwen-image-edit-plus": "build_qwen_edit.py",
    "qwen3-vl": "build_qwen3_vl.py",
    "qwen3-vl-moe": "build_qwen3_vl.py",
}


def cache_folder() -> Path:
    """Return where checkpoints are kept.

    `EDITGAUGE_CACHE` if it is set, else `editgauge` in `XDG_CACHE_HOME`, else `~/.cache/editgauge`.
    """
    if chosen := os.environ.get("EDITGAUGE_CACHE"):
        return Path(chosen).expanduser().absolute()
    # The XDG specification says that a relative path is to be ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return (base if base.is_absolute() else Path.home() / ".cache") / "editgauge"


def checkpoint_path(kind: Kind, *, folder: Path | None = None) -> Path:
    """Return where a checkpoint is kept, whether it exists or not.

    The name ends in a hash of the recipe's source, so a changed recipe makes a new checkpoint.

    Args:
        kind: which checkpoint.
        folder: where checkpoints are kept; default: `cache_folder()`.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"a miniature checkpoint is one of {', '.join(KINDS)}, not {kind!r}")
    here = Path(__file__).parent
    recipe = hashlib.sha256()
    for name in (_RECIPES[kind], "byte_tokenizer.py"):
        recipe.update((here / name).read_bytes())
    return (folder or cache_folder()) / "miniature" / f"{kind}-{recipe.hexdigest()[:12]}"


def notice(config: Any, meaning: str) -> dict[str, str | int | float | bool]:
    """Return the fact `notice` of a model whose weights are random; another one has none.

    Args:
        config: with the kind of checkpoint, or the folder of another one, as `model`.
        meaning: what the weights mean for the results.
    """
    return {"notice": f"tiny random weights, so {meaning}"} if config.model in KINDS else {}


def checkpoint(kind: Kind, *, folder: Path | None = None) -> Path:
    """Return the folder of a checkpoint, which is built in this process if it does not exist.

    It is built beside its place and moved there whole, so processes that build at the same time do
    not disturb each other and a build that was killed leaves nothing that looks complete.

    Args:
        kind: which checkpoint.
        folder: where checkpoints are kept; default: `cache_folder()`.

    Raises:
        ValueError: there is no such kind.
        ImportError: torch, diffusers or transformers is missing (extra `qwen`).
        OSError: the cache folder cannot be written.
    """
    final = checkpoint_path(kind, folder=folder)
    if final.is_dir():
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
    if kind in {"qwen-image-edit", "qwen-image-edit-plus"}:
        from editgauge.plugins.miniature.build_qwen_edit import build_qwen_edit

        build_qwen_edit(folder, plus=kind == "qwen-image-edit-plus")
    else:
        from editgauge.plugins.miniature.build_qwen3_vl import build_qwen3_vl

        build_qwen3_vl(folder, mixture=kind == "qwen3-vl-moe")


def main(arguments: list[str] | None = None) -> None:
    """Build checkpoints and print their folders, one a line, in the order asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m editgauge.plugins.miniature.checkpoints",
        description="Build miniature checkpoints with random weights and print their folders.",
    )
    parser.add_argument("kinds", nargs="+", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    for kind in parser.parse_args(arguments).kinds:
        sys.stdout.write(f"{checkpoint(kind)}\n")


if __name__ == "__main__":
    main()
