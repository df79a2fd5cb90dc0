"""Binds devices to a worker through its environment, before anything is imported there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_VISIBLE = "CUDA_VISIBLE_DEVICES"


class DeviceError(ValueError):
    """A configured device does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The devices of one worker.

    Attributes:
        devices: as configured, one or a group.
        torch_device: what the model gets: `cpu`, `mps`, `cuda:0`, or `cuda` for a group.
        environment: variables that make these devices the only ones.
    """

    devices: tuple[str, ...]
    torch_device: str
    environment: Mapping[str, str]


def bind(devices: Sequence[str], environ: Mapping[str, str]) -> Binding:
    """Return the binding of a worker to devices.

    `cuda:N` is the N-th device of the parent's CUDA_VISIBLE_DEVICES (indices or UUIDs), or the
    N-th of the machine where that is not set.

    Raises:
        DeviceError: the parent's CUDA_VISIBLE_DEVICES allows fewer devices.
    """
    if not devices[0].startswith("cuda"):
        hidden = {_VISIBLE: ""} if devices[0] == "cpu" else {}
        return Binding(devices=tuple(devices), torch_device=devices[0], environment=hidden)
    allowed = visible_devices(environ)
    chosen = []
    for device in devices:
        number = int(device.removeprefix("cuda:"))
        if allowed is None:
            chosen.append(str(number))
        elif number < len(allowed):
            chosen.append(allowed[number])
        else:
            raise DeviceError(
                f"there is no {device}: CUDA_VISIBLE_DEVICES={environ[_VISIBLE]!r} allows "
                f"{len(allowed)} device(s), numbered from cuda:0"
            )
    return Binding(
        devices=tuple(devices),
        torch_device="cuda:0" if len(devices) == 1 else "cuda",
        environment={_VISIBLE: ",".join(chosen)},
    )


def visible_devices(environ: Mapping[str, str]) -> list[str] | None:
    """Return the entries of CUDA_VISIBLE_DEVICES, or None if it is not set.

    As CUDA does, the list ends at the first entry that is `-1`; UUIDs may be shortened.
    """
    value = environ.get(_VISIBLE)
    if value is None:
        return None
    entries: list[str] = []
    for entry in (part.strip() for part in value.split(",")):
        if not entry or entry == "-1":
            break
        entries.append(entry)
    return entries


def choose_devices(
    configured: str | Sequence[str | Sequence[str]], found: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return one group of devices per worker.

    Args:
        configured: `auto`, or the list of the configuration.
        found: what the worker's own Python sees; with `auto`, each CUDA device gets a worker,
            and where there is none, one worker runs on the first device found.

    Raises:
        DeviceError: a configured CUDA device was not found.
    """
    if isinstance(configured, str):
        cuda = [device for device in found if device.startswith("cuda")]
        return [(device,) for device in (cuda or list(found[:1]) or ["cpu"])]
    groups = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in configured]
    for device in (device for group in groups for device in group):
        if device.startswith("cuda") and device not in found:
            raise DeviceError(
                f"there is no {device}: the worker's Python sees {', '.join(found) or 'none'}"
            )
    return groups
