"""What users may set. Only the parent imports this file."""

from typing import Annotated, Literal

import editgauge

CONSISTENCY_PROMPT = """\
You judge how well a picture was edited by an instruction.
{images}

Instruction: {instruction}

Give two whole numbers from 0 to 10:
1. success: 10 if everything that was asked for was done, 0 if nothing of it was.
2. restraint: 10 if nothing was changed that the instruction does not ask for, 0 if the result is \
another picture.

Answer with JSON and nothing else: {"reasoning": "...", "score": [success, restraint]}"""

QUALITY_PROMPT = """\
You judge the quality of a picture that a program made. What it was made for does not matter.

Give two whole numbers from 0 to 10:
1. naturalness: 10 if light, shadows, perspective and distances are those of a real picture, 0 if \
the scene looks wrong throughout.
2. cleanness: 10 if there are no artefacts (distortions, seams, smears, odd hands and faces, \
unreadable text), 0 if they are everywhere.

Answer with JSON and nothing else: {"reasoning": "...", "score": [naturalness, cleanness]}"""


class GEditBenchConfig(editgauge.DatasetConfig):
    """What may stand in a config under `dataset`."""

    type: Literal["gedit-bench"]
    """Name of the dataset."""

    path: Annotated[str, editgauge.Field(min_length=1, max_length=4096)]
    """A parquet file, or a folder with parquet files in it, taken in the order of their names."""

    language: Literal["en", "cn", "both"] = "en"
    """Language of the instructions."""

    image: Literal["input_image_raw", "input_image"] = "input_image_raw"
    """Column of the source image: as it was given, or as the benchmark resized it."""

    intersection_only: bool = False
    """Only rows with `Intersection_exist`: those that every published model has an edit of."""


class GEditJudgeConfig(editgauge.RewardModelConfig):
    """What may stand in a config under `reward`."""

    type: Literal["gedit-judge"]
    """Name of the reward model."""

    base_url: Annotated[str, editgauge.Field(pattern=r"^https?://[^\s@]+$")]
    """Address of an OpenAI-compatible server, with its `/v1`, without a password."""

    model: Annotated[str, editgauge.Field(min_length=1)]
    """Name of the model there."""

    key_variable: Annotated[str, editgauge.Field(min_length=1)] = "OPENAI_API_KEY"
    """Environment variable with the key, if the server wants one; name it in
    `workers.pass_env`, too."""

    concurrency: Annotated[int, editgauge.Field(ge=1, le=256), editgauge.SAME_RESULTS] = 4
    """Samples of a batch that are asked about at a time."""

    timeout: Annotated[float, editgauge.Field(gt=0), editgauge.SAME_RESULTS] = 120.0
    """Seconds that one answer may take."""

    max_tokens: Annotated[int, editgauge.Field(ge=16)] = 1024
    """Longest answer."""

    quality_prompt: Annotated[str, editgauge.Field(min_length=1)] = QUALITY_PROMPT
    """What is asked about the edited image alone, for PQ. What is asked for SC is the rubric."""

    rubric: editgauge.RubricConfig = editgauge.RubricConfig(
        name="gedit", prompt=CONSISTENCY_PROMPT, answer="", maximum=10.0
    )
    """What is asked about source and edited image, for SC; `answer` stays empty."""

    score_by: Literal["text"] = "text"
    """It reads answers in words only."""

    judge_images: Literal["both"] = "both"
    """SC needs the source image."""


class GEditTableConfig(editgauge.ReporterConfig):
    """What may stand in a config under `reporters`: nothing, so far."""
