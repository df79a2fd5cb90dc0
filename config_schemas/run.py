"""The configuration of a run, apart from what plugins bring."""

from typing import Annotated, Any, Literal

from pydantic import Field

from editgauge.config_schemas.base import ConfigModel, Name

Progress = Literal["auto", "bars", "plain", "quiet", "none"]
Durability = Literal["process", "power"]


class RunConfig(ConfigModel):
    """A run. The sections `dataset`, `edit`, `reward` and `reporters` belong to plugins."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,48}$")] | None = None
    """Part of the run directory's name; default: the edit model's type."""

    dataset: dict[str, Any]
    """What is edited; `type` names a registered dataset."""

    edit: dict[str, Any]
    """What edits; `type` names a registered edit model."""

    reward: dict[str, Any] | None = None
    """What scores; `type` names a registered reward model. Without it, a run only edits."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """Sample `i` (its row in the dataset, from 0) is edited with seed `seed + i`."""

    runs_dir: Name = "runs"
    """Folder in which run directories are made."""

    durability: Durability = "process"
    """What a sample that was announced as finished survives: the death of any `process`, or a
    `power` cut, too (every row and image is flushed to the disk first)."""

    progress: Progress = "auto"
    """What the terminal shows: `bars`, `plain` lines, `quiet` (problems and the closing block) or
    `none`; `auto` takes bars in a terminal and plain lines elsewhere."""

    reporters: dict[str, dict[str, Any] | Literal[False] | None] = Field(default={})
    """Reporters by name, each with its options; `false` takes one out that the file or another
    profile lists. Options for `tqdm` and `plain` apply when `progress` chooses them."""

    drain_timeout: Annotated[float, Field(ge=0)] = 10.0
    """Seconds that reporters have to catch up at the end."""

    max_failures: Annotated[int, Field(ge=0)] = 0
    """With more failed samples than this, the exit code is 100."""

    max_lost_workers: Annotated[int, Field(ge=0)] = 50
    """With more lost workers than this, in all stages together, the run ends with exit code 101;
    counted anew when it is resumed."""

    profiles: dict[str, dict[str, Any]] = Field(default={})
    """Named sets of keys of this file, merged over it by `--profile NAME`. The key `inherits` names
    another profile, of this file or built in, that is merged first."""
