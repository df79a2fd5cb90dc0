"""What a conformance check is, what came of it, and how checks are run one after the other."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, Self, TypeVar

from editgauge.core.hooks.plugin_manager import Kind
from editgauge.core.text import clean, counted, did_you_mean

Trial = TypeVar("Trial")
"""What the checks of a kind share: the plugin's part at work, and what was seen of it."""
_Trial_contra = TypeVar("_Trial_contra", contravariant=True)

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is tried.

    Attributes:
        name: what people and `skip` call it, such as `same-seed`.
        title: what should be so, in a few words.
        tries: what the check does to find out.
        mend: what to do if it is not so.
    """

    name: str
    title: str
    tries: str
    mend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: which check found it, and what was expected and what came."""

    check: Check
    message: str

    def __str__(self) -> str:
        """Return check, message and advice over two lines."""
        return f"{self.check.name}: {self.message}\n    to mend it: {self.check.mend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What came of one check.

    Attributes:
        check: the check; its `mend` fits what was found.
        state: `passed`, `failed` or `skipped`.
        messages: of a failed one, what is wrong, at least one entry; of a passed one, advice.
        why_skipped: of a skipped one, why.
    """

    check: Check
    state: State
    messages: tuple[str, ...] = ()
    why_skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformanceReport:
    """What came of all checks of one part of a plugin.

    Attributes:
        kind: `edit model`, `reward model`, `dataset` or `reporter`.
        name: its registered name.
        results: one for each check, in the order in which they were run.
    """

    kind: Kind
    name: str
    results: tuple[CheckResult, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong."""
        return self._said("failed")

    @property
    def advice(self) -> tuple[Finding, ...]:
        """What could be better and is not wrong."""
        return self._said("passed")

    def names(self, state: State) -> list[str]:
        """Return the names of the checks that ended so."""
        return [result.check.name for result in self.results if result.state == state]

    def _said(self, state: State) -> tuple[Finding, ...]:
        return tuple(
            Finding(result.check, message)
            for result in self.results
            if result.state == state
            for message in result.messages
        )

    def __str__(self) -> str:
        """Return every finding and advice with what to do about it, and what was left out."""
        failed = len(self.names("failed"))
        lines = [
            f"{self.kind} {self.name!r}: {failed} of {counted(len(self.results), 'check')} failed"
        ]
        lines += [f"  {finding}" for finding in self.findings]
        lines += [f"  advice, {finding}" for finding in self.advice]
        lines += [
            f"  {result.check.name}: skipped, {result.why_skipped}"
            for result in self.results
            if result.state == "skipped"
        ]
        return clean("\n".join(lines), keep_newlines=True)


class ConformanceError(AssertionError):
    """A plugin's part does not do what it should; the text lists every finding.

    Attributes:
        report: what came of each check.
    """

    def __init__(self, report: ConformanceReport) -> None:
        self.report = report
        super().__init__(str(report))


class Said(str):
    """A message of a check that has something of its own beside the text.

    Attributes:
        mend: what to do about it, where the check's own advice does not fit.
        is_advice: whether nothing is wrong, and something could be better.
    """

    __slots__ = ("is_advice", "mend")
    mend: str
    is_advice: bool

    def __new__(cls, text: str, *, mend: str = "", is_advice: bool = False) -> Self:
        """Return the text with what else is known of it."""
        said = super().__new__(cls, text)
        said.mend = mend
        said.is_advice = is_advice
        return said


class NotTriedError(Exception):
    """Raised by a check that cannot be tried here; the message says why."""


@dataclass(frozen=True, slots=True)
class Implemented(Generic[_Trial_contra]):
    """A check with the function that tries it and yields what is wrong."""

    check: Check
    try_it: Callable[[_Trial_contra], Iterable[str]]


class Checks(Generic[Trial]):
    """The checks of a kind, in order."""

    def __init__(self, *first: Implemented[Trial]) -> None:
        self.all: list[Implemented[Trial]] = list(first)

    def add(
        self, name: str, title: str, *, tries: str, mend: str
    ) -> Callable[[Callable[[Trial], Iterable[str]]], Callable[[Trial], Iterable[str]]]:
        """Add the decorated function, which yields what is wrong, as a check."""

        def decorate(
            function: Callable[[Trial], Iterable[str]],
        ) -> Callable[[Trial], Iterable[str]]:
            check = Check(name=name, title=title, tries=tries, mend=mend)
            self.all.append(Implemented(check, function))
            return function

        return decorate

    def described(self) -> tuple[Check, ...]:
        """Return the checks without their functions."""
        return tuple(implemented.check for implemented in self.all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Is told how far the checks are.

    Attributes:
        begins: called before a check is tried.
        ends: called with what came of a check.
    """

    begins: Callable[[Check], None] = lambda _check: None
    ends: Callable[[CheckResult], None] = lambda _result: None


SILENT = Progress()


def refuse_unknown(skip: Collection[str], checks: Sequence[Check]) -> None:
    """Refuse names of checks that there are not: what should be skipped would be run.

    Raises:
        ValueError: there is no such check.
    """
    known = [check.name for check in checks]
    for name in skip:
        if name not in known:
            raise ValueError(
                f"'skip': no check is called {name!r}.{did_you_mean(name, known)} "
                f"Known: {', '.join(known)}."
            )


def try_checks(
    checks: Checks[Trial],
    trial: Trial,
    *,
    skip: Collection[str] = (),
    progress: Progress = SILENT,
) -> tuple[CheckResult, ...]:
    """Try one check after the other.

    A check that raises something else than `NotTriedError` has found that, too.
    """
    results: list[CheckResult] = []
    for implemented in checks.all:
        check = implemented.check
        if check.name in skip:
            result = CheckResult(check=check, state="skipped", why_skipped="as asked")
        else:
            progress.begins(check)
            result = _try(implemented, trial)
        progress.ends(result)
        results.append(result)
    return tuple(results)


def _try(implemented: Implemented[Trial], trial: Trial) -> CheckResult:
    check = implemented.check
    messages: list[str] = []
    why_skipped = ""
    try:
        # As they come: what was found before a check had to give up counts.
        for message in implemented.try_it(trial):
            messages.append(message)  # noqa: PERF402
    except NotTriedError as error:
        why_skipped = str(error)
    except Exception as error:  # noqa: BLE001 - what is checked may raise anything
        messages.append(f"raised {in_words(error)}")
    wrong = [
        message for message in messages if not (isinstance(message, Said) and message.is_advice)
    ]
    if wrong:
        mends = [message.mend if isinstance(message, Said) else "" for message in wrong]
        mend = "; ".join(dict.fromkeys(mend or check.mend for mend in mends))
        told = tuple(dict.fromkeys(map(str, wrong)))
        return CheckResult(check=replace(check, mend=mend), state="failed", messages=told)
    if why_skipped:
        return CheckResult(check=check, state="skipped", why_skipped=why_skipped)
    return CheckResult(check=check, state="passed", messages=tuple(map(str, messages)))


def in_words(error: BaseException) -> str:
    """Return type and message of an error in a line."""
    message = ""
    with contextlib.suppress(Exception):
        message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
