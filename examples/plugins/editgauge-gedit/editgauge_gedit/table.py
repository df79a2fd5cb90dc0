"""The table that GEdit-Bench publishes, from what the judge said."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import editgauge
from editgauge import events

from editgauge_gedit.config import GEditTableConfig
from editgauge_gedit.scores import from_reply


class GEditTable(editgauge.Reporter):
    """Writes `gedit.json`: SC, PQ and overall by task type, the mean of the types, and coverage."""

    def __init__(self, config: GEditTableConfig, context: editgauge.ReporterContext) -> None:
        """Take what every reporter is given."""
        del config
        self._path = context.run_dir / "gedit.json"
        # A sample that was scored before a resume is told again; the last word counts.
        self._samples: dict[str, tuple[str, tuple[float, float, float] | None]] = {}
        self._written = False

    @property
    def product(self) -> Path | None:
        """Return the file to look at, once it is written."""
        return self._path if self._written else None

    @editgauge.hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        """Keep SC, PQ and the overall score of a sample, or that it has none."""
        if isinstance(event, events.SampleFinished) and event.stage == "score":
            parts = from_reply(event.reply or "")
            figures = None
            if parts is not None and event.score is not None:
                figures = (*parts, event.score)
            self._samples[event.sample] = (event.category, figures)

    def close(self) -> None:
        """Write the table, once, after the last event; a run that only edits has none."""
        if not self._samples:
            return
        by_type = defaultdict(list)
        for category, figures in self._samples.values():
            by_type[category].append(figures)
        types = {name: _figures(rows) for name, rows in sorted(by_type.items())}
        scored = [row for row in types.values() if row["scored"]]
        table = {
            "types": types,
            # As published. A type without a score is missing in it, which `types` tells.
            "mean_of_types": _means([(row["SC"], row["PQ"], row["overall"]) for row in scored]),
            "all_samples": _figures([figures for _, figures in self._samples.values()]),
        }
        self._path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
        self._written = True


def _figures(rows: list[tuple[float, float, float] | None]) -> dict[str, Any]:
    scored = [row for row in rows if row is not None]
    return {"samples": len(rows), "scored": len(scored)} | _means(scored)


def _means(rows: list[tuple[float, float, float]]) -> dict[str, float | None]:
    columns = zip(*rows, strict=True) if rows else [None] * 3
    names = ("SC", "PQ", "overall")
    return {
        name: fmean(column) if column else None for name, column in zip(names, columns, strict=True)
    }
