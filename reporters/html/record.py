"""What a report says of the record of a run: `run.json`, if it is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import RunStarted
from editgauge.core.outcomes import Stage
from editgauge.core.run.manifest import stage_seconds
from editgauge.core.run.store import RunDirectoryError, read_manifest
from editgauge.reporters.html.embedded_data import shown_line, shown_text


@dataclass(frozen=True, slots=True)
class Record:
    """What the page shows of how a run came to be; all texts are cleaned.

    Attributes:
        started: UTC, to the second, or an empty string.
        config: the configuration as lines of indented text, secrets masked, or an empty string.
        command: the command line, or an empty string.
        versions: name and version of what took part, grouped under a heading.
        rubrics: name and prompt of each rubric.
        facts: name and value of other facts.
        notices: what models say that the reader should know before all else, in a sentence each.
        resumed: whether the run has had more than one start.
        edit_seconds: duration of the edit stage, all starts together, or None if it is not known.
    """

    started: str = ""
    config: str = ""
    command: str = ""
    versions: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    rubrics: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    resumed: bool = False
    edit_seconds: float | None = None


def record_of(run_dir: Path, started: RunStarted | None) -> Record:
    """Return the record of a run; of one whose `run.json` is gone, what its first event says."""
    try:
        manifest = read_manifest(run_dir)
    except RunDirectoryError:
        manifest = {} if started is None else _from_event(started)
    config = manifest.get("config")
    return Record(
        started=_text(manifest.get("started"))[:19].replace("T", " "),
        config="" if config is None else shown_text("\n".join(_lines(config))),
        command=" ".join(map(_text, _list(manifest.get("argv")))),
        versions=list(_versions(manifest)),
        rubrics=[
            (_text(rubric.get("name")), "\n\n".join(filter(None, _prompts(rubric))))
            for rubric in _list(manifest.get("rubrics"))
            if isinstance(rubric, dict)
        ],
        facts=list(_facts(manifest)),
        notices=list(dict.fromkeys(_notices(manifest))),
        resumed=manifest.get("resumed") is not None,
        edit_seconds=_seconds(manifest, Stage.EDIT),
    )


def _seconds(manifest: dict[str, Any], stage: Stage) -> float | None:
    try:
        return stage_seconds(manifest, stage)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _from_event(started: RunStarted) -> dict[str, Any]:
    return {
        "started": started.time,
        "argv": list(started.argv),
        "seed": started.seed,
        "versions": {version.package: version.version for version in started.versions},
    }


def _versions(manifest: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    own = manifest.get("versions")
    if isinstance(own, dict):
        yield "This run", [(_text(name), _text(value)) for name, value in own.items()]
    for entry in _list(manifest.get("environments")):
        if isinstance(entry, dict) and isinstance(entry.get("versions"), dict):
            pairs = [("python", entry.get("python_version")), *entry["versions"].items()]
            heading = f"Workers of stage {_text(entry.get('stage'))}"
            yield heading, [(_text(name), _text(value)) for name, value in pairs]


def _facts(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, label in (("seed", "Seed of the run"), ("seed_of_sample", "Seed of a sample")):
        if manifest.get(key) is not None:
            yield label, _text(manifest[key])
    if manifest.get("resumed") is not None:
        yield "Last resumed", _text(manifest["resumed"])[:19].replace("T", " ")
    dataset = manifest.get("dataset")
    if isinstance(dataset, dict):
        yield "Rows of the dataset", _text(dataset.get("rows"))
        yield "Samples selected", _text(dataset.get("samples"))
        yield "Bad rows skipped", _text(dataset.get("skipped"))
    for entry in _list(manifest.get("environments")):
        if isinstance(entry, dict) and entry.get("fingerprint"):
            label = f"Fingerprint of the model, stage {_text(entry.get('stage'))}"
            yield label, _text(entry["fingerprint"])


def _notices(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield the fact `notice` of models (`describe`), once for each worker."""
    for entry in _list(manifest.get("workers")):
        model = entry.get("model") if isinstance(entry, dict) else None
        if isinstance(model, dict) and isinstance(model.get("notice"), str) and model["notice"]:
            yield shown_line(f"The model of stage {entry.get('stage')} says: {model['notice']}")


def _prompts(rubric: dict[str, Any]) -> Iterator[str]:
    for key in ("system", "prompt", "answer"):
        yield _text(rubric.get(key) or "").strip()


def _lines(value: Any, indent: str = "") -> Iterator[str]:
    """Yield JSON data as lines that read like YAML."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, dict) and item:
            yield f"{indent}{key}:"
            yield from _lines(item, indent + "  ")
        else:
            yield f"{indent}{key}: {json.dumps(item, ensure_ascii=False)}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return shown_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
