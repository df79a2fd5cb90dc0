"""Key figures as JSON, as a table, and as Markdown."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.report.figures import GroupReport, RunReport
from editgauge.core.text import clean, duration

FORMAT = {"major": 1, "minor": 0}
"""Version of the JSON document; a minor one adds keys."""

_STATISTICS = {
    "mean": "mean",
    "low": "low",
    "high": "high",
    "std": "std",
    "median": "median",
    "min": "minimum",
    "max": "maximum",
}
"""Columns by the field of `Figures` that they come from; low and high are a 95 % interval."""

COLUMNS: dict[str, type] = {
    "run_id": str,
    "status": str,
    "exit_code": int,
    "scope": str,
    "category": str,
    "samples": int,
    "scored": int,
    "coverage": float,
    **dict.fromkeys(_STATISTICS, float),
    **{f"edit_{outcome}": int for outcome in EditOutcome},
    **{f"score_{outcome}": int for outcome in ScoreOutcome},
    "edit_seconds": float,
    "edit_images_per_minute": float,
    "score_seconds": float,
    "score_images_per_minute": float,
}
"""The columns of the table of key figures; each may be empty."""


_UNTIMED = "it goes on, or a start was killed during it, so no rate can be said"


def statistics_of(group: GroupReport) -> dict[str, float | int | None]:
    """Return scored, coverage (0 to 1) and the statistics of a group; None where there is none."""
    figures = group.figures
    scored = None if figures is None else figures.scored
    coverage = None if scored is None or not group.samples else scored / group.samples
    return {
        "scored": scored,
        "coverage": coverage,
        **{name: getattr(figures, field, None) for name, field in _STATISTICS.items()},
    }


def to_document(report: RunReport) -> dict[str, Any]:
    """Return the key figures as JSON data."""
    return {
        "format": FORMAT,
        "run_id": report.run_id,
        "status": report.status,
        "exit_code": report.exit_code,
        "started": report.started,
        "finished": report.finished,
        "seconds": report.seconds,
        "reason": report.reason,
        "edit_model": report.edit_model,
        "reward_model": report.reward_model,
        "missing": report.missing,
        "not_reached": report.not_reached,
        "without_good_result": report.failures,
        **_group_document(report.run),
        "stages": {
            stage.stage: {
                "samples": stage.samples,
                "ok": stage.ok,
                "seconds": stage.seconds,
                "images_per_minute": stage.images_per_minute,
            }
            for stage in report.stages
        },
        "categories": [
            {"category": group.category, **_group_document(group)} for group in report.categories
        ],
    }


def _group_document(group: GroupReport) -> dict[str, Any]:
    return {
        "samples": group.samples,
        **statistics_of(group),
        "edit_outcomes": dict(group.edit_outcomes),
        "score_outcomes": dict(group.score_outcomes),
    }


def to_records(report: RunReport) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table: the run first, then each category."""
    stages: dict[str, Any] = {}
    for stage in report.stages:
        stages[f"{stage.stage}_seconds"] = stage.seconds
        stages[f"{stage.stage}_images_per_minute"] = stage.images_per_minute
    for group in (report.run, *report.categories):
        is_run = group.category is None
        record: dict[str, Any] = dict.fromkeys(COLUMNS)
        record |= {
            "run_id": report.run_id,
            "status": report.status,
            "exit_code": report.exit_code,
            "scope": "run" if is_run else "category",
            "category": "" if is_run else group.category,
            "samples": group.samples,
            **statistics_of(group),
            **{f"edit_{name}": group.edit_outcomes.get(name, 0) for name in EditOutcome},
        }
        if report.reward_model:
            record |= {f"score_{name}": group.score_outcomes.get(name, 0) for name in ScoreOutcome}
        yield record | stages if is_run else record


def to_markdown(report: RunReport) -> str:
    """Return the key figures as Markdown, with a table of categories."""
    ended = "" if report.exit_code is None else f", exit code {report.exit_code}"
    lines = [f"# {_plain(report.run_id)}", "", f"Status: **{_plain(report.status)}**{ended}."]
    if report.shortfall:
        lines += ["", f"This report is not of a whole run: {report.shortfall}."]
    if report.reason:
        lines += ["", f"Reason: {_plain(report.reason)}"]
    lines += ["", *_table(_figure_rows(report))]
    if any(group.figures is not None for group in (report.run, *report.categories)):
        lines += ["", "low and high: the 95 % interval of the mean; std: of the sample (n - 1)."]
    if report.run.figures is None and report.reward_model:
        lines += ["", "No mean over all: rubrics of different range were used."]
    lines += ["", *_table(_stage_rows(report))]
    if any(stage.seconds is not None for stage in report.stages):
        lines += ["", "images a minute: results that are ok by the time of the stage, loading too."]
    if unknown := [_plain(stage.stage) for stage in report.stages if stage.seconds is None]:
        lines += ["", f"The time of {' and '.join(unknown)} is not known: {_UNTIMED}."]
    return "\n".join(lines) + "\n"


def _figure_rows(report: RunReport) -> list[list[str]]:
    head = ["category", "samples", "scored", "coverage", *_STATISTICS]
    rows = [head]
    for group in (*report.categories, report.run):
        name = "**all**" if group.category is None else _plain(group.category) or "(none)"
        values = statistics_of(group)
        scored, coverage = values["scored"], values["coverage"]
        rows.append(
            [
                name,
                f"{group.samples:,}",
                "" if scored is None else f"{scored:,}",
                "" if coverage is None else f"{coverage:.1%}",
                *("" if values[key] is None else f"{values[key]:.3f}" for key in _STATISTICS),
            ]
        )
    return rows


def _stage_rows(report: RunReport) -> list[list[str]]:
    rows = [["stage", "outcomes", "time", "images a minute"]]
    outcomes = {"edit": report.run.edit_outcomes, "score": report.run.score_outcomes}
    took = {stage.stage: stage for stage in report.stages}
    for stage in ("edit", *(["score"] if report.reward_model else [])):
        found = took.get(stage)
        speed = None if found is None else found.images_per_minute
        rows.append(
            [
                stage,
                _counts(outcomes[stage]),
                "-" if found is None or found.seconds is None else duration(found.seconds),
                "-" if speed is None else f"{speed:.1f}",
            ]
        )
    return rows


def _counts(outcomes: Mapping[str, int]) -> str:
    # Names of outcomes are from the closed list, `not_edited` among them.
    return ", ".join(f"{number:,} {name}" for name, number in outcomes.items()) or "none"


def _table(rows: list[list[str]]) -> list[str]:
    head, *body = rows
    numbers = ["---" if name in ("category", "stage", "outcomes") else "---:" for name in head]
    return [f"| {' | '.join(cells)} |" for cells in (head, numbers, *body)]


def _plain(text: str) -> str:
    """Return text that is text in Markdown, too: no markup, no mention, no link, no HTML."""
    return re.sub(r"[^\w ,.;()/%'\"-]|_", lambda match: f"&#{ord(match[0])};", clean(text))
