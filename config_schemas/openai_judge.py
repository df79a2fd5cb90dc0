"""Configuration of the reward model `openai`."""

import math
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, SecretStr, model_validator

from editgauge.config_schemas.base import SAME_RESULTS, Name, PositiveInt, Seconds
from editgauge.config_schemas.models import RewardModelConfig
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.config_schemas.workers import Device, WorkersConfig

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OF_OPTIONS = {
    "model": "model",
    "messages": "rubric",
    "stream": "stream",
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "seed": "seed",
    "logprobs": "score_by",
    "top_logprobs": "top_logprobs",
    "response_format": "structured_output",
    "n": "batch_size",
}
"""Fields of a request that belong to options of their own."""


def _check_base_url(url: str) -> str:
    # Nothing of the address is quoted: a password may be in it.
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("should be an address like 'http://127.0.0.1:8000/v1'") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be an address like 'http://127.0.0.1:8000/v1'")
    if "@" in parts.netloc:
        raise ValueError("should hold no user or password; give a key as 'api_key' or in 'headers'")
    if parts.query or parts.fragment:
        raise ValueError("should end in a path, such as '/v1', without '?' and '#'")
    return url.rstrip("/")


def _check_variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError("should be the name of an environment variable, like 'OPENAI_API_KEY'")
    return name


def _check_header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError("should be the name of an HTTP header, like 'X-Api-Key'")
    return name


class ServerWorkersConfig(WorkersConfig):
    """Where the requests are sent from: one worker without a GPU unless told otherwise."""

    devices: Literal["auto"] | list[Device | Annotated[list[Device], Field(min_length=1)]] = Field(
        default=["cpu"]
    )
    """One entry per worker, as for every model. One is enough: it sends `concurrency` requests at
    a time, and limits hold for each worker."""

    request_timeout: Seconds = 86_400.0
    """Seconds that a worker has for a batch. Every request has a limit of its own, so this one only
    ends a worker that hangs; it must be greater than a batch may take that is given up."""


class OpenAIJudgeConfig(RewardModelConfig):
    """Configuration of the reward model `openai`."""

    # Pydantic's own messages quote what was given, and the key may be part of it.
    model_config = ConfigDict(hide_input_in_errors=True)

    type: Literal["openai"]
    """Registered name of the reward model."""

    base_url: Annotated[str, AfterValidator(_check_base_url), SAME_RESULTS]
    """Address of the server's interface, to which `/chat/completions` and `/models` are added:
    `http://127.0.0.1:8000/v1`. Without user and password."""

    model: Name
    """The model's name at the server, as `/models` lists it."""

    api_key: SecretStr | None = None
    """The key; default: what the variable named by `api_key_variable` holds, and none if it is not
    set."""

    api_key_variable: Annotated[str, AfterValidator(_check_variable), SAME_RESULTS] = (
        "OPENAI_API_KEY"
    )
    """Environment variable that the key is read from when the config is, if `api_key` is not
    given. The worker gets the key over its private channel and need not get the variable."""

    headers: dict[Annotated[str, AfterValidator(_check_header)], SecretStr] = Field(default={})
    """Further HTTP headers of each request. Values are treated as secrets."""

    check_server: Annotated[Literal["listed", "answers", "none"], SAME_RESULTS] = "listed"
    """What is looked at before the first stage: whether `/models` lists the model, whether the
    server answers there, or nothing."""

    workers: Annotated[ServerWorkersConfig, SAME_RESULTS] = ServerWorkersConfig()
    """Where the requests are sent from."""

    batch_size: Annotated[PositiveInt, SAME_RESULTS] = 16
    """Samples handed to the worker at a time."""

    concurrency: Annotated[PositiveInt, SAME_RESULTS] = 8
    """Requests that are under way at once, in each worker."""

    requests_per_minute: Annotated[Annotated[float, Field(gt=0)] | None, SAME_RESULTS] = None
    """Requests that each worker may begin in a minute, evenly spread, retries included; default:
    no limit."""

    timeout: Annotated[Seconds, SAME_RESULTS] = 120.0
    """Seconds that one request may take from its beginning to the end of its reply."""

    max_retries: Annotated[int, Field(ge=0), SAME_RESULTS] = 20
    """How often a request that failed may be sent again."""

    retry_pause: Annotated[float, Field(gt=0, le=60), SAME_RESULTS] = 0.5
    """Seconds before the first retry, doubled with each further one up to 60; up to half of it is
    taken off at random. A server that says how long to wait (`Retry-After`) is obeyed instead."""

    give_up_after: Annotated[Seconds, SAME_RESULTS] = 600.0
    """Seconds after which a sample is `failed`, whatever retries are left."""

    image_format: Literal["png", "jpeg"] = "png"
    """How images are sent."""

    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 95
    """Quality of JPEG images."""

    max_pixels: PositiveInt = 1024 * 1024
    """Larger images are made smaller, to so many pixels in total each."""

    max_edge: PositiveInt | None = None
    """Images with a longer edge are made smaller, to so many pixels along it."""

    detail: Literal["auto", "low", "high"] | None = None
    """How closely the server is asked to look at images; default: it is not asked."""

    max_tokens: PositiveInt = 512
    """Longest reply in tokens."""

    max_tokens_field: Annotated[Literal["max_tokens", "max_completion_tokens"], SAME_RESULTS] = (
        "max_tokens"
    )
    """What the server calls the longest reply; OpenAI's reasoning models want the second name."""

    temperature: Annotated[float, Field(ge=0)] | None = 0.0
    """Temperature of sampling; 0 takes the likeliest token, `null` leaves it to the server."""

    seed: int | None = None
    """Seed of the server's sampling; default: none is sent."""

    stream: Annotated[bool, SAME_RESULTS] = False
    """Take replies piece by piece, so that a proxy sees no idle connection."""

    structured_output: Literal["none", "json_object", "json_schema"] = "none"
    """Have the server keep replies to the form of JSON: any object, or one by a schema."""

    reply_schema: dict[str, JsonValue] | None = None
    """JSON Schema of replies with `structured_output: json_schema`; default: made from the rubric's
    parser and range, where the rubric is built in or written in the config."""

    top_logprobs: Annotated[int, Field(ge=1, le=100)] = 20
    """With `score_by: logprobs`: how many of the likeliest tokens the server is asked for."""

    extra_body: dict[str, JsonValue] = Field(default={})
    """Further fields of each request, for what only this server knows."""

    @model_validator(mode="before")
    @classmethod
    def _find_key(cls, values: Any) -> Any:
        """Read the key where the config is read, so that it is known as a secret everywhere."""
        if not isinstance(values, Mapping) or "api_key" in values:
            return values
        name = values.get("api_key_variable", "OPENAI_API_KEY")
        found = os.environ.get(name, "").strip() if isinstance(name, str) else ""
        return {**values, "api_key": found} if found else values

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_secrets()
        self._check_patience()
        if taken := sorted(set(self.extra_body) & set(_OF_OPTIONS)):
            raise ValueError(
                f"'extra_body' has {taken[0]!r}; set {_OF_OPTIONS[taken[0]]!r} instead"
            )
        if self.structured_output != "none" and self.score_by == "logprobs":
            raise ValueError(
                "'structured_output' belongs to 'score_by: text'; with 'logprobs' the answer is "
                "one letter"
            )
        if self.reply_schema is not None and self.structured_output != "json_schema":
            raise ValueError("'reply_schema' belongs to 'structured_output: json_schema'")
        if self.structured_output == "json_schema" and self.reply_schema is None:
            self._check_rubric_form()
        return self

    def _check_secrets(self) -> None:
        texts = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.api_key is not None:
            texts["api_key"] = self.api_key.get_secret_value()
        for name, text in texts.items():
            if not text or not text.isascii() or not text.isprintable() or text != text.strip():
                raise ValueError(
                    f"the value of {name!r} should be printable ASCII without spaces around it, "
                    "for it goes into an HTTP header"
                )

    def _check_patience(self) -> None:
        """A worker that is still waiting for the server must not be taken for one that hangs."""
        waves = math.ceil(self.batch_size / self.concurrency)
        needed = waves * self.give_up_after
        if needed >= self.workers.request_timeout:
            raise ValueError(
                f"a batch of {self.batch_size}, {self.concurrency} at a time, may take "
                f"{needed:g} s before it gives up ('give_up_after' is {self.give_up_after:g}), but "
                f"its worker is ended after {self.workers.request_timeout:g} s; raise "
                "'workers.request_timeout' or 'concurrency', or lower 'batch_size' or "
                "'give_up_after'"
            )

    def _check_rubric_form(self) -> None:
        for rubric in (self.rubric, *self.rubrics.values()):
            if isinstance(rubric, str) and ("/" in rubric or rubric.endswith((".yaml", ".yml"))):
                raise ValueError(
                    f"'structured_output: json_schema' needs a 'reply_schema' for the rubric file "
                    f"{rubric!r}; for one that is built in or written in the config it is made"
                )
        # Built-in rubrics, and a rubric that says nothing else, ask for one number from 0 to 10.
        plain = RubricConfig(prompt="x")
        forms = {
            (rubric.parser, rubric.list_length, rubric.minimum, rubric.maximum)
            for rubric in (
                plain if isinstance(given, str) else given
                for given in (self.rubric, *self.rubrics.values())
            )
        }
        if len(forms) > 1:
            raise ValueError(
                "'structured_output: json_schema' needs a 'reply_schema' where rubrics differ in "
                "parser or range"
            )
