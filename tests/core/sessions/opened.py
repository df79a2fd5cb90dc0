"""Sessions with the models of `tests.support`, which sleep, count and misbehave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import editgauge
from tests.support import plugin
from tests.support.processes import descendants, is_alive

NO_PAUSE = {"restart_pause": 0.0}


def sleeping(folder: Path, *, devices: int = 1, **options: Any) -> dict[str, Any]:
    """Return the section of an editor that sleeps; what it notes goes into `folder`."""
    workers = NO_PAUSE | {"devices": ["cpu"] * devices, "parallel_loads": devices}
    given = options.pop("workers", {})
    return {"type": "sleeping", "folder": str(folder), "workers": workers | given} | options


def open_editor(
    folder: Path, *, devices: int = 1, reporters: Sequence[Any] = (), **options: Any
) -> editgauge.EditSession:
    return editgauge.open_edit_model(
        sleeping(folder, devices=devices, **options), reporters=reporters, plugins=[plugin]
    )


def open_judge(
    folder: Path, *, reporters: Sequence[Any] = (), **options: Any
) -> editgauge.ScoreSession:
    config = {"type": "counting", "folder": str(folder), "workers": NO_PAUSE} | options
    return editgauge.open_reward_model(config, reporters=reporters, plugins=[plugin])


def picture(color: str = "red") -> Image.Image:
    return Image.new("RGB", (12, 9), color)


def pixel_of(result: editgauge.EditedImage) -> tuple[int, ...]:
    assert result.image is not None
    pixel = result.image.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


def seed_in(result: editgauge.EditedImage) -> int:
    """Return what the sleeping model paints: the seed."""
    return pixel_of(result)[0]


def processes_of(pids: Sequence[int]) -> list[int]:
    """Return which of some processes are alive."""
    return [pid for pid in pids if is_alive(pid)]


def children(pid: int) -> list[int]:
    """Return the processes below one."""
    return descendants(pid)
