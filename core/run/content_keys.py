"""Content keys: a digest of everything that a row's result depends on, stored with the row.

A finished row still holds as long as its key is what would be computed now. Keys are the first 32
hexadecimal digits of the SHA-256 of canonical JSON. Secrets are left out: they have no part in what
comes out, and a digest of a short one would tell it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from editgauge.config_schemas.base import SAME_RESULTS
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.images import ImageError, file_digest
from editgauge.core.judging.rubrics import ImageRole, RubricBook, render
from editgauge.core.outcomes import Stage
from editgauge.core.run.results import EditResult
from editgauge.core.samples import Sample

KEY_LENGTH = 32
"""Hexadecimal digits of a key: 128 bits."""

UNREADABLE = "unreadable"
"""Stands for the digest of a source image that cannot be read."""


class ContentKeys:
    """Computes the content keys of one run."""

    def __init__(
        self,
        *,
        seed: int,
        edit: EditModelConfig,
        reward: RewardModelConfig | None,
        rubrics: RubricBook | None,
        fingerprints: Mapping[Stage, str],
    ) -> None:
        """Take what all samples share.

        Args:
            seed: the run's seed.
            edit: how to edit.
            reward: how to judge, or None.
            rubrics: what to ask, or None without a judge.
            fingerprints: what the models' `fingerprint` returned.
        """
        self._seed = seed
        self._rubrics = rubrics
        self._reward = reward
        self._edit_shared = {
            "stage": "edit",
            "model": edit_settings(edit),
            "fingerprint": fingerprints.get(Stage.EDIT, ""),
        }
        self._score_shared = {
            "stage": "score",
            "model": {} if reward is None else reward_settings(reward),
            "fingerprint": fingerprints.get(Stage.SCORE, ""),
        }

    def of_edit(self, sample: Sample | EditResult, sources: Sequence[str]) -> str:
        """Return the key of an edit.

        Args:
            sample: what is edited; a row names its sample, too.
            sources: SHA-256 of each source image's file.
        """
        return _digest(
            self._edit_shared
            | {
                "sources": list(sources),
                "instruction": sample.instruction,
                "seed": self._seed + sample.index,
            }
        )

    def question(self, sample: Sample) -> tuple[str, tuple[ImageRole, ...]]:
        """Return the digest of what a judge is asked about a sample, and which images it sees.

        Raises:
            RuntimeError: the run has no judge.
        """
        if self._rubrics is None or self._reward is None:
            raise RuntimeError("a run without a reward model asks nothing")
        rubric = self._rubrics.for_category(sample.category)
        prompt = render(
            rubric,
            sample,
            judge_images=self._reward.judge_images,
            score_by=self._reward.score_by,
        )
        digest = _digest(
            self._score_shared
            | {
                "system": prompt.system,
                "prompt": prompt.prompt,
                "labels": list(prompt.labels),
                "values": list(prompt.values),
                "images": list(prompt.images),
                "parser": rubric.parser,
                "range": [rubric.minimum, rubric.maximum],
                "list_length": rubric.list_length,
            }
        )
        return digest, prompt.images

    def of_score(self, sample: Sample, images: Sequence[str]) -> str:
        """Return the key of a judgement.

        Args:
            sample: what is judged.
            images: SHA-256 of each image file that the judge sees, in that order.
        """
        return score_key(self.question(sample)[0], images)


def score_key(question: str, images: Sequence[str]) -> str:
    """Return the key of a judgement of images, given the digest of `ContentKeys.question`."""
    return _digest({"question": question, "images": list(images)})


def seen_images(roles: Sequence[ImageRole], sources: Sequence[str], edited: str) -> tuple[str, ...]:
    """Return what a judge sees, in the order of its rubric: paths, or their digests."""
    seen: list[str] = []
    for role in roles:
        seen += sources if role == "source" else [edited]
    return tuple(seen)


def edit_settings(config: EditModelConfig) -> dict[str, Any]:
    """Return the settings of the edit model that change what comes out of it, as JSON data."""
    return _settings(config)


def reward_settings(config: RewardModelConfig) -> dict[str, Any]:
    """Return the settings of the reward model that change what comes out of it, as JSON data.

    Rubrics are left out: each judgement depends on its own one.
    """
    settings = _settings(config)
    for name in ("rubric", "rubrics"):
        settings.pop(name, None)
    return settings


def _settings(model: BaseModel) -> dict[str, Any]:
    plain: dict[str, Any] = _without_neutral(model, model.model_dump(mode="json"))
    return plain


def _without_neutral(value: Any, plain: Any) -> Any:
    """Return `plain`, the JSON of `value`, without secrets and the fields marked `SAME_RESULTS`."""
    if isinstance(value, (SecretStr, SecretBytes)):
        return None
    if isinstance(value, BaseModel):
        return {
            name: _without_neutral(getattr(value, name, None), item)
            for name, item in plain.items()
            if not _is_neutral(type(value), name)
        }
    if isinstance(value, (set, frozenset)) and isinstance(plain, list):
        # Its order is another one in each process.
        return sorted(plain, key=json.dumps)
    if isinstance(value, (list, tuple)) and isinstance(plain, list):
        return [_without_neutral(*pair) for pair in zip(value, plain, strict=True)]
    if isinstance(value, dict) and isinstance(plain, dict):
        # JSON's keys are text, Python's need not be; their order is the same.
        return {
            key: _without_neutral(item, below)
            for item, (key, below) in zip(value.values(), plain.items(), strict=True)
        }
    return plain


def _is_neutral(model: type[BaseModel], name: str) -> bool:
    """Return whether a field is marked, by its class or one that the class inherits from."""
    return any(
        SAME_RESULTS in base.model_fields[name].metadata
        for base in model.__mro__
        if issubclass(base, BaseModel) and name in base.model_fields
    )


def digest_or_reason(path: str) -> str:
    """Return the SHA-256 of an image's file, or a text that stands for one that cannot be read."""
    try:
        return file_digest(path)
    except ImageError:
        return UNREADABLE


def digests_of_frame(value: Any, number: int) -> tuple[str, ...]:
    """Return the digests that a worker names, one for each image that it read.

    Raises:
        TypeError: it is no list.
        ValueError: their number is wrong.
    """
    digests = tuple(str(item) for item in value)
    if len(digests) != number:
        raise ValueError(f"{len(digests)} digests for {number} images")
    return digests


def _digest(data: dict[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:KEY_LENGTH]
