"""Slips in hooks are found, and what only looks like one is left alone."""

from types import ModuleType
from typing import Any

import pytest

from editgauge import events, hookimpl
from editgauge.core.conformance.hook_checks import hook_problems


def module_with(**functions: Any) -> ModuleType:
    module = ModuleType("a_plugin")
    for name, function in functions.items():
        function.__module__ = "a_plugin"
        function.__qualname__ = name
        setattr(module, name, function)
    return module


def takes_an_event(event: events.SampleEvent) -> None:
    del event


@pytest.mark.parametrize("name", ["sampel_event", "samples_event", "sample_events"])
def test_an_unmarked_slip_is_found(name: str) -> None:
    (problem,) = hook_problems(module_with(**{name: takes_an_event}))
    assert "is no hook and is never called; the hook's name is 'sample_event'" in problem


def test_an_unmarked_hook_is_found() -> None:
    (problem,) = hook_problems(module_with(sample_event=takes_an_event))
    assert "is named like a hook and not marked, so it is never called" in problem


def test_helpers_are_left_alone() -> None:
    def helper(path: str, event: events.Event) -> None:
        del path, event

    def other(event: events.Event) -> None:
        del event

    plugin = module_with(sampel_event=helper, write_event=other, close=other, _sample_event=other)
    assert list(hook_problems(plugin)) == []


def test_a_hook_of_wider_type_is_right() -> None:
    @hookimpl
    def step_event(event: events.Event) -> None:
        if isinstance(event, (events.StepEvent, events.StepFinished)):
            del event

    assert list(hook_problems(module_with(step_event=step_event))) == []


def test_a_generator_is_found() -> None:
    @hookimpl
    def step_event(event: events.StepEvent) -> Any:
        yield event

    (problem,) = hook_problems(module_with(step_event=step_event))
    assert "is a generator or async function" in problem


def test_an_event_that_is_none_is_found_in_a_group() -> None:
    @hookimpl
    def run_event(event: events.RunEvent) -> None:
        if isinstance(event, events.RunStarted | events.StepFinished):
            del event

    (problem,) = hook_problems(module_with(run_event=run_event))
    assert "tests for StepFinished, which never comes here: it is an event of step_event" in problem


def test_annotations_that_cannot_be_read_are_said() -> None:
    def run_event(event: Any) -> None:
        del event

    run_event.__annotations__["event"] = "NoSuchEvent"
    (problem,) = hook_problems(module_with(run_event=hookimpl(run_event)))
    assert "cannot be read: NameError: name 'NoSuchEvent' is not defined" in problem
