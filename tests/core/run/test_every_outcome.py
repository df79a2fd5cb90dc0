"""Whatever workers do, every sample ends in exactly one outcome, also after a resume.

A state machine plays the workers of a stage: they load, begin, answer, raise, die, hang, stop,
break the protocol and say things after their death, in any order; the run is interrupted or
killed and resumed. Scheduler, stage, pool and run store are the real ones, processes and clock are
not; `test_every_outcome_in_processes.py` has a few examples with real processes.
"""

import sys

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from editgauge.core.workers.pool import WorkersLostError
from editgauge.core.workers.process import ChannelBroken, ProcessExited
from tests.support.played_stage import TIMEOUT, Clock, PlayedStage, Process, choose

LONGEST = 2_000
"""Turns after which a run that is left in peace has ended, or hangs."""


class Stage(PlayedStage):
    """What workers may do, in any order, and what holds whatever they do."""

    @precondition(lambda self: not self.over and self._processes())
    @rule(pick=st.integers(0, 99), dies=st.booleans())
    def a_worker_gets_to_work(self, pick: int, *, dies: bool) -> None:
        """Load and begin, as far as there is something to begin with; and maybe die of it."""
        process = choose(self._processes(), pick)
        if not process.ready:
            self._load(process)
        if process.open and not process.began and not self.over:
            self._begin_request(process)
        if dies and not self.over:
            process.exited = True
            self._tell(ProcessExited(process, -9, "killed"))  # type: ignore[arg-type]

    @precondition(lambda self: not self.over and self._processes(ready=False))
    @rule(pick=st.integers(0, 99))
    def a_worker_loads(self, pick: int) -> None:
        found = self._processes(ready=False)
        self._load(choose(found, pick))

    @precondition(lambda self: not self.over and self._processes(ready=False))
    @rule(pick=st.integers(0, 99))
    def a_worker_cannot_load(self, pick: int) -> None:
        found = self._processes(ready=False)
        process = choose(found, pick)
        self._greet(process)
        self._say(process, "load_failed", error="RuntimeError: no")

    @precondition(lambda self: not self.over and self._processes(began=False))
    @rule(pick=st.integers(0, 99))
    def a_worker_begins(self, pick: int) -> None:
        found = self._processes(began=False)
        self._begin_request(choose(found, pick))

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def a_worker_answers(self, pick: int) -> None:
        found = self._processes(began=True)
        self._answer(choose(found, pick))

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def a_model_raises(self, pick: int) -> None:
        found = self._processes(began=True)
        process = choose(found, pick)
        if len(process.samples) == 1:
            self._leave(process, 0, "failed")
        elif process.counts:
            process.open = {}
        self._say_of_request(process, "failed", seconds=0.1, error="RuntimeError: no")

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def a_device_is_lost(self, pick: int) -> None:
        found = self._processes(began=True)
        self._say_of_request(choose(found, pick), "device_lost", error="RuntimeError: no")

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def an_answer_to_a_former_request_comes(self, pick: int) -> None:
        found = self._processes(began=True)
        process = choose(found, pick)
        self._say(process, "failed", request=process.request - 1, seconds=0.1, error="late")
        assert process.killed or process.buried

    @precondition(lambda self: not self.over and self._processes())
    @rule(pick=st.integers(0, 99), code=st.sampled_from([0, 1, -9, -11]))
    def a_worker_ends(self, pick: int, code: int) -> None:
        found = self._processes()
        process = choose(found, pick)
        process.exited = True
        self._tell(ProcessExited(process, code, "ended"))  # type: ignore[arg-type]

    @precondition(lambda self: not self.over and self._processes())
    @rule(
        pick=st.integers(0, 99), kind=st.sampled_from(["channel", "edited", "scored", "reply", "?"])
    )
    def a_worker_breaks_the_protocol(self, pick: int, kind: str) -> None:
        found = self._processes()
        process = choose(found, pick)
        if kind == "channel":
            self._tell(ChannelBroken(process, "garbage"))  # type: ignore[arg-type]
        else:
            # Without its fields, whether or not it is its time.
            self._say(process, kind)
        assert process.killed or process.buried

    @precondition(lambda self: not self.over)
    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds: int) -> None:
        """Workers that hang or are stopped say nothing; some are condemned for it."""
        assert self.stage is not None
        for _ in range(seconds):
            Clock.now += 1.0
            try:
                self.stage.pool.check_deadlines()
            except WorkersLostError:
                self.over = True
                return
            assert self.allowed == {}
            for process in Process.made:
                waits = bool(process.open) or not process.ready
                assert not (waits and process.counts and Clock.now > process.since + TIMEOUT)

    @precondition(lambda self: self.stage is not None)
    @rule(torn=st.binary(max_size=5), kill=st.booleans())
    def the_run_is_interrupted_and_resumed(self, torn: bytes, *, kill: bool) -> None:
        self._resume(torn if kill else b"")

    # What holds at any time.

    @invariant()
    def no_sample_is_at_two_places(self) -> None:
        in_hand = [
            sample
            for process in Process.made
            if not process.buried
            for sample in process.open.values()
        ]
        assert len(set(in_hand)) == len(in_hand)
        assert not set(in_hand) & self.finished.keys()

    @invariant()
    def nobody_is_idle_while_there_is_work(self) -> None:
        if self.stage is not None and not self.over and self.stage.pool.ready_workers():
            assert not self.stage._scheduler.has_work()

    @invariant()
    def the_rows_are_what_was_announced(self) -> None:
        if self.stage is not None:
            assert self._rows() == list(self.finished.items())

    def teardown(self) -> None:
        """Leave the run in peace, which must then end, with every sample."""
        try:
            # Not where a rule has failed: its error is to be seen.
            if self.stage is not None and sys.exc_info()[0] is None:
                self._come_to_an_end()
        finally:
            for patch in self.patches:
                patch.stop()
            self.folder.cleanup()

    def _come_to_an_end(self) -> None:
        assert self.stage is not None
        for _ in range(LONGEST):
            if self.over:
                self.max_lost = 100
                self._resume()
            if not self.stage.needs_workers():
                break
            self._one_turn()
        assert not self.stage.needs_workers(), "the run hangs"
        self.stage.finish(lambda: False)
        assert sorted(self.finished) == [sample.id for sample in self.samples]
        assert self._rows() == list(self.finished.items())
        self.store.close()

    def _one_turn(self) -> None:
        for process in list(self._processes()):
            if process.killed or process.buried:
                process.exited = True
                self._tell(ProcessExited(process, -9, "killed"))  # type: ignore[arg-type]
            elif not process.ready:
                self._load(process)
            elif process.open and not process.began:
                self._begin_request(process)
            elif process.open:
                self._answer(process)
            if self.over:
                return
        self.time_passes(1)


class Editing(Stage):
    """The same with single samples, and pictures that are not there."""

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def an_edit_is_announced_and_its_picture_is_not_there(self, pick: int) -> None:
        process = choose(self._processes(began=True), pick)
        self._image_of(process).unlink(missing_ok=True)
        self._say_edited(process)
        assert process.killed or process.buried


class Judging(Stage):
    """The same with batches, parts of answers, and samples that were not edited."""

    scores = True

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def a_judge_ends_a_batch_with_replies_missing(self, pick: int) -> None:
        process = choose(self._processes(began=True), pick)
        self._say_of_request(process, "scored", seconds=0.1)
        assert process.killed or process.buried

    @precondition(lambda self: not self.over and self._processes(began=True))
    @rule(pick=st.integers(0, 99))
    def a_judge_replies_twice_to_one_sample(self, pick: int) -> None:
        process = choose(self._processes(began=True), pick)
        if len(process.open) > 1:
            position = next(iter(process.open))
            self._reply(process, position)
            self._reply_frame(process, position)
            assert process.killed or process.buried


SETTINGS = settings(max_examples=200, stateful_step_count=50)


def test_every_sample_is_edited_failed_crashed_or_timed_out_once() -> None:
    run_state_machine_as_test(Editing, settings=SETTINGS)


def test_every_sample_is_judged_or_has_its_reason_once() -> None:
    run_state_machine_as_test(Judging, settings=SETTINGS)
