"""A ready run in a temporary directory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editgauge.core.conformance.pictures import paint
from editgauge.core.hooks.given_plugins import Plugin
from editgauge.core.run.api import run
from editgauge.core.run.result import RunResult
from editgauge.testing import plugin
from editgauge.testing.recorder import EventRecorder

SIZE = (96, 64)
"""Columns and rows of a made picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRun:
    """A run that has ended.

    Attributes:
        result: how it ended, and its figures.
        events: everything that its reporters were told.
    """

    __test__ = False

    result: RunResult
    events: EventRecorder

    @property
    def run_dir(self) -> Path:
        """The run directory."""
        return self.result.run_dir

    def rows(self, stage: str) -> list[dict[str, Any]]:
        """Return the rows of a stage (`edit`, `score`) in `results.jsonl`, as they were written."""
        lines = (self.run_dir / "results.jsonl").read_text("utf-8").splitlines()
        return [row for row in map(json.loads, lines) if row["stage"] == stage]

    def image(self, sample: str) -> Path:
        """Return the path of a sample's edited image.

        Raises:
            LookupError: it has none.
        """
        for event in self.events.finished("edit", sample):
            if event.image is not None:
                return self.run_dir / event.image
        raise LookupError(f"there is no edited image of {sample!r}")


def make_samples(
    folder: Path | str,
    samples: int = 4,
    *,
    instructions: Sequence[str] = ("Make it brighter.",),
    categories: Sequence[str] = ("",),
    size: tuple[int, int] = SIZE,
) -> Path:
    """Write a dataset of small pictures, and return its path; `type: jsonl` reads it.

    The ids are `s0`, `s1` and so on; each picture has another colour.

    Args:
        folder: where it goes; it is made if it is missing.
        samples: how many there are.
        instructions: taken in turn.
        categories: taken in turn.
        size: columns and rows of the pictures.

    Raises:
        OSError: it cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(samples):
        paint(size, shade=number * 40 % 256).save(folder / f"s{number}.png")
        row = {
            "id": f"s{number}",
            "image": f"s{number}.png",
            "instruction": instructions[number % len(instructions)],
            "category": categories[number % len(categories)],
        }
        rows.append(json.dumps(row))
    path = folder / "samples.jsonl"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def run_in(
    folder: Path | str,
    *,
    edit: Mapping[str, Any] | str = "testing-sleeping",
    reward: Mapping[str, Any] | str | None = None,
    dataset: Mapping[str, Any] | None = None,
    samples: int = 4,
    instructions: Sequence[str] = ("Make it brighter.",),
    reporters: Sequence[Any] = (),
    plugins: Sequence[Plugin] = (),
    run_dir: Path | str | None = None,
    resume: str | None = None,
    **keys: Any,
) -> TriedRun:
    """Run in a folder, with small pictures that are made there, on the CPU unless you say else.

    Args:
        folder: where dataset and run directory go, mostly pytest's `tmp_path`.
        edit: the section `edit`, or the type alone.
        reward: the section `reward`, or the type alone; None: nothing is scored.
        dataset: the section `dataset`; default: `samples` pictures made by `make_samples`.
        samples: how many pictures are made.
        instructions: what is asked for, taken in turn.
        reporters: as `editgauge.run` takes them: names, pairs or objects; a recorder hears too.
        plugins: modules, other plugin objects or paths of plugin files that are not installed;
            the models of `editgauge.testing` are there in any case.
        run_dir: as `editgauge.run` has it.
        resume: as `editgauge.run` has it.
        keys: other keys of the run, such as `seed` or `max_failures`.

    Raises:
        ConfigError: the configuration is wrong.
        PluginError: a plugin or a reporter cannot be used.
        OSError: the pictures cannot be written.
    """
    folder = Path(folder)
    if dataset is None:
        path = folder / "data" / "samples.jsonl"
        if resume is None or not path.exists():
            path = make_samples(folder / "data", samples, instructions=instructions)
        dataset = {"type": "jsonl", "path": str(path)}
    config: dict[str, Any] = {
        "dataset": dict(dataset),
        "edit": _section(edit),
        "runs_dir": str(folder / "runs"),
        "progress": "none",
        **keys,
    }
    if reward is not None:
        config["reward"] = _section(reward)
    recorder = EventRecorder()
    result = run(
        config,
        reporters=[recorder, *reporters],
        plugins=[plugin, *plugins],
        run_dir=run_dir,
        resume=resume,
    )
    return TriedRun(result=result, events=recorder)


def _section(section: Mapping[str, Any] | str) -> dict[str, Any]:
    given: dict[str, Any] = {"type": section} if isinstance(section, str) else dict(section)
    workers = {"devices": ["cpu"], "restart_pause": 0.0, **given.get("workers", {})}
    return {**given, "workers": workers}
