"""A finished run that never ran: rows, pictures and events, as many as wanted, made in seconds.

For whatever reads a run: reports, replay. The same arguments give the same run.
"""

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.made_up_events import RUN_ID, Telling
from editgauge.core.hooks.events import Event
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.samples import Sample, safe_name
from editgauge.core.text import dump_json

CATEGORIES = ("physical", "environmental", "cultural", "causal", "referential")
_VERBS = ("Turn", "Paint", "Light", "Blur", "Freeze", "Mirror", "Move")
_THINGS = ("the boat", "the sky", "a cup", "the left house", "her coat", "every lamp")
_WAYS = ("at dusk", "in heavy rain", "as an oil painting", "thirty degrees", "in pale blue")
_EDIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpRun:
    """What `make_up_run` made: the run directory, its samples, and its events in order."""

    folder: Path
    samples: tuple[Sample, ...]
    events: tuple[Event, ...]


def make_up_run(
    folder: Path,
    number: int,
    *,
    workers: int = 4,
    pictures: int = 24,
    size: tuple[int, int] = (96, 72),
    text: Callable[[str, int], str] = lambda text, _index: text,
    seed: int = 1,
) -> MadeUpRun:
    """Write a run directory, and return it with the events of the run.

    Args:
        folder: the run directory; it is made. Of edits that are the same picture, only the first
            has its file.
        number: samples.
        workers: edit workers; one judge scores in batches of four.
        pictures: different source images, and as many different edits.
        size: width and height of the pictures.
        text: changes each text that comes from outside, given the text and the row.
        seed: of everything random.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data
    for name in ("images", "sources", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    drawn = [_draw(position, size) for position in range(2 * pictures)]
    for position, data in enumerate(drawn[:pictures]):
        (folder / "sources" / f"{position}.png").write_bytes(data)
    samples = tuple(_sample(folder, index, pictures, rng, text) for index in range(number))
    digests = [hashlib.sha256(data).hexdigest() for data in drawn]
    edits = [_edit(sample, digests, size, rng, text) for sample in samples]
    for edit in {edit.image_sha256: edit for edit in reversed(edits)}.values():
        if edit.image is not None and edit.image_sha256 is not None:
            (folder / edit.image).write_bytes(drawn[digests.index(edit.image_sha256)])
    scores = [_score(sample, edit, rng, text) for sample, edit in zip(samples, edits, strict=True)]
    _write_lines(folder / "samples.jsonl", (_plain(sample) for sample in samples))
    _write_lines(
        folder / "results.jsonl", [row.to_row() for row in edits] + [row.to_row() for row in scores]
    )
    told = Telling(folder, samples, edits, scores, workers=workers)
    (folder / "run.json").write_text(json.dumps(_manifest(samples, text)), encoding="utf-8")
    return MadeUpRun(folder=folder, samples=samples, events=tuple(told.all()))


def _draw(position: int, size: tuple[int, int]) -> bytes:
    width, height = size
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    tint = ((position * 67) % 256, (position * 131) % 256, (position * 29) % 256)
    image = Image.blend(image, Image.new("RGB", size, tint), 0.7)
    draw = ImageDraw.Draw(image)
    left = (position * 17) % (width // 2)
    draw.ellipse((left, height // 4, left + height // 2, 3 * height // 4), fill=tint[::-1])
    out = BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def _sample(
    folder: Path,
    index: int,
    pictures: int,
    rng: random.Random,
    text: Callable[[str, int], str],
) -> Sample:
    words = (rng.choice(_VERBS), rng.choice(_THINGS), rng.choice(_WAYS))
    return Sample(
        id=text(f"sample-{index:05d}", index),
        index=index,
        images=(str(folder / "sources" / f"{index % pictures}.png"),),
        instruction=text(f"{' '.join(words)}, and leave all else as it is.", index),
        category=text(CATEGORIES[index % len(CATEGORIES)], index % len(CATEGORIES)),
    )


def _edit(
    sample: Sample,
    digests: Sequence[str],
    size: tuple[int, int],
    rng: random.Random,
    text: Callable[[str, int], str],
) -> EditResult:
    pictures = len(digests) // 2
    chance = rng.random()
    ok = chance > 0.04 or sample.index < pictures
    return EditResult(
        id=sample.id,
        index=sample.index,
        category=sample.category,
        outcome=EditOutcome.OK
        if ok
        else EditOutcome.FAILED
        if chance > 0.01
        else EditOutcome.CRASHED,
        reason="" if ok else text("RuntimeError: out of memory", sample.index),
        seconds=round(_EDIT_SECONDS * rng.uniform(0.6, 1.6), 3),
        attempt=1,
        worker="edit-0",
        key="0" * 32,
        image=f"images/{safe_name(sample.id)}.png" if ok else None,
        width=size[0] if ok else None,
        height=size[1] if ok else None,
        instruction=sample.instruction,
        sources=sample.images,
        seed=42 + sample.index,
        image_sha256=digests[pictures + sample.index % pictures] if ok else None,
        sources_sha256=(digests[sample.index % pictures],),
    )


def _score(
    sample: Sample, edit: EditResult, rng: random.Random, text: Callable[[str, int], str]
) -> ScoreResult:
    asked = edit.outcome is EditOutcome.OK
    outcome = ScoreOutcome.OK if asked else ScoreOutcome.NOT_EDITED
    if asked and rng.random() < 0.04 and sample.index:
        outcome = rng.choice((ScoreOutcome.UNPARSED, ScoreOutcome.OUT_OF_RANGE))
    mean = 5.0 + sample.index % len(CATEGORIES) / 1.5
    score = round(min(10.0, max(0.0, rng.gauss(mean, 1.6))), 1)
    ok = outcome is ScoreOutcome.OK
    reply = f"The instruction is followed, the rest is as it was.\n\nScore: {score if ok else '?'}"
    reasons = {ScoreOutcome.OK: "", ScoreOutcome.NOT_EDITED: "there is no edited image"}
    return ScoreResult(
        id=sample.id,
        index=sample.index,
        category=sample.category,
        outcome=outcome,
        reason=reasons.get(outcome) or ("" if ok else text("no score", sample.index)),
        score=score if ok else None,
        reply=text(reply, sample.index) if asked else None,
        rubric=text("general", sample.index) if asked else "",
        minimum=0.0 if asked else None,
        maximum=10.0 if asked else None,
        score_by="text",
        seconds=round(rng.uniform(0.5, 1.5), 3),
        attempt=1 if asked else 0,
        worker="score-0" if asked else "",
        key="1" * 32 if asked else "",
    )


def _plain(sample: Sample) -> dict[str, object]:
    return {name: getattr(sample, name) for name in Sample.__dataclass_fields__}


def _write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(f"{dump_json(row)}\n")


def _manifest(samples: Sequence[Sample], text: Callable[[str, int], str]) -> dict[str, object]:
    return {
        "format": {"major": 1, "minor": 0},
        "run_id": RUN_ID,
        "status": "finished",
        "started": "2026-11-23T03:10:35.000000Z",
        "argv": ["editgauge", "run", text("photos.yaml", 0)],
        "config": {"name": "made-up", "edit": {"type": "sleeping", "note": text("none", 0)}},
        "rubrics": [{"name": text("general", 0), "system": "", "prompt": text("Judge it.", 0)}],
        "seed": 42,
        "seed_of_sample": "seed + index",
        "versions": {"editgauge": "0.1.0", "python": text("3.11.7", 0)},
        "dataset": {"samples": len(samples), "rows": len(samples), "skipped": 0},
        "environments": [],
    }
