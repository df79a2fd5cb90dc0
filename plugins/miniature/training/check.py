"""`make miniature-check`: measures the miniature models, and says whether they are good enough."""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from editgauge.plugins.miniature.checkpoints import WEIGHTS
from editgauge.plugins.miniature.training.editor_check import check_autoencoder, check_editor
from editgauge.plugins.miniature.training.instructions import REFERENCE_KINDS
from editgauge.plugins.miniature.training.judge_check import check_judge

LEAST_OF_A_KIND = 0.85
LEAST_NEAREST = 0.95
LEAST_DECIBELS = 28.0
LEAST_AREA = 0.95
LEAST_CORRELATION = 0.8
LEAST_READABLE = 0.99


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: what was measured.
        value: what came out.
        least: what is good enough, or None for a figure that has no limit.
    """

    name: str
    value: float
    least: float | None = None

    @property
    def good(self) -> bool:
        """Whether the figure is good enough; one that is not a number is not."""
        return self.least is None or self.value >= self.least

    def __str__(self) -> str:
        """Return the figure with its limit, as a line."""
        limit = "" if self.least is None else f"  at least {self.least:g}"
        return f"{self.name:44} {self.value:7.3f}{limit}{'' if self.good else '  TOO LITTLE'}"


def measure_editor(folder: Path, *, of_each: int) -> Iterator[Figure]:
    """Measure the editor in a folder, and its autoencoder.

    Args:
        folder: the checkpoint.
        of_each: edits of each kind.
    """
    decibels = check_autoencoder(folder / "vae")
    yield Figure("autoencoder: PSNR in dB", decibels, LEAST_DECIBELS)
    unguided = check_editor(folder, of_each=of_each, scale=1.0)
    yield Figure("editor: nearest without guidance, mean", unguided.mean)
    yield Figure("editor: lead without guidance", unguided.lead)
    yield Figure("editor: left of the way without guidance", unguided.left)
    figures = check_editor(folder, of_each=of_each)
    for kind, share in figures.nearest.items():
        yield Figure(f"editor: nearest to its own target, {kind}", share, LEAST_OF_A_KIND)
    yield Figure("editor: nearest to its own target, mean", figures.mean, LEAST_NEAREST)
    yield Figure("editor: lead over the nearest other", figures.lead)
    yield Figure("editor: left of the way to the target", figures.left)
    unsaid = check_editor(folder, of_each=of_each, kinds=REFERENCE_KINDS, sides=0.0)
    for kind, share in unsaid.nearest.items():
        yield Figure(f"editor: nearest where no side is said, {kind}", share)


def measure_judge(folder: Path, *, sources: int) -> Iterator[Figure]:
    """Measure the judge in a folder, by text and by odds of labels.

    Args:
        folder: the checkpoint.
        sources: source pictures; there are four questions about each.
    """
    for score_by in ("text", "logprobs"):
        figures = check_judge(folder, score_by, sources=sources)
        yield Figure(f"judge, {score_by}: right from wrong, area", figures.wrong, LEAST_AREA)
        yield Figure(
            f"judge, {score_by}: right from untouched, area", figures.untouched, LEAST_AREA
        )
        yield Figure(f"judge, {score_by}: rank correlation", figures.spearman, LEAST_CORRELATION)
        yield Figure(f"judge, {score_by}: readable replies", figures.readable, LEAST_READABLE)


def main(arguments: list[str] | None = None) -> int:
    """Print every figure as it comes; return 0 if all are good enough, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m editgauge.plugins.miniature.training.check",
        description="Measure the miniature models on pictures and wordings that they never saw.",
    )
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="folder with both checkpoints"
    )
    parser.add_argument(
        "--only", choices=("editor", "judge"), help="measure one of them; default: both"
    )
    parser.add_argument(
        "--of-each", type=int, default=16, metavar="N", help="edits of each kind; default: 16"
    )
    parser.add_argument(
        "--sources",
        type=int,
        default=150,
        metavar="N",
        help="source pictures for the judge, with four questions each; default: 150",
    )
    options = parser.parse_args(arguments)
    folders = {
        name: options.weights / kind
        for name, kind in (("editor", "qwen-image-edit"), ("judge", "qwen3-vl"))
        if options.only in (None, name)
    }
    for name, folder in folders.items():
        if not any(folder.rglob("*.safetensors")):
            parser.error(
                f"no trained {name} in {folder}: train it with `make miniature`, or name the "
                "folder of both checkpoints with --weights"
            )
    started = time.monotonic()
    good = True
    parts: list[Iterator[Figure]] = []
    if "editor" in folders:
        parts.append(measure_editor(folders["editor"], of_each=options.of_each))
    if "judge" in folders:
        parts.append(measure_judge(folders["judge"], sources=options.sources))
    for part in parts:
        for figure in part:
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            good = good and figure.good
    verdict = "good enough" if good else "not good enough"
    sys.stdout.write(f"{verdict}, measured in {time.monotonic() - started:.0f} s\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
