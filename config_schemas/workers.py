"""Where a model runs: the same for every model."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from editgauge.config_schemas.base import ConfigModel, Name, PositiveInt, Seconds

_DEVICE = re.compile(r"cpu|mps|cuda:(0|[1-9]\d{0,3})")


def _check_device(device: str) -> str:
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"a device is 'cpu', 'mps' or 'cuda:N' with N from 0, not {device!r}")
    return device


Device = Annotated[str, AfterValidator(_check_device)]


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

    start_timeout: Seconds = 1800.0
    """Seconds that a worker has to start and load its model."""

    request_timeout: Seconds = 900.0
    """Seconds that a worker has to answer a request (an edit, or a batch to score)."""

    max_restarts: Annotated[int, Field(ge=0)] = 3
    """How many lost workers may be replaced in a stage."""

    parallel_loads: PositiveInt = 1
    """How many workers may load their model at the same time."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.python is not None and self.conda_env is not None:
            raise ValueError("give 'python' or 'conda_env', not both")
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
