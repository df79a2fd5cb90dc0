"""A plugin that makes every command wait for a large package, and prints in front of its JSON."""

import numpy as np

from editgauge import EditModelConfig, Register, hookimpl

SIZE = int(np.int64(8))
print("counting to", SIZE, end="")  # noqa: T201 - that is the fault


@hookimpl
def register_edit_models(register: Register) -> None:
    target = "tests.testing.wrong_edit_models:Right"
    register("heavy", config=EditModelConfig, target=target, summary="imports numpy")
