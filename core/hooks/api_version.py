"""The version of the plugin API, and whether what a plugin was written for can be used.

Standard library only: `editgauge.API_VERSION` is there in workers, too.
"""

import re

API_VERSION = "1.0"
"""Version of what plugins are written against, `MAJOR.MINOR`.

A new minor version adds to it; a new major version takes something away or changes its meaning.
"""

_FORM = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII)


def parse_api_version(text: object) -> tuple[int, int]:
    """Return major and minor of a version.

    Raises:
        ValueError: it is no text of the form `1.0`.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(
            f"a version of the plugin API is a text like {API_VERSION!r}, not {text!r}"
        )
    return int(found[1]), int(found[2])


def is_compatible(version: tuple[int, int], own: str = API_VERSION) -> bool:
    """Return whether what was written for a version works with this editgauge.

    Args:
        version: major and minor that a registration was written for.
        own: the version of this editgauge.
    """
    major, minor = parse_api_version(own)
    return version[0] == major and version[1] <= minor


def what_to_do(version: tuple[int, int], package: str, own: str = API_VERSION) -> str:
    """Return what to do about a registration for another version, as a clause.

    Args:
        version: major and minor that it was written for.
        package: the distribution that brings it, or an empty string.
        own: the version of this editgauge.
    """
    if version > parse_api_version(own):
        return "upgrade editgauge"
    if package:
        return f"install a version of {package} that is written for {own}"
    return f"change the plugin to what {own} asks for, and its 'api' to {own!r}"
