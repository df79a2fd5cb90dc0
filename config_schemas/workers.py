"""Where a model runs: the same for every model."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from editgauge.config_schemas.base import ConfigModel, Name, PositiveInt, Seconds

_DEVICE = re.compile(r"cpu|mps|cuda:(0|[1-9]\d{0,3})")


def _check_device(device: str) -> str:
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"a device is 'cpu', 'mps' or 'cuda:N' with N from 0, not {device!r}")
    return device


Device = Annotated[str, AfterValidator(_check_device)]


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SET_BY_US = ("CUDA_VISIBLE_DEVICES", "DIFFUSERS_DISABLE_REMOTE_CODE")


def _check_passed(pattern: str) -> str:
    if not pattern or not _VARIABLE.fullmatch(pattern.removesuffix("*") or "_"):
        hint = "; values belong into 'env'" if "=" in pattern else ""
        raise ValueError(
            f"a variable is named as in 'AWS_REGION', or several as in 'AWS_*'{hint}, "
            f"not {pattern.partition('=')[0]!r}"
        )
    return pattern


def _check_set(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"a variable has a name as in 'VLLM_USE_V1', not {name!r}")
    if name in _SET_BY_US or name.startswith("EDITGAUGE_"):
        raise ValueError(
            f"{name} is set for every worker by editgauge; leave it out"
            + (" and choose 'devices'" if name == "CUDA_VISIBLE_DEVICES" else "")
        )
    return name


class WorkersConfig(ConfigModel):
    """One worker process per entry of `devices`, each with a model of its own."""

    devices: Literal["auto"] | list[Device | Annotated[list[Device], Field(min_length=1)]] = "auto"
    """`auto` (every CUDA device that the worker's Python sees, else one CPU worker), or a list with
    one entry per worker: a device (`cuda:0`, `cpu`, `mps`) or a list of CUDA devices for a model
    that is split over them. `cuda:N` counts within CUDA_VISIBLE_DEVICES."""

    python: Name | None = None
    """Interpreter of another Python environment (3.10 or later), by path or by name on PATH."""

    conda_env: Name | None = None
    """Conda environment by name or path, instead of `python`."""

    threads: PositiveInt | None = None
    """CPU threads per worker; default 1 on the CPU, the libraries' own choice on a GPU."""

    pass_env: list[Annotated[str, AfterValidator(_check_passed)]] = Field(default=[])
    """Names of further environment variables that workers get, or prefixes that end in `*`."""

    env: dict[Annotated[str, AfterValidator(_check_set)], SecretStr] = Field(default={})
    """Environment variables set for workers. Values are treated as secrets: masked in the record
    of the run and in whatever workers write."""

    start_timeout: Seconds = 1800.0
    """Seconds that a worker has to start and load its model."""

    request_timeout: Seconds = 900.0
    """Seconds that a worker has to answer a request (an edit, or a batch to score)."""

    max_restarts: Annotated[int, Field(ge=0)] = 3
    """How often a worker may be lost in a row and be replaced; a sample that leaves the stage at
    it, whatever its outcome, begins a new row. A worker that is lost more often is given up."""

    restart_pause: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Seconds before a lost worker is started again; doubled with each further loss in a row, up
    to 60."""

    parallel_loads: PositiveInt = 1
    """How many workers may load their model at the same time."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.python is not None and self.conda_env is not None:
            raise ValueError("give 'python' or 'conda_env', not both")
        for name, value in self.env.items():
            if "\0" in value.get_secret_value():
                raise ValueError(f"the value of {name} in 'env' has a NUL character")
        if isinstance(self.devices, list):
            if not self.devices:
                raise ValueError("'devices' should have at least one entry, or be 'auto'")
            for entry in self.devices:
                if isinstance(entry, list) and len(entry) > 1:
                    _check_group(entry)
        return self


def _check_group(group: list[str]) -> None:
    if any(not device.startswith("cuda:") for device in group):
        raise ValueError(f"a group of devices is made of 'cuda:N' only, got {group}")
    if len(set(group)) != len(group):
        raise ValueError(f"a group of devices names each device once, got {group}")
