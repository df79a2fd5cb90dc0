"""What a model class and what it gives back have to be; checked in the worker.

Standard library only: this module is imported in workers of any Python environment.
"""

import importlib
import math
import sys
from collections.abc import Sequence
from typing import Any


def _import_target(target: str) -> Any:
    module, _, name = target.partition(":")
    value: Any = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def import_model(target: str, stage: str) -> Any:
    """Return the model class that a target names.

    Raises:
        Exception: whatever importing it raises, and TypeError if it is no model of the stage.
    """
    from editgauge.core.models import EditModel, RewardModel

    base = EditModel if stage == "edit" else RewardModel
    found = _import_target(target)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise TypeError(f"{target} should be a subclass of editgauge.{base.__name__}, not {found}")
    # Without them, it would be found only once the stage begins.
    missing = sorted(found.__abstractmethods__)
    if missing:
        raise TypeError(
            f"{target} has no {' and no '.join(f'method {name!r}' for name in missing)}"
        )
    return found


def check_pillow() -> None:
    """Check that this environment can read and write images, before any model is asked.

    Raises:
        ImportError: Pillow is not installed here, or cannot be imported.
    """
    try:
        # Its part in C, too: it fails by itself where a package was built for another Python.
        importlib.import_module("PIL._imaging")
        importlib.import_module("PIL.Image")
    except Exception as error:
        raise ImportError(
            f"{sys.executable} cannot import Pillow, which reads and writes the images of every "
            f"worker ({type(error).__name__}: {error}); install it there: {sys.executable} -m pip "
            "install pillow"
        ) from error


def check_details(details: Any, model: Any) -> dict[str, Any]:
    """Return what `describe` gave, if it can go into the manifest.

    Raises:
        TypeError: it is no dict of plain values.
        ValueError: a number is not finite.
    """
    name = f"{type(model).__name__}.describe"
    if not isinstance(details, dict):
        raise TypeError(f"{name} should return a dict, not {type(details).__name__}")
    for key, value in details.items():
        # Subclasses too, such as those of NumPy, whose JSON is not theirs.
        if type(value) not in (str, int, float, bool):
            raise TypeError(
                f"{name} should return str, int, float and bool only, but {key!r} is "
                f"{type(value).__module__}.{type(value).__qualname__}"
                "; make it one of them"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} should return finite numbers, but {key!r} is {value}")
    return {str(key): value for key, value in details.items()}


def check_fingerprint(fingerprint: Any, model_class: Any) -> str:
    """Return what `fingerprint` gave.

    Raises:
        TypeError: it is no text.
    """
    if not isinstance(fingerprint, str):
        raise TypeError(
            f"{model_class.__name__}.fingerprint should return str, not "
            f"{type(fingerprint).__name__}"
        )
    return fingerprint


def check_same_model(model_class: Any, config: Any, expected: str | None) -> None:
    """Check that the files of a model are those that the run's results are keyed by.

    Args:
        model_class: the model's class.
        config: its configuration.
        expected: what `fingerprint` returned when the run began; None to check nothing.

    Raises:
        ValueError: they are others now.
    """
    if expected is None:
        return
    found = check_fingerprint(model_class.fingerprint(config), model_class)
    if found != expected:
        raise ValueError(
            f"the model's files are not those that this run began with ({expected!r} then, "
            f"{found!r} now), so its results would be mixed with others; put them back, or, for a "
            "model on the hub, give that commit as its revision"
        )


def check_number(replies: Sequence[Any], requests: Sequence[Any], model: Any) -> None:
    """Check that there is one reply per request.

    Raises:
        ValueError: there is not.
    """
    if len(replies) != len(requests):
        raise ValueError(
            f"{type(model).__name__}.score should return one reply per request: "
            f"{len(requests)} were expected, {len(replies)} came"
        )


def check_image(image: Any, model: Any) -> None:
    """Check what `edit` gave.

    Raises:
        TypeError: it is no image.
    """
    from PIL.Image import Image

    if not isinstance(image, Image):
        raise TypeError(
            f"{type(model).__name__}.edit should return a PIL image, not {type(image).__name__}"
        )


def reply_fields(reply: Any) -> dict[str, Any]:
    """Return a reply as a frame holds it.

    Raises:
        TypeError: it is no reply, or its text is none.
    """
    from editgauge.core.models import Reply

    if not isinstance(reply, Reply):
        raise TypeError(f"a reply should be an editgauge.Reply, not {type(reply).__name__}")
    if not isinstance(reply.text, str):
        raise TypeError(f"the text of a reply should be str, not {type(reply.text).__name__}")
    value = None if reply.value is None else float(reply.value)
    # JSON has no NaN: the parent reads the text form and gives the sample no score.
    return {
        "text": reply.text,
        "truncated": bool(reply.truncated),
        "value": value if value is None or math.isfinite(value) else str(value),
    }
