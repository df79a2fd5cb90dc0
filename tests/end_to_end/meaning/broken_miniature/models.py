"""The miniature models with faults, each as small as the slip that would make it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from editgauge import EditRequest, OnStep, ScoreRequest
from editgauge.plugins.miniature.judge import MiniatureQwen3VLJudge
from editgauge.plugins.miniature.model import MiniatureQwenImageEdit

if TYPE_CHECKING:
    from PIL.Image import Image


class BrokenEditor(MiniatureQwenImageEdit):
    """Drops guidance, or gives the source for an edit that failed."""

    _fault = ""

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Edit, with the fault of this sample."""
        self._fault = self._config.faults.to_dict().get(request.id, "")
        try:
            return super().edit(request, on_step)
        except FloatingPointError:
            return request.images[0]

    def _to_image(self, output: Any) -> "Image":
        if self._fault == "source":
            raise FloatingPointError("the model's numbers are not finite")
        return super()._to_image(output)

    def _call_arguments(self, request: EditRequest, on_step: OnStep) -> dict[str, Any]:
        arguments = super()._call_arguments(request, on_step)
        if self._fault == "unguided":
            # The scale is given all the same, and the pipeline ignores it.
            del arguments["negative_prompt"]
        return arguments


class BrokenJudge(MiniatureQwen3VLJudge):
    """Takes the source for the edited image, or fills rows up at the wrong end."""

    def _messages(self, request: ScoreRequest) -> list[dict[str, Any]]:
        if request.id == "swapped":
            request = replace(request, images=request.images[::-1])
        return super()._messages(request)

    def _inputs(self, requests: Sequence[ScoreRequest]) -> Any:
        if requests[0].id != "padded":
            return super()._inputs(requests)
        real = self._processor.apply_chat_template

        def padded_at_the_end(messages: Any, **options: Any) -> Any:
            options["processor_kwargs"]["padding_side"] = "right"
            return real(messages, **options)

        self._processor.apply_chat_template = padded_at_the_end
        try:
            return super()._inputs(requests)
        finally:
            del self._processor.apply_chat_template
