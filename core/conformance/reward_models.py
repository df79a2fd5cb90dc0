"""The checks of reward models: judges that write, judges read by their odds, and metrics."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editgauge.core.conformance.checks import Checks, NotTriedError
from editgauge.core.conformance.hosting import Answer
from editgauge.core.conformance.model_trials import (
    MODEL_FIRST,
    MODEL_LAST,
    Lost,
    ModelTrial,
    failure,
)
from editgauge.core.conformance.parts import Part
from editgauge.core.conformance.probe import POISON
from editgauge.core.judging.replies import Judgement, judge
from editgauge.core.judging.rubrics import Rubric, load_rubrics, render
from editgauge.core.models import Reply
from editgauge.core.outcomes import ScoreOutcome
from editgauge.core.samples import Sample
from editgauge.core.workers.protocol import Frame

_EDITS = {"bright": ("dark", "wide"), "flat": ("wide", "plain"), "same": ("tall", "tall")}
"""The requests of the checks: by id, the names of source and edited image."""

_NOT_AS_TOLD = "two different replies"
_OF_OTHER_CHECKS = ("one reply per request", _NOT_AS_TOLD)
"""In the words of the worker, failures that other checks find."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch.

    Attributes:
        ids: the ids of its requests.
        result: what the worker said.
        replies: by id, the first reply that came.
    """

    ids: tuple[str, ...]
    result: Answer | Lost
    replies: dict[str, Reply]

    @property
    def failed(self) -> str:
        """Why there is no result, or an empty string."""
        return failure(self.result)


class RewardTrial(ModelTrial):
    """A reward model at work."""

    def __init__(self, part: Part, folder: Path, *, instruction: str, tolerance: float) -> None:
        super().__init__(part, folder, instruction=instruction, tolerance=tolerance)
        self.rubric: Rubric = load_rubrics(part.config).default
        self._batches: dict[str, Batch] = {}

    def batch(self, name: str, ids: Sequence[str]) -> Batch:
        """Return what came of a batch; it is asked for when it is first wanted.

        Args:
            name: what the checks call it.
            ids: its requests; those that begin with `POISON` get images that are closed.
        """
        if name not in self._batches:
            answer = self.asked(lambda host: host.score([self._request(one) for one in ids]))
            parts = [] if isinstance(answer, Lost) else answer.parts
            replies = {
                ids[part["position"]]: _reply(part) for part in parts if part["kind"] == "reply"
            }
            self._batches[name] = Batch(tuple(ids), answer, replies)
        return self._batches[name]

    def first(self) -> Batch:
        """Return the first batch, which others are compared with.

        Raises:
            NotTriedError: it failed.
        """
        batch = self.batch("first", list(_EDITS))
        if batch.failed:
            raise NotTriedError("the first batch failed")
        return batch

    def judged(self, reply: Reply) -> Judgement:
        """Return what a run makes of a reply."""
        return judge(self.rubric, reply, score_by=self.part.config.score_by)

    def apart(self, one: Reply, other: Reply) -> str:
        """Return how two replies differ that should be the same, or an empty string."""
        first, second = self.judged(one), self.judged(other)
        if first.score is not None and second.score is not None:
            if abs(first.score - second.score) <= self.tolerance:
                return ""
            allowed = f" (at most {self.tolerance:g} apart is allowed)"
            return f"scores {first.score:g} and {second.score:g}{allowed}"
        if one.text == other.text and repr(one.value) == repr(other.value):
            return ""
        return f"{one.text[:60]!r} and {other.text[:60]!r}"

    def _request(self, request_id: str) -> Frame:
        source, edited = _EDITS[request_id.removeprefix(POISON).split("/")[0]]
        index = list(_EDITS).index(request_id.removeprefix(POISON).split("/")[0])
        sample = Sample(
            id=request_id,
            index=index,
            images=(str(self.pictures[source]),),
            instruction=self.instruction,
        )
        config = self.part.config
        prompt = render(
            self.rubric, sample, judge_images=config.judge_images, score_by=config.score_by
        )
        paths = {"source": self.pictures[source], "edited": self.pictures[edited]}
        return {
            "id": request_id,
            "index": index,
            "images": [str(paths[role]) for role in prompt.images],
            "system": prompt.system,
            "prompt": prompt.prompt,
            "labels": list(prompt.labels),
            "values": list(prompt.values),
        }


REWARD_CHECKS: Checks[RewardTrial] = Checks(*MODEL_FIRST.all)


@REWARD_CHECKS.add(
    "scores",
    "an ordinary batch gives replies",
    tries=f"Asks for the scores of a batch of {len(_EDITS)} edits, with the prompt of the "
    "configured rubric.",
    mend="let `score` handle more than one request, whatever `batch_size` is configured",
)
def _scores(trial: RewardTrial) -> Iterator[str]:
    batch = trial.batch("first", list(_EDITS))
    if any(words in batch.failed for words in _OF_OTHER_CHECKS):
        raise NotTriedError("other checks say why the batch failed")
    if batch.failed:
        yield f"a batch of {len(_EDITS)} failed: {batch.failed}"


@REWARD_CHECKS.add(
    "number-of-replies",
    "one reply for each request",
    tries="Counts the replies that `score` returned for each batch so far.",
    mend="return a list with as many replies as there are requests, in their order",
)
def _number(trial: RewardTrial) -> Iterator[str]:
    trial.batch("first", list(_EDITS))
    for note in _scored(trial):
        if note["returned"] is None:
            yield f"`score` should return a list of replies, got {note['type']}"
        elif len(note["returned"]) != len(note["ids"]):
            yield f"{len(note['ids'])} requests got {len(note['returned'])} replies"


@REWARD_CHECKS.add(
    "order-of-replies",
    "replies come in the order of the requests",
    tries="Compares the order of what `on_reply` was told with that of what `score` returned. "
    "Hands over the same requests in another order; each has to get its own reply again.",
    mend="let `replies[i]`, and what `on_reply(i, ...)` is told, be the reply to `requests[i]`: "
    "append one per request in one loop over `requests`; after sorting by length, sort back",
)
def _order(trial: RewardTrial) -> Iterator[str]:
    trial.batch("first", list(_EDITS))
    for note in _scored(trial):
        if others := _in_another_order(note):
            told, returned = _by_position(note), note["returned"]
            yield (
                "`score` returned the replies in another order than `on_reply` was told, at "
                f"positions {', '.join(map(str, others))}: `on_reply({others[0]}, ...)` was told "
                f"{_shown(told[others[0]])}, and `replies[{others[0]}]` is "
                f"{_shown(returned[others[0]])}"
            )
            return
    first = trial.first()
    ids = list(_EDITS)
    turned = trial.batch("turned", [*ids[1:], ids[0]])
    if turned.failed:
        yield f"the same requests in another order failed: {turned.failed}"
        return
    wrong = [
        f"{one!r}: {apart}"
        for one in ids
        if (apart := trial.apart(first.replies[one], turned.replies[one]))
    ]
    if wrong:
        yield f"in another order, requests got other replies; {'; '.join(wrong)}"


@REWARD_CHECKS.add(
    "batch-or-single",
    "a batch gives what its requests give one by one",
    tries="Scores each request alone, too, and compares (`tolerance`, in units of the score).",
    mend="pad on the left and mask what is padded; keep nothing from one request for the next",
)
def _batch_or_single(trial: RewardTrial) -> Iterator[str]:
    first = trial.first()
    for one in _EDITS:
        single = trial.batch(f"single {one}", [one])
        if single.failed:
            yield f"the request {one!r} alone failed: {single.failed}"
        elif apart := trial.apart(first.replies[one], single.replies[one]):
            yield f"the request {one!r} in a batch and alone: {apart}"


@REWARD_CHECKS.add(
    "early-replies",
    "each reply is told by `on_reply`, once, as it is returned",
    tries="Compares what `on_reply` was told with what `score` returned.",
    mend="call `on_reply(position, reply)` once for each request, with its position in the batch "
    "from 0, as soon as the reply is ready",
)
def _early_replies(trial: RewardTrial) -> Iterator[str]:
    trial.batch("first", list(_EDITS))
    for note in _scored(trial):
        size, told = len(note["ids"]), note["told"]
        positions = [call["position"] for call in told]
        for position in positions:
            if not isinstance(position, int) or not 0 <= position < size:
                yield f"`on_reply` was called with position {position!r} of a batch of {size}"
                return
        twice = [position for position, times in Counter(positions).items() if times > 1]
        if twice:
            yield f"`on_reply` was called {positions.count(twice[0])} times for one request"
        if note["returned"] is None or len(note["returned"]) != size:
            continue
        if _in_another_order(note):
            raise NotTriedError("the replies are in another order")
        if not positions:
            yield "`on_reply` was never called, so a crash would lose the whole batch"
        elif missing := [number for number in range(size) if number not in positions]:
            yield f"`on_reply` was not called for request {missing[0]} of a batch of {size}"
        for call in told:
            returned = note["returned"][call["position"]]
            if _said(call) != _said(returned):
                yield (
                    f"`on_reply` told {_shown(call)} for request {call['position']}, and `score` "
                    f"returned {_shown(returned)}"
                )


@REWARD_CHECKS.add(
    "score-range",
    "a value lies within the range of the rubric",
    tries="Compares every `Reply.value` with `minimum` and `maximum` of the configured rubric, "
    "and asks for a value where `score_by` is `logprobs`.",
    mend="bring a rubric of your own in the config model (`rubric: RubricConfig = RubricConfig("
    "name=..., prompt=..., minimum=..., maximum=...)`), and return finite numbers",
)
def _score_range(trial: RewardTrial) -> Iterator[str]:
    rubric = trial.rubric
    for one, reply in trial.batch("first", list(_EDITS)).replies.items():
        if reply.value is None:
            if trial.part.config.score_by == "logprobs":
                yield f"the reply to {one!r} has no value, although there are labels"
        elif trial.judged(reply).outcome != ScoreOutcome.OK:
            yield (
                f"the value {reply.value} of {one!r} is not within {rubric.minimum:g} to "
                f"{rubric.maximum:g}, the range of the rubric {rubric.name!r}"
            )


@REWARD_CHECKS.add(
    "failed-request",
    "a request that fails gets no invented reply, and the next batch is intact",
    tries="Puts images that raise when they are looked at into the middle of a batch. That request "
    "may get no reply; then the first batch is repeated and has to give the first replies.",
    mend="raise, and never return a middle value instead; undo what was changed in a `finally`",
)
def _failed_request(trial: RewardTrial) -> Iterator[str]:
    first = trial.first()
    ids = list(_EDITS)
    bad = f"{POISON}{ids[1]}"
    batch = trial.batch("poisoned", [ids[0], bad, ids[2]])
    if isinstance(batch.result, Lost):
        yield f"an image that cannot be read ended the worker: {batch.result.why}"
    elif bad in batch.replies:
        yield (
            f"images that cannot be read got the reply {batch.replies[bad].text[:60]!r} all the "
            "same; where is it from?"
        )
    after = trial.batch("after", ids)
    if after.failed:
        yield f"the batch after a failed one failed, too: {after.failed}"
        return
    for one in ids:
        if apart := trial.apart(first.replies[one], after.replies[one]):
            yield f"the request {one!r} after a failed batch: {apart}"


REWARD_CHECKS.all += MODEL_LAST.all


def _scored(trial: RewardTrial) -> list[dict[str, Any]]:
    """Return what was noted of batches that did not fail on purpose."""
    return [
        note
        for note in trial.noted("scored")
        if not any(one.startswith(POISON) for one in note["ids"])
    ]


def _by_position(note: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    """Return what `on_reply` was told first for each position of a batch."""
    return {call["position"]: call for call in reversed(note["told"])}


def _in_another_order(note: dict[str, Any]) -> list[int]:
    """Return the positions that differ where the same replies were told and returned."""
    told, returned = _by_position(note), [_said(reply) for reply in note["returned"] or ()]
    if sorted(told, key=str) != sorted(range(len(note["ids"])), key=str):
        return []
    in_order = [_said(told[position]) for position in range(len(told))]
    if Counter(in_order) != Counter(returned):
        return []
    return [number for number, reply in enumerate(in_order) if reply != returned[number]]


def _said(reply: dict[str, Any]) -> tuple[Any, Any]:
    return reply["text"], reply["value"]


def _reply(part: Frame) -> Reply:
    value = part["value"]
    return Reply(part["text"], None if value is None else float(value), part["truncated"])


def _shown(reply: dict[str, Any]) -> str:
    return f"{str(reply['text'])[:60]} with value {reply['value']}"
