"""What a session raises that cannot be used any more."""

from editgauge.core.outcomes import ExitCode


class SessionError(Exception):
    """A session cannot be used: it was closed, has ended, or belongs to another process.

    Attributes:
        exit_code: what a run that ended for the same reason exits with; None if the session was
            closed, or is used in another process.
    """

    def __init__(self, message: str, exit_code: ExitCode | None = None) -> None:
        """Say why."""
        self.exit_code = exit_code
        super().__init__(message)
