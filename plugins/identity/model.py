"""The edit model `identity`."""

from typing import TYPE_CHECKING

from editgauge import Config, EditModel, EditRequest, OnStep

if TYPE_CHECKING:
    from PIL.Image import Image


class Identity(EditModel):
    """Returns the source image, whatever the instruction is: the first one, if there are several.

    It is chosen by name, and its name stands in the run's record. No other model's failure is
    ever replaced by a source image.
    """

    def load(self, config: Config, device: str) -> None:
        """Load nothing."""
        del config, device

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the first source image; there are no steps to announce."""
        del on_step
        return request.images[0]

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what readers of the results should know first."""
        return {"notice": "nothing was edited: every picture is its source image"}
