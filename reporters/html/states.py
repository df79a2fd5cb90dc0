"""How far a sample came in a run: one word of a closed list, made of both of its outcomes."""

from enum import StrEnum

from editgauge.core.outcomes import EditOutcome, ScoreOutcome


class State(StrEnum):
    """What the report files a sample under; in the order in which the report lists them."""

    SCORED = "scored"
    EDITED = "edited"
    """Edited, in a run without a judge."""
    EDIT_FAILED = "edit-failed"
    EDIT_TIMEOUT = "edit-timeout"
    EDIT_CRASHED = "edit-crashed"
    UNPARSED = "unparsed"
    OUT_OF_RANGE = "out-of-range"
    SCORE_FAILED = "score-failed"
    SCORE_TIMEOUT = "score-timeout"
    SCORE_CRASHED = "score-crashed"
    NOT_JUDGED = "not-judged"
    """Edited, and the run ended before it was judged."""
    WAITING = "not-reached"
    """The run ended before it was edited."""


GOOD = frozenset({State.SCORED, State.EDITED})
OPEN = frozenset({State.NOT_JUDGED, State.WAITING})
"""Not done, which is no failure."""
NOT_EDITED = frozenset({State.EDIT_FAILED, State.EDIT_TIMEOUT, State.EDIT_CRASHED, State.WAITING})

LABELS: dict[State, str] = {
    State.SCORED: "scored",
    State.EDITED: "edited",
    State.EDIT_FAILED: "edit failed",
    State.EDIT_TIMEOUT: "edit timed out",
    State.EDIT_CRASHED: "edit crashed",
    State.UNPARSED: "reply unparsed",
    State.OUT_OF_RANGE: "score out of range",
    State.SCORE_FAILED: "judging failed",
    State.SCORE_TIMEOUT: "judging timed out",
    State.SCORE_CRASHED: "judging crashed",
    State.NOT_JUDGED: "not judged yet",
    State.WAITING: "not reached",
}

EDIT_STATES: dict[EditOutcome, State] = {
    EditOutcome.OK: State.EDITED,
    EditOutcome.FAILED: State.EDIT_FAILED,
    EditOutcome.TIMEOUT: State.EDIT_TIMEOUT,
    EditOutcome.CRASHED: State.EDIT_CRASHED,
}

SCORE_STATES: dict[ScoreOutcome, State] = {
    ScoreOutcome.OK: State.SCORED,
    ScoreOutcome.UNPARSED: State.UNPARSED,
    ScoreOutcome.OUT_OF_RANGE: State.OUT_OF_RANGE,
    ScoreOutcome.FAILED: State.SCORE_FAILED,
    ScoreOutcome.TIMEOUT: State.SCORE_TIMEOUT,
    ScoreOutcome.CRASHED: State.SCORE_CRASHED,
}
