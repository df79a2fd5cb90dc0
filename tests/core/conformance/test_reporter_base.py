from editgauge import Reporter, events, hookimpl
from editgauge.core.conformance.hook_checks import hook_problems


class OneHook(Reporter):
    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        pass


class Unmarked(Reporter):
    def sample_event(self, event: events.SampleEvent) -> None:
        pass


def test_what_the_base_has_and_a_reporter_leaves_alone_is_no_fault() -> None:
    assert list(hook_problems(OneHook())) == []


def test_what_a_reporter_overrides_and_does_not_mark_is_one() -> None:
    (problem,) = hook_problems(Unmarked())
    assert "Unmarked.sample_event" in problem
    assert "not marked, so it is never called" in problem
