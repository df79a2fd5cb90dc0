"""Annotations of GitHub Actions: commands that its runner reads from a job's output.

The format is that of GitHub's "Workflow commands for GitHub Actions":
`::error title={title}::{message}`. In a message `%`, carriage return and line feed are written as
`%25`, `%0D` and `%0A`, in a property also `:` as `%3A` and `,` as `%2C`. GitHub shows ten
annotations of each kind and step, and drops the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from editgauge.core.text import clean, shorten

Kind = Literal["error", "warning", "notice"]
KINDS: tuple[Kind, ...] = ("error", "warning", "notice")
MOST_OF_A_KIND = 10
"""Annotations of one kind that GitHub shows for a step."""
_TITLE_LENGTH = 200
_MESSAGE_LENGTH = 2_000
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", "\t": " "})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark that GitHub shows above the job; title and message are as they came."""

    kind: Kind
    title: str
    message: str

    def line(self) -> str:
        """Return the command; whatever the texts are, it is one line and one command."""
        title = clean(shorten(self.title, _TITLE_LENGTH)).translate(_PROPERTY)
        message = clean(shorten(self.message, _MESSAGE_LENGTH), keep_newlines=True)
        return f"::{self.kind} title={title}::{message.translate(_DATA)}"


def lines_of(annotations: Sequence[Annotation]) -> list[str]:
    """Return the commands, errors first; what GitHub would not show is counted in the last of ten.

    The order within a kind stays, so the most important should come first.
    """
    lines = []
    for kind in KINDS:
        of_kind = [annotation for annotation in annotations if annotation.kind == kind]
        shown = of_kind
        if len(of_kind) > MOST_OF_A_KIND:
            shown = of_kind[: MOST_OF_A_KIND - 1]
            more = f"{len(of_kind) - len(shown):,} more like these; the job summary lists them"
            shown.append(Annotation(kind, "editgauge", more))
        lines += [annotation.line() for annotation in shown]
    return lines
