"""The edit model `pillow`."""

from typing import TYPE_CHECKING

from editgauge import Config, EditModel, EditRequest, OnStep
from editgauge.plugins.pillow_edit.instructions import read_instruction
from editgauge.plugins.pillow_edit.operations import OPERATIONS

if TYPE_CHECKING:
    from PIL.Image import Image


class PillowEdit(EditModel):
    """Does what a few plain instructions say, always in the same way; no number is random."""

    def load(self, config: Config, device: str) -> None:
        """Load nothing."""
        del config, device

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the first source image after each operation of the instruction, in its order.

        Each operation is one step.

        Raises:
            UnknownInstructionError: a part of the instruction is none that it knows.
        """
        names = read_instruction(request.instruction)
        image = request.images[0]
        for number, name in enumerate(names, start=1):
            image = OPERATIONS[name](image)
            on_step(number, len(names))
        return image

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what it knows."""
        return {"operations": ", ".join(OPERATIONS)}
