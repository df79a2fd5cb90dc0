"""What `durability: power` costs a sample against `process`: images and rows flushed to the disk.

    python -m benchmarks.durability [--folder DIR]

Both write the same pictures and rows with the code of a run, turn by turn on the same disk.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.launching import load_average, say
from editgauge.core.images import save_png
from editgauge.core.outcomes import EditOutcome
from editgauge.core.run.results import EditResult
from editgauge.core.run.store import RunStore
from editgauge.core.samples import Sample

SIZE = 1024


def picture(size: int) -> Image.Image:
    """Return a picture with the fine grain of a photograph, which makes its file large."""
    grain = Image.effect_noise((size, size), 12)
    slope = Image.linear_gradient("L").resize((size, size))
    return Image.merge("RGB", (Image.blend(grain, slope, 0.5), grain, slope))


def seconds_of(store: RunStore, image: Image.Image, index: int) -> float:
    """Write a sample's edited image and its row; return seconds."""
    sample = Sample(id=f"sample-{index:06}", index=index, images=(), instruction="Paint it blue.")
    path = store.image_path(sample)
    started = time.perf_counter()
    save_png(image, path, sync=store.sync)
    store.append(
        EditResult(
            id=sample.id,
            index=index,
            category="",
            reason="",
            seconds=1.0,
            attempt=1,
            worker="edit-0",
            outcome=EditOutcome.OK,
            image=store.relative(path),
            width=image.width,
            height=image.height,
            instruction=sample.instruction,
            sources=(),
            seed=index,
            key="",
        )
    )
    return time.perf_counter() - started


def compare(folder: Path, *, samples: int, size: int) -> dict[bool, list[float]]:
    """Return seconds of each sample, with flushing and without."""
    image = picture(size)
    stores = {
        sync: RunStore.create(folder, "x", folder=folder / f"sync-{sync}", sync=sync)
        for sync in (False, True)
    }
    found: dict[bool, list[float]] = {False: [], True: []}
    for index in range(samples):
        for sync, store in stores.items():
            found[sync].append(seconds_of(store, image, index))
    for store in stores.values():
        store.close()
    return found


def report(found: dict[bool, list[float]], *, size: int) -> str:
    """Return the table."""
    rows = [f"images of {size} x {size}; {load_average()}", ""]
    rows.append(f"{'ms a sample':<20} {'median':>9} {'mean':>9} {'greatest':>9}")
    for sync, name in ((False, "process"), (True, "power")):
        times = [1000 * seconds for seconds in found[sync]]
        figures = (statistics.median(times), statistics.fmean(times), max(times))
        rows.append(f"{name:<20} " + " ".join(f"{figure:>9.2f}" for figure in figures))
    medians = {sync: statistics.median(times) for sync, times in found.items()}
    rows.append(f"{'power / process':<20} {medians[True] / medians[False]:>9.3f}")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.durability",
        description="What flushing every image and row to the disk costs a sample.",
    )
    parser.add_argument("--samples", type=int, default=200, help="of each kind (default 200)")
    parser.add_argument("--size", type=int, default=SIZE, help=f"pixels a side (default {SIZE})")
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: temporary)")
    options = parser.parse_args(arguments)
    if options.samples < 1 or options.size < 1:
        parser.error("give at least 1 sample and 1 pixel")
    with tempfile.TemporaryDirectory(prefix="editgauge-durability-", dir=options.folder) as folder:
        say(f"{options.samples} samples of each kind in {folder}")
        found = compare(Path(folder), samples=options.samples, size=options.size)
    print(report(found, size=options.size))


if __name__ == "__main__":
    main()
