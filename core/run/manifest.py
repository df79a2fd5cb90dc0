"""What `run.json` says about a run."""

import json
import platform
import re
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import editgauge
from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.events import RunFinished, event_to_dict
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.judging.rubrics import Rubric, RubricBook
from editgauge.core.outcomes import RunStatus, Stage
from editgauge.core.run.content_keys import edit_settings, reward_settings
from editgauge.core.run.known_secrets import redactor_of
from editgauge.core.run.plugin_records import plugin_records
from editgauge.core.run.preflight import EnvironmentReport
from editgauge.core.run.selection import SelectionResult
from editgauge.core.workers.redaction import MASK, Redactor
from editgauge.core.workers.worker import Worker

FORMAT = {"major": 1, "minor": 0}

_PACKAGES = ("pluggy", "pydantic", "pillow", "structlog", "tqdm")
_NO_STAGE: dict[str, Any] = {"samples": 0, "seconds": 0.0, "begun": 0, "ended": 0}
_NOT_IN_MANIFEST = ("seq", "time", "elapsed", "run_id", "worker", "kind", "status")


def versions() -> dict[str, str]:
    """Return the versions of editgauge, of Python, and of what the parent uses."""
    found = {"editgauge": editgauge.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def new_manifest(
    run_id: str,
    config: ResolvedConfig,
    plugins: PluginManager,
    *,
    rubrics: RubricBook | None,
    argv: tuple[str, ...],
) -> dict[str, Any]:
    """Return the manifest of a run that begins; there are no secrets in it."""
    plain, redactor = config.to_plain(), redactor_of(config)
    return {
        "format": FORMAT,
        "run_id": run_id,
        "status": str(RunStatus.RUNNING),
        "started": utc_now(),
        "finished": None,
        "argv": public_argv(argv, plain, redactor),
        # By value, too: what is masked under its own key may stand in an address or a prompt.
        "config": redactor.data(plain),
        "settings": redactor.data(
            {
                "dataset": plain["dataset"],
                "seed": config.run.seed,
                "edit": edit_settings(config.edit),
                "reward": None
                if config.reward is None
                else reward_settings(config.reward)
                | {name: plain["reward"][name] for name in ("rubric", "rubrics")},
            }
        ),
        "rubrics": redactor.data(
            [plain_rubric(rubric) for rubric in rubrics.rubrics()] if rubrics else []
        ),
        "seed": config.run.seed,
        "seed_of_sample": "seed + index",
        "versions": versions(),
        "plugins": plugin_records(plugins),
        "dataset": None,
        "environments": [],
        "workers": [],
        "stages": {},
        "summary": None,
    }


def public_argv(argv: tuple[str, ...], plain: dict[str, Any], redactor: Redactor) -> list[str]:
    """Return a command line with the values of secret keys (`-o edit.api_key=...`) masked.

    Args:
        argv: the command line.
        plain: the resolved configuration, in which secrets are masked already.
        redactor: masks secrets wherever else they stand.
    """
    words = []
    for word in argv:
        option = next((form for form in ("--override=", "-o") if word.startswith(form)), "")
        key, equals, _ = word.removeprefix(option).partition("=")
        value: Any = plain
        for part in key.strip().split("."):
            value = _below(value, part)
        mask = _mask_in(value) if equals else ""
        words.append(f"{option}{key}={mask}" if mask else redactor.text(word))
    return words


def _below(value: Any, part: str) -> Any:
    """Return what an override's path leads to, one part further."""
    if isinstance(value, list) and part.isdecimal():
        return value[int(part)] if int(part) < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def _mask_in(value: Any) -> str:
    """Return the mask that stands for a secret in a value or anywhere below, or nothing."""
    if isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return next(filter(None, map(_mask_in, below)), "")
    return value if isinstance(value, str) and not value.strip("*") else ""


def add_selection(manifest: dict[str, Any], selection: SelectionResult, *, digest: str) -> None:
    """Record what was selected; `digest` is the SHA-256 of samples.jsonl."""
    manifest["dataset"] = {
        "samples": selection.samples,
        "rows": selection.rows,
        "categories": [list(pair) for pair in selection.categories],
        "skipped": selection.skipped,
        "skipped_rows": list(selection.skipped_rows),
        "samples_sha256": digest,
    }


def samples_and_rows(manifest: dict[str, Any]) -> tuple[int, int]:
    """Return how many samples were selected, of how many rows."""
    selection = selection_of(manifest)
    return (0, 0) if selection is None else (selection.samples, selection.rows)


def samples_digest_of(manifest: dict[str, Any]) -> str | None:
    """Return the SHA-256 of samples.jsonl that a manifest records, or None."""
    dataset = manifest.get("dataset")
    digest = dataset.get("samples_sha256") if isinstance(dataset, dict) else None
    return digest if isinstance(digest, str) else None


def selection_of(manifest: dict[str, Any]) -> SelectionResult | None:
    """Return the selection that a manifest records, or None."""
    dataset = manifest.get("dataset")
    if not isinstance(dataset, dict):
        return None
    return SelectionResult(
        samples=dataset["samples"],
        rows=dataset["rows"],
        categories=tuple((str(name), int(number)) for name, number in dataset["categories"]),
        skipped=dataset["skipped"],
        skipped_rows=tuple(dataset["skipped_rows"]),
    )


def add_environments(manifest: dict[str, Any], reports: list[EnvironmentReport]) -> None:
    """Record the worker environments."""
    manifest["environments"] = [
        {
            "stage": report.stage,
            "python": report.python,
            "python_version": report.python_version,
            "target": report.target,
            "versions": dict(report.versions),
            "fingerprint": report.fingerprint,
        }
        for report in reports
    ]


def fingerprints_of(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the recorded fingerprints of models by stage."""
    environments = manifest.get("environments")
    return {
        str(entry.get("stage")): str(entry.get("fingerprint"))
        for entry in (environments if isinstance(environments, list) else [])
        if isinstance(entry, dict)
    }


def add_workers(manifest: dict[str, Any], stage: str, workers: list[Worker]) -> None:
    """Record the workers of a stage, with what they say about their models."""
    manifest["workers"] = [
        entry for entry in manifest["workers"] if entry.get("stage") != stage
    ] + [
        {
            "stage": stage,
            "name": worker.name,
            "devices": list(worker.binding.devices),
            "threads": worker.threads,
            "starts": worker.starts,
            **worker.facts,
        }
        for worker in workers
    ]


def begin_stage(manifest: dict[str, Any], stage: str) -> None:
    """Record that a stage begins in this start: a start that is killed then cannot say it later."""
    former = manifest["stages"].get(stage, _NO_STAGE)
    manifest["stages"][stage] = _NO_STAGE | former | {"begun": former.get("begun", 0) + 1}


def end_stage(manifest: dict[str, Any], stage: str, *, samples: int, seconds: float) -> None:
    """Add what a stage did in this start, however it ended, to what it did in earlier ones."""
    former = manifest["stages"][stage]
    manifest["stages"][stage] = former | {
        "samples": former["samples"] + samples,
        "seconds": round(former["seconds"] + seconds, 3),
        "ended": former["ended"] + 1,
    }


def stage_seconds(manifest: dict[str, Any], stage: str) -> float | None:
    """Return the duration of a stage in seconds, all starts of the run together.

    None if it has not begun, goes on, or was under way in a start that was killed: the time of that
    start is not known, so the sum is not, either.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: that is no manifest.
    """
    entry = (manifest.get("stages") or {}).get(stage)
    if entry is None or entry.get("begun", 0) != entry.get("ended", 0):
        return None
    return float(entry["seconds"])


def add_end(manifest: dict[str, Any], event: RunFinished) -> None:
    """Record how the run ended."""
    manifest["status"] = event.status
    manifest["finished"] = utc_now()
    manifest["summary"] = {
        name: value for name, value in event_to_dict(event).items() if name not in _NOT_IN_MANIFEST
    }


def utc_now() -> str:
    """Return the time as ISO 8601 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain_rubric(rubric: Rubric) -> dict[str, Any]:
    """Return a rubric as JSON data: a rubric file may change while its path stays the same."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(rubric)))
    return plain


Part = Literal["dataset", "edit", "score", "no judge"]
"""What a change touches: the samples, their edits, their judgements, or whether there are any."""


def changes(
    former: dict[str, Any], new: dict[str, Any], stages: AbstractSet[Stage]
) -> dict[Part, list[str]]:
    """Return, in a line each, what changed between the manifests of two starts of one run.

    Only what changes results counts (`settings`): not workers, reporters or versions, nothing of a
    stage that has no results, and not the dataset if no samples were selected.

    Args:
        former: the manifest of the earlier start.
        new: that of this start.
        stages: the stages that have results.
    """
    found: dict[Part, list[str]] = {}
    old, now = former.get("settings"), new["settings"]
    old = old if isinstance(old, dict) else {}
    if former.get("dataset") is not None:
        found["dataset"] = _differences(old.get("dataset"), now["dataset"], "dataset")
    if Stage.EDIT in stages:
        found["edit"] = _differences(old.get("seed"), now["seed"], "seed") + _differences(
            old.get("edit"), now["edit"], "edit"
        )
    if Stage.SCORE in stages and now["reward"] is None:
        found["no judge"] = ["reward: the run has scores, and no reward model is configured now"]
    elif Stage.SCORE in stages:
        found["score"] = _differences(old.get("reward"), now["reward"], "reward")
        if not found["score"] and not _is_same(former.get("rubrics", []), new["rubrics"]):
            names = ", ".join(
                rubric["name"]
                for rubric in new["rubrics"]
                if rubric not in former.get("rubrics", [])
            )
            found["score"] = [f"rubrics: the text of {names or 'a rubric'} is not what it was"]
    return {part: lines for part, lines in found.items() if lines}


def _differences(old: Any, new: Any, path: str) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            line
            for key in [*old, *(key for key in new if key not in old)]
            for line in _differences(old.get(key), new.get(key), f"{path}.{key}")
        ]
    return [] if _is_same(old, new) else [f"{path}: {_shown(old)} in the run, {_shown(new)} now"]


def _is_same(old: Any, new: Any) -> bool:
    """Return whether values are the same as far as they can be seen: a mask may stand for any text.

    A word may have been a secret at one start and not at the other. Rows have content keys, which
    notice every change.
    """
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_same(old[key], new[key]) for key in old)
    if isinstance(old, str) and isinstance(new, str):
        return old == new or _covers(old, new) or _covers(new, old)
    return bool(old == new)


def _covers(masked: str, text: str) -> bool:
    parts = masked.split(MASK)
    return (
        len(parts) > 1
        and re.fullmatch(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"of type {value['type']!r}" if "type" in value else "a section"
    return "not set" if value is None else repr(value)
