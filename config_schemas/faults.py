"""Configuration of the edit model and the reward model `faults`, which go wrong on purpose."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_validator,
)

from editgauge.config_schemas.base import SAME_RESULTS, ConfigModel, PositiveInt, Seconds
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig

_OPTIONS: dict[str, tuple[str, ...]] = {
    "message": ("raise",),
    "code": ("exit",),
    "signal": ("kill",),
    "seconds": ("hang", "hang_in_c"),
    "megabytes": ("print",),
    "breach": ("break_protocol",),
}
"""Options that only some faults have."""


class FaultConfig(ConfigModel):
    """What both kinds of faults share."""

    do: Literal[
        "raise",
        "exit",
        "kill",
        "hang",
        "hang_in_c",
        "stop",
        "print",
        "break_protocol",
        "out_of_memory",
        "illegal_memory_access",
    ]
    """What happens; see docs/faults.md."""

    times: PositiveInt | None = 1
    """How many times in the run, resumed parts included; null: always. With a `chance` below 1 the
    default is null."""

    chance: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the occasions on which it happens, drawn from `chance_seed`, the entry, the sample
    (or worker) and the number of the attempt."""

    message: Annotated[str, Field(min_length=1)] | None = None
    """With `raise`: what the error says."""

    code: Annotated[int, Field(ge=0, le=255)] | None = None
    """With `exit`: the exit code; default 1."""

    signal: (
        Literal[
            "SIGKILL",
            "SIGTERM",
            "SIGINT",
            "SIGHUP",
            "SIGQUIT",
            "SIGABRT",
            "SIGSEGV",
            "SIGBUS",
            "SIGFPE",
            "SIGILL",
            "SIGPIPE",
            "SIGXCPU",
            "SIGUSR1",
            "SIGUSR2",
        ]
        | None
    ) = None
    """With `kill`: the signal that the worker sends to itself; default SIGKILL."""

    seconds: Seconds | None = None
    """With `hang` and `hang_in_c`: how long, after which the work goes on; default: for ever."""

    megabytes: Annotated[float, Field(gt=0, le=1024)] | None = None
    """With `print`: how much; default 1."""

    breach: Literal["garbage", "huge_length", "half_frame", "not_json", "wrong_kind"] | None = None
    """With `break_protocol`: what is written to the channel; default `garbage`."""

    @model_validator(mode="before")
    @classmethod
    def _draw_without_end(cls, data: Any) -> Any:
        if isinstance(data, dict) and "times" not in data and data.get("chance", 1) != 1:
            return data | {"times": None}
        return data

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for option, owners in _OPTIONS.items():
            if getattr(self, option) is not None and self.do not in owners:
                raise ValueError(
                    f"{option!r} goes with 'do: {' or '.join(owners)}', not with {self.do!r}"
                )
        return self


class EditFaultConfig(FaultConfig):
    """A fault of an edit worker."""

    phase: Literal["load", "edit", "shutdown"] = "edit"
    """When: while the model is loaded, during an edit, or when the worker is asked to end."""

    worker: Annotated[str, Field(pattern=r"^edit-(0|[1-9][0-9]*)$")] | None = None
    """Only in this worker, such as `edit-1`; default: any."""

    sample: Annotated[str, Field(min_length=1)] | None = None
    """Only at the sample with this id; default: any."""

    at_step: PositiveInt | None = None
    """Once so many steps of the edit are done, or all of them if they are fewer; default: before
    the first one."""

    @model_validator(mode="after")
    def _check_phase(self) -> Self:
        _check_sample(self.phase, self.sample)
        if self.at_step is not None and self.phase != "edit":
            raise ValueError(f"'at_step' goes with 'phase: edit', not with {self.phase!r}")
        return self


class RewardFaultConfig(FaultConfig):
    """A fault of a judge's worker."""

    phase: Literal["load", "score", "shutdown"] = "score"
    """When: while the model is loaded, just before a sample's reply, or when the worker is asked to
    end."""

    worker: Annotated[str, Field(pattern=r"^score-(0|[1-9][0-9]*)$")] | None = None
    """Only in this worker, such as `score-0`; default: any."""

    sample: Annotated[str, Field(min_length=1)] | None = None
    """Only at the sample with this id; default: any."""

    @model_validator(mode="after")
    def _check_phase(self) -> Self:
        _check_sample(self.phase, self.sample)
        return self


class FaultyEditConfig(EditModelConfig):
    """Configuration of the edit model `faults`: goes wrong as it is told, for rehearsals."""

    type: Literal["faults"]
    """Registered name of the edit model."""

    of: SerializeAsAny[EditModelConfig] | None = None
    """The model that goes wrong: `type` and keys of any other edit model. What every edit model has
    stands beside `of`. Default: a light one that needs no GPU."""

    faults: Annotated[list[EditFaultConfig], SAME_RESULTS] = Field(default=[])
    """What goes wrong, where and how often."""

    chance_seed: Annotated[int, Field(ge=0), SAME_RESULTS] = 0
    """Seed of every `chance`."""

    steps: Annotated[PositiveInt | None, SAME_RESULTS] = None
    """Steps that an edit of the light model announces; default 4."""

    step_seconds: Annotated[float | None, Field(ge=0), SAME_RESULTS] = None
    """Seconds that each of them sleeps; default 0."""

    @field_serializer("of", mode="wrap")
    def _once(self, of: Any, plain: SerializerFunctionWrapHandler) -> Any:
        return _without(plain(of), EditModelConfig)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_listed_workers(self)
        _check_light_options(self, self.of, ("steps", "step_seconds"))
        return self

    def check_workers(self, number: int) -> None:
        """Check that faults name workers that there are, and let the model inside check."""
        _check_worker_names(self, number)


class FaultyRewardConfig(RewardModelConfig):
    """Configuration of the reward model `faults`: goes wrong as it is told, for rehearsals."""

    type: Literal["faults"]
    """Registered name of the reward model."""

    of: SerializeAsAny[RewardModelConfig] | None = None
    """The model that goes wrong: `type` and keys of any other reward model. What every reward model
    has stands beside `of`. Default: a light one that needs no GPU."""

    faults: Annotated[list[RewardFaultConfig], SAME_RESULTS] = Field(default=[])
    """What goes wrong, where and how often."""

    chance_seed: Annotated[int, Field(ge=0), SAME_RESULTS] = 0
    """Seed of every `chance`."""

    seconds: Annotated[float | None, Field(ge=0), SAME_RESULTS] = None
    """Seconds that each judgement of the light model sleeps; default 0."""

    @field_serializer("of", mode="wrap")
    def _once(self, of: Any, plain: SerializerFunctionWrapHandler) -> Any:
        return _without(plain(of), RewardModelConfig)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_listed_workers(self)
        _check_light_options(self, self.of, ("seconds",))
        return self

    def check_workers(self, number: int) -> None:
        """Check that faults name workers that there are, and let the model inside check."""
        _check_worker_names(self, number)


def _without(plain: Any, base: type[ConfigModel]) -> Any:
    """Leave out of the model inside what stands beside it."""
    if not isinstance(plain, dict):
        return plain
    return {key: plain[key] for key in plain if key == "type" or key not in base.model_fields}


def _check_light_options(config: ConfigModel, of: object, names: tuple[str, ...]) -> None:
    for name in names:
        if of is not None and getattr(config, name) is not None:
            raise ValueError(f"{name!r} is for the light model; with 'of', leave it out")


def _check_sample(phase: str, sample: str | None) -> None:
    if sample is not None and phase in ("load", "shutdown"):
        raise ValueError(
            f"a fault with 'phase: {phase}' belongs to no sample; leave out 'sample', or choose a "
            "'worker'"
        )


def _check_listed_workers(config: FaultyEditConfig | FaultyRewardConfig) -> None:
    if config.workers.devices != "auto":
        config.check_workers(len(config.workers.devices))


def _check_worker_names(config: FaultyEditConfig | FaultyRewardConfig, number: int) -> None:
    for fault in config.faults:
        stage, _, place = (fault.worker or "").partition("-")
        if stage and int(place) >= number:
            last = f" to '{stage}-{number - 1}'" if number > 1 else ""
            raise ValueError(
                f"a fault names the worker {fault.worker!r}, but 'workers.devices' makes "
                f"{number}: '{stage}-0'{last}"
            )
    if config.of is not None:
        config.of.check_workers(number)
