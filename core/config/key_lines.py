"""In which line of a file each key stands."""

from collections.abc import Iterator
from pathlib import Path

import yaml


def key_lines(path: Path) -> dict[str, int]:
    """Return the line of each key of a configuration by its dotted path, from 1.

    Args:
        path: a file that was read as a configuration already, so that it is known to be harmless.

    Raises:
        OSError: the file is gone by now.
        yaml.YAMLError: it has changed by now.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    return dict(_lines(node, ()))


def _lines(node: yaml.Node | None, path: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        below = (*path, str(key.value))
        yield ".".join(below), key.start_mark.line + 1
        yield from _lines(value, below)
