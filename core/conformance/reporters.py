"""The checks of reporters. All but the first ones are tried in a process of their own."""

import re
import time
import unicodedata
from collections.abc import Iterator

from editgauge.core.conformance.checks import Checks, NotTriedError, Said
from editgauge.core.conformance.hook_checks import hook_problems
from editgauge.core.conformance.made_up_runs import FUTURE, MadeUpRun
from editgauge.core.conformance.reporter_trials import SHIFT_SECONDS, Played, ReporterTrial
from editgauge.core.conformance.targets import TARGET_MEND, TargetError
from editgauge.core.hooks.events import EVENT_TYPES, Event
from editgauge.core.hooks.observers import HOOKS

_ORDERS = 6
_MANY = 400
_HOSTILE = (
    "\x1b]0;another title\x07\x1b[2J\x1b[H\x1b[31mred",
    "\x9b2J\u202egnp.exe\u202c\u2066\u200b\ud800",
    "line\r\nline\x0b\x0c\x85\u2028::error::made up ##[error]",
    "{0}%s%n$(id)<script>[red]|\"'\\x1b",
    "x" * 20_000,
)
"""Texts such as a dataset, a judge or a worker may send."""
_TAKE_ANY_TEXT = (
    "take any text: pass it through `editgauge.clean`, and open files with "
    '`encoding="utf-8", errors="backslashreplace"`'
)
_NOT_DRAWN = re.compile(r"\x1b\][^\x07]*\x07|\x1b\[2J|\x9b2J|\u202e|\u2066")
"""Sequences of `_HOSTILE` with which nobody draws a progress display."""
_ACTING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that are obeyed, or not seen, and never shown."""

REPORTER_CHECKS: Checks[ReporterTrial] = Checks()


@REPORTER_CHECKS.add(
    "made",
    "it can be made of its configuration and a context",
    tries="Calls the target with the configuration and a `ReporterContext`.",
    mend="let the class take `(config, context)`, and take nothing from elsewhere",
)
def _made(trial: ReporterTrial) -> Iterator[str]:
    try:
        trial.make()
    except TargetError as error:
        yield Said(str(error), mend=TARGET_MEND)


@REPORTER_CHECKS.add(
    "reporter-hooks",
    "its methods are hooks that are called",
    tries="Compares every method with the observing hooks: name, `hookimpl`, argument, the "
    "annotated type of the event, and the kinds that it tests for.",
    mend="name the method run_event, batch_event, sample_event or step_event, mark it with "
    "@editgauge.hookimpl, and annotate the event type of its scope",
)
def _hooks(trial: ReporterTrial) -> Iterator[str]:
    reporter = _reporter(trial)
    problems = list(hook_problems(reporter))
    yield from problems
    if not problems and not any(hasattr(reporter, hook) for hook in HOOKS.values()):
        yield "it has none of the observing hooks, so it never hears anything"


@REPORTER_CHECKS.add(
    "every-event",
    "it copes with every kind of event",
    tries="Plays a made-up run with every kind of event, and ticks in between.",
    mend="test with isinstance for the kinds that you use, and pass over the rest",
)
def _every_event(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    events = MadeUpRun(run_dir=trial.run_dir).told()
    missing = set(EVENT_TYPES) - {type(event).__name__ for event in events}
    if missing:
        raise AssertionError(f"the made-up run has no {missing}")
    yield from _failures("a whole run", trial.play(events))
    yield from _failures("a whole run in a terminal", trial.play(events, interactive=True))


@REPORTER_CHECKS.add(
    "any-order",
    "it copes with every order that can happen",
    tries="Plays runs whose workers speak in other orders; a judge beside the editors; a resumed "
    "run, one that only edits, an interrupted one, one that misses steps, and one that ends at "
    "once.",
    mend="take nothing for granted but what the documentation of events says of their order: "
    "a sample may finish without a start, a stage may come alone (`dict.get`, not `dict[...]`)",
)
def _any_order(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    run_dir = trial.run_dir
    whole = MadeUpRun(run_dir=run_dir).told()
    runs: dict[str, list[Event]] = {
        f"order {number}": MadeUpRun(run_dir=run_dir, order=number, beside=number % 2 == 1).told()
        for number in range(1, _ORDERS)
    }
    runs["a resumed run"] = MadeUpRun(run_dir=run_dir, resumed=True).told()
    runs["a run without a judge"] = MadeUpRun(run_dir=run_dir, only_edit=True).told()
    runs["a run without steps"] = [event for event in whole if event.scope != "step"]
    runs["a run that ends at once"] = [whole[0], whole[-1]]
    runs["a run that fails while it loads"] = [*whole[: len(whole) // 4], whole[-1]]
    for name, events in runs.items():
        yield from _failures(name, trial.play(events))


@REPORTER_CHECKS.add(
    "unknown-events",
    "it passes over events that it does not know",
    tries="Plays a run with an event of an unknown kind of each scope after every event.",
    mend="test with isinstance and have no `else` that raises: new kinds come with new versions",
)
def _unknown_events(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    yield from _failures(
        f"events of unknown kinds ({', '.join(type(event).__name__ for event in FUTURE)})",
        trial.play(MadeUpRun(run_dir=trial.run_dir, news=True).told()),
    )


@REPORTER_CHECKS.add(
    "any-speed",
    "it keeps up with many samples",
    tries=f"Plays a run of {_MANY} samples as fast as it takes the events.",
    mend="do not sleep, and do not write the whole file at each event; what is costly belongs "
    "into `tick`, or to the end",
)
def _any_speed(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    events = MadeUpRun(run_dir=trial.run_dir, samples=_MANY, steps=8).told()
    played = trial.play(events)
    yield from _failures(f"a run of {_MANY} samples", played)
    if played.stopped:
        yield f"{len(events):,} events were not taken within {trial.seconds:g} s"


@REPORTER_CHECKS.add(
    "hostile-text",
    "it takes any text, and lets no control character of it reach the terminal",
    tries="Plays runs whose ids, instructions, replies, reasons and log lines hold escape "
    "sequences, bidirectional controls, lone surrogates and 20,000 characters in a line.",
    mend="show text from outside by `editgauge.clean` or `repr`, or write JSON; never write it as "
    "it is",
)
def _hostile_text(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    for text in _HOSTILE:
        events = MadeUpRun(run_dir=trial.run_dir, text=text).told()
        for interactive in (False, True):
            played = trial.play(events, interactive=interactive)
            for failure in _failures(f"it raised at text such as {text[:40]!r}", played):
                yield Said(failure, mend=_TAKE_ANY_TEXT)
            if interactive or trial.only_in_terminals:
                found = [match[0] for match in _NOT_DRAWN.finditer(played.stderr)]
            else:
                found = [line for line in played.stderr.split("\n") if _acts(line)]
            found += [line for line in played.stdout.split("\n") if _NOT_DRAWN.search(line)]
            if found:
                yield f"it wrote {_around(found[0])!r} to a stream that people read"
                return


@REPORTER_CHECKS.add(
    "own-clock",
    "it goes by the context's clock alone",
    tries="Plays the same run twice, the second time with other clocks put forward and with "
    "fewer ticks, and compares what was written.",
    mend="take times from `event.elapsed`, `event.time` and `context.clock`, never from `time` or "
    "`datetime.now`, and draw nothing that stays in `tick`",
)
def _own_clock(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    events = MadeUpRun(run_dir=trial.run_dir).told()
    first = trial.play(events)
    # Another second, for clocks that are not asked by way of the module `time`.
    time.sleep(1.1)
    ticks = trial.only_in_terminals  # there, what a tick draws may stay
    second = trial.play(events, later=SHIFT_SECONDS, ticks=ticks)
    if first.failure or second.failure:
        raise NotTriedError("it raises")
    for stream in ("stderr", "stdout"):
        one, other = getattr(first, stream), getattr(second, stream)
        if one != other:
            yield f"on {stream}, the same events gave {_first_difference(one, other)}"
    if first.files.keys() != second.files.keys():
        names = sorted(first.files.keys() ^ second.files.keys())
        yield f"the same events gave a file {names[0]!r} only once"
    for name in first.files.keys() & second.files.keys():
        if first.files[name] != second.files[name]:
            difference = _first_difference(
                first.files[name].decode("utf-8", "replace"),
                second.files[name].decode("utf-8", "replace"),
            )
            yield f"in the file {name!r}, the same events gave {difference}"


@REPORTER_CHECKS.add(
    "own-files",
    "it writes into the run directory or to its configured path only",
    tries="Notes every file that is opened for writing, made, renamed or removed in all plays.",
    mend="write below `context.run_dir`, or to a path that is a key of the configuration",
)
def _own_files(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    played = trial.play(MadeUpRun(run_dir=trial.run_dir).told())
    for path in played.outside[:3]:
        yield f"it wrote to {path}"


@REPORTER_CHECKS.add(
    "close-without-events",
    "it can be closed at once",
    tries="Makes it and closes it without any event.",
    mend="set all attributes in `__init__`, and close only what was opened",
)
def _close_at_once(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    yield from _failures("no event at all", trial.play([]))


@REPORTER_CHECKS.add(
    "unfinished",
    "it copes with a run that never ends",
    tries="Plays the beginning of a run, cut off at several places; calls `end_unfinished`, if it "
    "has that, and `close`.",
    mend="do not wait for RunFinished in `close`; what is written at the end of a run can be "
    "written in `end_unfinished`, marked as partial",
)
def _unfinished(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    events = MadeUpRun(run_dir=trial.run_dir).told()
    for share in (0.02, 0.25, 0.5, 0.75, 0.98):
        cut = events[: max(1, int(len(events) * share))]
        yield from _failures(
            f"a run that is cut off after {len(cut)} events",
            trial.play(cut, ends_unfinished=True),
        )


@REPORTER_CHECKS.add(
    "quiet",
    "it writes to stdout through its context only",
    tries="Watches this process's own stdout, which is another than `context.stdout`.",
    mend="give `file=context.stdout` or `file=context.stderr` to print",
)
def _quiet(trial: ReporterTrial) -> Iterator[str]:
    _need(trial)
    played = trial.play(MadeUpRun(run_dir=trial.run_dir).told())
    if played.printed.strip():
        yield f"it printed {played.printed.strip()[:80]!r}"


def _reporter(trial: ReporterTrial) -> object:
    try:
        return trial.make()[0]
    except Exception as error:
        raise NotTriedError("it cannot be made") from error


def _need(trial: ReporterTrial) -> None:
    reporter = _reporter(trial)
    from editgauge.core.hooks.plugin_manager import PluginError, PluginManager

    try:
        PluginManager().add_reporter(reporter, "checked")
    except PluginError as error:
        raise NotTriedError("its hooks are wrong") from error


def _failures(what: str, played: Played) -> Iterator[str]:
    if played.failure:
        yield f"{what}: {played.failure}"


def _acts(line: str) -> bool:
    """Return whether a line holds what a terminal obeys instead of showing it."""
    return any(char != "\t" and unicodedata.category(char) in _ACTING for char in line)


def _around(line: str) -> str:
    found = _NOT_DRAWN.search(line)
    start = max(0, found.start() - 20) if found else 0
    return line[start : start + 80]


def _first_difference(one: str, other: str) -> str:
    position = next(
        (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    start = max(0, position - 20)
    return f"{one[start : start + 60]!r} and {other[start : start + 60]!r}"
