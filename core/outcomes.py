"""How a sample left a stage, and how a run ended: closed lists."""

from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """The two stages of a run."""

    EDIT = "edit"
    SCORE = "score"


class EditOutcome(StrEnum):
    """How a sample left the edit stage; only `OK` has an edited image."""

    OK = "ok"
    FAILED = "failed"
    """The model raised, or the source image could not be read."""
    TIMEOUT = "timeout"
    """No answer within `request_timeout`."""
    CRASHED = "crashed"
    """Two workers died after they had begun to edit this sample alone."""


class ScoreOutcome(StrEnum):
    """How a sample left the score stage; only `OK` has a score."""

    OK = "ok"
    UNPARSED = "unparsed"
    """The judge replied, and the rubric's parser found no single score in the reply."""
    OUT_OF_RANGE = "out_of_range"
    """The judge gave a number outside of the rubric's range."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    NOT_EDITED = "not_edited"
    """There is no edited image, so there is nothing to score."""


class RunStatus(StrEnum):
    """The state of a run in its manifest."""

    RUNNING = "running"
    FINISHED = "finished"
    """Every selected sample left every stage, whatever its outcome."""
    FAILED = "failed"
    """The run could not go on: workers, a write error or an internal error."""
    INTERRUPTED = "interrupted"


class ExitCode(IntEnum):
    """Exit codes of `editgauge run`."""

    OK = 0
    INTERNAL_ERROR = 1
    USAGE = 2
    """Usage, configuration or plugin error; also a worker environment that fails its preflight."""
    NOTHING_SELECTED = 4
    TOO_MANY_FAILURES = 100
    WORKERS_LOST = 101
    """Workers could not be started or kept alive, or the run lost too many of them."""
    WRITE_ERROR = 110
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143
