"""The key figures of a run, from what is in its directory; it may have ended anyhow, or still run.

Figures are made of the rows of `results.jsonl`, which are the truth about a run, in the same way as
the run itself makes them. So they are there for a run that was killed, too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import Figures
from editgauge.core.outcomes import ScoreOutcome
from editgauge.core.rates import images_per_minute
from editgauge.core.run.manifest import selection_of, stage_seconds
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.store import RunDirectoryError, read_manifest, read_results
from editgauge.core.run.summary import figures_of
from editgauge.core.text import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """The figures of the whole run, or of one category.

    Attributes:
        category: its name; None for the whole run.
        samples: samples selected.
        figures: scores; None if the run does not score, or if rubrics differ in range.
        edit_outcomes: samples per outcome of the edit stage, so far as they left it.
        score_outcomes: samples per outcome of the score stage.
    """

    category: str | None
    samples: int
    figures: Figures | None
    edit_outcomes: Mapping[str, int]
    score_outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """What a stage took.

    Attributes:
        stage: `edit` or `score`.
        samples: samples that left it, in all starts of the run; those done again count again.
        ok: results of it that are `ok`; one that was done again counts once.
        seconds: its duration, loading included, all starts together; None if it is under way, or
            was when a start was killed: that start's time is not known.
    """

    stage: str
    samples: int
    ok: int
    seconds: float | None

    @property
    def images_per_minute(self) -> float | None:
        """Results that are `ok` by time (`core.rates`), or None if that cannot be said."""
        return images_per_minute(self.ok, self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The key figures of a run.

    Attributes:
        run_id: name of the run directory.
        status: as in run.json: `finished`, `failed`, `interrupted`, or `running`, which a run that
            was killed says, too.
        exit_code: what the command exited with, or None before that.
        started: UTC, ISO 8601, or None.
        finished: UTC, ISO 8601, or None.
        seconds: duration of the last start alone, all its phases, or None; `stages` hold the times
            of all starts.
        reason: why the run did not finish, or an empty string.
        edit_model: registered name of the edit model, or an empty string.
        reward_model: registered name of the reward model; empty if the run does not score.
        missing: selected samples that have not left the last stage.
        not_reached: those of them that have not left the edit stage, either.
        failures: samples that left a stage without a good result; each counts once.
        run: the figures of all samples.
        categories: those of each category, in order of first appearance.
        stages: those of each stage that has begun.
    """

    run_id: str
    status: str
    exit_code: int | None
    started: str | None
    finished: str | None
    seconds: float | None
    reason: str
    edit_model: str
    reward_model: str
    missing: int
    not_reached: int
    failures: int
    run: GroupReport
    categories: tuple[GroupReport, ...]
    stages: tuple[StageReport, ...]

    @property
    def shortfall(self) -> str:
        """Say that the run is not complete, and what it lacks, or nothing if it is."""
        if self.status == "running":
            what = "the run goes on, or was killed"
        elif self.status == "finished":
            what = ""
        else:
            what = f"the run {'was' if self.status == 'interrupted' else 'has'} {self.status}"
        waiting = self.missing - self.not_reached
        lacks = [
            (self.not_reached, "not reached"),
            (waiting, "edited and not judged"),
            (self.failures if what or self.missing else 0, "without a good result"),
        ]
        parts = [f"{number:,} {text}" for number, text in lacks if number]
        of = f"of {counted(self.run.samples, 'sample')}, {', '.join(parts)}" if parts else ""
        return "; ".join(filter(None, (what, of)))


@dataclass(slots=True)
class _Group:
    selected: int = 0
    judged: int = 0
    scores: list[float] = field(default_factory=list)
    edits: Counter[str] = field(default_factory=Counter)
    judgements: Counter[str] = field(default_factory=Counter)

    def add(self, result: EditResult | ScoreResult) -> None:
        if isinstance(result, EditResult):
            self.edits[str(result.outcome)] += 1
            return
        self.judgements[str(result.outcome)] += 1
        if result.outcome is ScoreOutcome.OK and result.score is not None:
            self.scores.append(result.score)

    def failures(self) -> int:
        """Return samples that left a stage without a good result; each counts once."""
        # The judgement of a failed edit, `not_edited`, adds nothing.
        judged = self.judgements.total() - self.judgements["ok"] - self.judgements["not_edited"]
        return self.edits.total() - self.edits["ok"] + judged

    def report(self, category: str | None, *, has_figures: bool) -> GroupReport:
        left = max(self.edits.total(), self.judgements.total())
        samples = max(self.selected, left)
        return GroupReport(
            category=category,
            samples=samples,
            figures=figures_of(self.scores, samples=samples) if has_figures else None,
            edit_outcomes=dict(self.edits.most_common()),
            score_outcomes=dict(self.judgements.most_common()),
        )


def report_of(folder: Path) -> RunReport:
    """Return the key figures of a run directory.

    Raises:
        RunDirectoryError: `run.json` or `results.jsonl` is missing or damaged.
    """
    manifest = read_manifest(folder)
    try:
        selection = selection_of(manifest)
        models = {stage: _model(manifest, stage) for stage in ("edit", "reward")}
        stages = _stages(manifest)
        summary = manifest.get("summary") or {}
        exit_code, seconds = summary.get("exit_code"), summary.get("seconds")
        reason = str(summary.get("reason", ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunDirectoryError(
            f"{folder / 'run.json'} is no manifest that editgauge writes: "
            f"{type(error).__name__}: {error}"
        ) from error
    groups = {name: _Group(number) for name, number in (selection.categories if selection else ())}
    everything = _Group(selection.samples if selection else 0)
    ranges = set()
    if (folder / "results.jsonl").exists():
        for result in read_results(folder):
            everything.add(result)
            groups.setdefault(result.category, _Group()).add(result)
            if isinstance(result, ScoreResult) and result.rubric:
                ranges.add((result.minimum, result.maximum))
    scores = bool(models["reward"])
    left = everything.judgements if scores else everything.edits
    good = {"edit": everything.edits["ok"], "score": everything.judgements["ok"]}
    return RunReport(
        run_id=str(manifest.get("run_id", folder.name)),
        status=str(manifest.get("status", "")),
        exit_code=exit_code,
        started=manifest.get("started"),
        finished=manifest.get("finished"),
        seconds=seconds,
        reason=reason,
        edit_model=models["edit"],
        reward_model=models["reward"],
        missing=max(0, everything.selected - left.total()),
        not_reached=max(0, everything.selected - max(everything.edits.total(), left.total())),
        failures=everything.failures(),
        run=everything.report(None, has_figures=scores and len(ranges) < 2),
        categories=tuple(group.report(name, has_figures=scores) for name, group in groups.items()),
        stages=tuple(
            StageReport(stage=stage, samples=samples, ok=good.get(stage, 0), seconds=seconds)
            for stage, samples, seconds in stages
        ),
    )


def _model(manifest: dict[str, Any], section: str) -> str:
    config = manifest.get("config") or {}
    found = config.get(section) or {}
    return str(found.get("type", ""))


def _stages(manifest: dict[str, Any]) -> list[tuple[str, int, float | None]]:
    """Return name, samples and seconds of each stage that has begun."""
    recorded = manifest.get("stages") or {}
    return [
        (str(stage), int(entry["samples"]), stage_seconds(manifest, stage))
        for stage, entry in recorded.items()
    ]
