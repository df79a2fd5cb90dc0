"""How problems stand out on a terminal: SGR sequences of ECMA-48."""

from editgauge.reporters.levels import Level

_COLORS: dict[Level, str] = {"warning": "\x1b[33m", "error": "\x1b[31m", "debug": "\x1b[2m"}
_PLAIN = "\x1b[0m"


def colored(text: str, level: Level) -> str:
    """Return text in the colour of its level: warnings yellow, errors red, `info` as it is."""
    color = _COLORS.get(level)
    return f"{color}{text}{_PLAIN}" if color else text
