"""The types of hooks: their callback, and what a function has to be like to implement one.

At run time `hookimpl` is pluggy's marker, which takes anything. These types let mypy and pyright
report an argument of another name or type (an event that is narrower than the hook's), and a
function that returns something. Which event belongs to which hook they cannot say, for a decorator
does not see names; the methods of `editgauge.Reporter` do.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar, overload

from editgauge.core.hooks.events import BatchEvent, RunEvent, SampleEvent, StepEvent


class Register(Protocol):
    """The callback of the registration hooks."""

    def __call__(
        self, name: str, *, target: str, config: Any = None, summary: str = "", api: str = "1.0"
    ) -> None:
        """Register something under a name.

        Args:
            name: what a user writes as `type:` (or, for reporters and commands, the name).
            target: `package.module:Name`, imported only when it is needed; a model's target is
                imported in its worker only.
            config: the pydantic model of its configuration, or `package.module:Name` of it;
                commands have none.
            summary: one line for `editgauge plugins`.
            api: the version of the plugin API (`editgauge.API_VERSION`) that it is written for.
                One for another major version, or for a newer minor one, is named and skipped, and
                is an error for who asks for it.
        """
        ...


class _OnRun(Protocol):
    def __call__(self, event: RunEvent) -> None: ...


class _OnBatch(Protocol):
    def __call__(self, event: BatchEvent) -> None: ...


class _OnSample(Protocol):
    def __call__(self, event: SampleEvent) -> None: ...


class _OnStep(Protocol):
    def __call__(self, event: StepEvent) -> None: ...


class _Registers(Protocol):
    def __call__(self, register: Register) -> None: ...


class _RunMethod(Protocol):
    def __call__(self, plugin: Any, /, event: RunEvent) -> None: ...


class _BatchMethod(Protocol):
    def __call__(self, plugin: Any, /, event: BatchEvent) -> None: ...


class _SampleMethod(Protocol):
    def __call__(self, plugin: Any, /, event: SampleEvent) -> None: ...


class _StepMethod(Protocol):
    def __call__(self, plugin: Any, /, event: StepEvent) -> None: ...


class _RegisterMethod(Protocol):
    def __call__(self, plugin: Any, /, register: Register) -> None: ...


Hook = TypeVar(
    "Hook",
    bound=_OnRun
    | _OnBatch
    | _OnSample
    | _OnStep
    | _Registers
    | _RunMethod
    | _BatchMethod
    | _SampleMethod
    | _StepMethod
    | _RegisterMethod
    # An implementation may leave out the argument.
    | Callable[[], None]
    | Callable[[Any], None],
)
Anything = TypeVar("Anything", bound=Callable[..., object])


class HookImpl(Protocol):
    """Marks a function as the implementation of the hook that it is named like."""

    @overload
    def __call__(self, function: Hook, /) -> Hook: ...

    @overload
    def __call__(
        self, *, optionalhook: Literal[True], specname: str | None = None
    ) -> Callable[[Anything], Anything]: ...

    @overload
    def __call__(
        self, *, tryfirst: bool = False, trylast: bool = False, specname: str | None = None
    ) -> Callable[[Hook], Hook]: ...
