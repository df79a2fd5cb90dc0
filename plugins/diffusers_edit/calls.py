"""Finds a pipeline class of diffusers and what its call takes, without loading anything."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from editgauge import Config
from editgauge.plugins.diffusers_pipelines.levers import did_you_mean
from editgauge.plugins.diffusers_pipelines.safe_diffusers import diffusers

_USUAL_NAMES = {
    "image": ("image", "images", "input_image", "input_images", "init_image"),
    "instruction": ("prompt", "instruction", "text"),
    "steps": ("num_inference_steps", "steps"),
    "seed": ("generator",),
}
_WHAT = {
    "image": "the source image",
    "instruction": "the instruction",
    "steps": "the number of steps",
    "seed": "random numbers",
}
STEP_CALLBACK, OUTPUT_TYPE = "callback_on_step_end", "output_type"

_SET_BY_EDITGAUGE = {
    STEP_CALLBACK,
    "callback_on_step_end_tensor_inputs",
    OUTPUT_TYPE,
    "return_dict",
    "num_images_per_prompt",
}


class PipelineError(ValueError):
    """The configuration names a pipeline or an argument that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How a pipeline is called.

    Attributes:
        image: the argument for the source image.
        instruction: the argument for the instruction.
        steps: the argument for the number of steps, or None.
        seed: the argument for random numbers.
        reports_steps: whether it takes a function to be called at the end of each step.
        chooses_output: whether it can be asked for numbers instead of a finished picture.
    """

    image: str
    instruction: str
    steps: str | None
    seed: str
    reports_steps: bool
    chooses_output: bool


def find_pipeline_class(name: str) -> Any:
    """Return a pipeline class that diffusers exports under this name.

    Raises:
        PipelineError: there is none, or it needs a package that is not installed here.
    """
    known = [known for known in dir(diffusers) if known.endswith("Pipeline")]
    found = getattr(diffusers, name) if name in dir(diffusers) else None
    if missing := getattr(found, "_backends", None):
        raise PipelineError(f"{name!r} of diffusers needs here: {', '.join(missing)}")
    if (
        not isinstance(found, type)
        or not issubclass(found, diffusers.DiffusionPipeline)
        or found is diffusers.DiffusionPipeline
    ):
        raise PipelineError(
            f"'pipeline' should name a pipeline class that diffusers {diffusers.__version__} "
            f"exports, like 'StableDiffusionInstructPix2PixPipeline', not {name!r}."
            f"{did_you_mean(name, known)}"
        )
    return found


def find_call(pipeline: Any, config: Config) -> Call:
    """Return how a pipeline class is called, with the names that the configuration gives.

    Args:
        pipeline: the class.
        config: with `names`, `arguments` and `steps`.

    Raises:
        PipelineError: an argument does not exist, is missing, or is given twice; says which, and
            what the class takes.
    """
    taken = {
        name: argument
        for name, argument in inspect.signature(pipeline.__call__).parameters.items()
        if name != "self" and argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
    }
    takes = f"{pipeline.__name__} takes: {', '.join(taken)}"
    names = {
        role: _argument_for(role, getattr(config.names, role), taken, takes)
        for role in _USUAL_NAMES
    }
    for role, name in names.items():
        if name is None and (role != "steps" or config.steps is not None):
            raise PipelineError(
                f"no argument for {_WHAT[role]} is found; give it as 'names.{role}', or take "
                f"another pipeline. {takes}"
            )
    chosen = [name for name in names.values() if name is not None]
    if twice := [name for name in chosen if chosen.count(name) > 1]:
        raise PipelineError(f"names: {twice[0]!r} cannot take both of what it is named for")
    _check_arguments(vars(config.arguments), taken, {*names.values(), *_SET_BY_EDITGAUGE}, takes)
    given = {*names.values(), *vars(config.arguments)}
    needed = [name for name, argument in taken.items() if argument.default is argument.empty]
    if missing := [name for name in needed if name not in given]:
        raise PipelineError(
            f"{pipeline.__name__} cannot be called without {missing[0]!r}; give it in 'arguments'"
        )
    return Call(
        image=str(names["image"]),
        instruction=str(names["instruction"]),
        steps=names["steps"],
        seed=str(names["seed"]),
        reports_steps=STEP_CALLBACK in taken,
        chooses_output=OUTPUT_TYPE in taken,
    )


def _argument_for(
    role: str, chosen: str | None, taken: Mapping[str, Any], takes: str
) -> str | None:
    if chosen is None:
        return next((name for name in _USUAL_NAMES[role] if name in taken), None)
    if chosen not in taken:
        raise PipelineError(
            f"names.{role}: there is no argument {chosen!r}.{did_you_mean(chosen, taken)} {takes}"
        )
    return chosen


def _check_arguments(
    arguments: Iterable[str], taken: Mapping[str, Any], reserved: set[str | None], takes: str
) -> None:
    for name in arguments:
        if name not in taken:
            raise PipelineError(
                f"arguments: there is no {name!r}.{did_you_mean(name, taken)} {takes}"
            )
        if name in reserved:
            raise PipelineError(f"arguments: {name!r} is set by editgauge for each sample")
