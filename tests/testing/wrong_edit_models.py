"""Edit models that are wrong, each in one way; `Right` is what is right about them.

Imported in workers, so standard library only at import.
"""

import abc
import contextlib
import os
import random
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from editgauge import Config, EditModel, EditModelConfig, EditRequest, OnStep, Register, hookimpl

if TYPE_CHECKING:
    from PIL.Image import Image


class WrongConfig(EditModelConfig):
    """Configuration of the wrong models, itself right."""

    steps: int = 3
    """How many steps are told."""


class OpenConfig(EditModelConfig):
    """Takes any key."""

    model_config = {"extra": "allow"}  # noqa: RUF012 - as an author writes it


class LaxConfig(EditModelConfig):
    """Takes `"8"` for a number."""

    model_config = {"strict": False}  # noqa: RUF012

    steps: int = 3
    """How many steps are told."""


class SilentConfig(EditModelConfig):
    """Has a key without a meaning."""

    strength: float = 1.0


class Right(EditModel):
    """Mixes noise of the seed into a copy of the source."""

    def load(self, config: Config, device: str) -> None:
        del device
        self._steps = getattr(config, "steps", 3)

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        for step in range(1, self._steps + 1):
            on_step(step, self._steps)
        return self.noise(request, request.seed)

    def noise(self, request: EditRequest, seed: Any) -> "Image":
        from PIL import Image

        source = request.images[0].copy()
        noise = random.Random(seed).randbytes(source.width * source.height)  # noqa: S311 - no secret
        layer = Image.frombytes("L", source.size, noise).convert("RGB")
        return Image.blend(source, layer, 0.3)


class Unseeded(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        del on_step
        return self.noise(request, None)


class Remembering(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        del on_step
        self._number = getattr(self, "_number", 0) + 1
        return self.noise(request, self._number)


class StepsFromZero(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        for step in range(3):
            on_step(step, 3)
        return self.noise(request, request.seed)


class StepsThatStopShort(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        on_step(1, 3)
        on_step(2, 3)
        return self.noise(request, request.seed)


class ChangingTotal(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        on_step(1, 3)
        on_step(2, 2)
        return self.noise(request, request.seed)


class LateSteps(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        def later() -> None:
            time.sleep(0.05)
            with contextlib.suppress(RuntimeError):
                on_step(3, 3)

        threading.Thread(target=later).start()
        return self.noise(request, request.seed)


class Grey(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        return super().edit(request, on_step).convert("L")


class SwappedSides(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        picture = super().edit(request, on_step)
        return picture.resize((picture.height, picture.width))


class EvenSizesOnly(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        if request.images[0].width % 8:
            raise ValueError("the width should be a multiple of 8")
        return super().edit(request, on_step)


class PaintingOnTheSource(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        request.images[0].putpixel((0, 0), (1, 2, 3))
        return super().edit(request, on_step)


class Inventing(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        from PIL import Image

        try:
            return super().edit(request, on_step)
        except ValueError:
            return Image.new("RGB", (64, 64))


class UpsetByFailure(Right):
    _upset = 0

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        self._upset += 1
        picture = self.noise(request, request.seed + self._upset)
        self._upset -= 1
        del on_step
        return picture


class DyingOfFailure(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        try:
            return super().edit(request, on_step)
        except ValueError:
            os._exit(3)


class SmallSeedsOnly(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        if request.seed >= 2**32:
            raise ValueError("Seed must be between 0 and 2**32 - 1")
        return super().edit(request, on_step)


class SeededByProcess(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        del on_step
        return self.noise(request, request.seed + os.getpid())


class WritingToTheChannel(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        os.write(int(sys.argv[2]), b"loading weights: 100%, a line that ends up in the channel")
        return super().edit(request, on_step)


class DescribingByObject(Right):
    def describe(self) -> dict[str, Any]:
        return {"dtype": object()}


class FingerprintOfTime(Right):
    @classmethod
    def fingerprint(cls, config: Config) -> str:
        del config
        return str(time.time_ns())


class LoadingInCheck(Right):
    @classmethod
    def check(cls, config: Config) -> None:
        cls().load(config, "cpu")


class FailingToClose(Right):
    def close(self) -> None:
        raise RuntimeError("the server would not stop")


class FailingToLoad(Right):
    def load(self, config: Config, device: str) -> None:
        del config, device
        raise FileNotFoundError("there is no model.safetensors")


class CountingOnCheck(Right):
    _files: list[str] | None = None

    @classmethod
    def check(cls, config: Config) -> None:
        del config
        cls._files = ["weights"]

    def load(self, config: Config, device: str) -> None:
        super().load(config, device)
        if self._files is None:
            raise RuntimeError("no files: was check called?")


class Chatty(Right):
    """Not wrong: what a model writes to stdout and stderr is its log."""

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        print("x" * 100_000)  # noqa: T201 - as libraries do
        os.write(1, b"\0\0\0\2{}")
        os.write(2, b"\r 50%\r100%")
        return super().edit(request, on_step)


class FailingToEdit(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        raise NotImplementedError("to be written")


class ReturningNothing(Right):
    def edit(self, request: EditRequest, on_step: OnStep) -> Any:
        super().edit(request, on_step)


class WithoutEdit(Right):
    """Lacks a method of its base."""

    @abc.abstractmethod
    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Do nothing."""


class ReturningTheClosedSource(Right):
    """Not wrong: the source is closed only where it cannot be read."""

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        on_step(1, 1)
        return request.images[0]


CONFIGS: dict[str, type[EditModelConfig]] = {
    "OpenConfig": OpenConfig,
    "LaxConfig": LaxConfig,
    "SilentConfig": SilentConfig,
}


@hookimpl
def register_edit_models(register: Register) -> None:
    for name, found in list(globals().items()):
        if isinstance(found, type) and issubclass(found, Right):
            target = f"{__name__}:{name}"
            register(name, config=WrongConfig, target=target, summary="wrong in one way")
    for name, config in CONFIGS.items():
        register(name, config=config, target=f"{__name__}:Right", summary="wrong in one way")
    register("MisspeltTarget", config=WrongConfig, target=f"{__name__}:Rihgt", summary="wrong")
    register("RenamedFile", config=WrongConfig, target="wrong_modles:Right", summary="wrong")
    register("NoSummary", config=WrongConfig, target=f"{__name__}:Right")
