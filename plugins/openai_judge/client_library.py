"""The official client, or how to get it."""

import sys

try:
    import openai
except ModuleNotFoundError as error:
    raise ImportError(
        f"{error}; the judge `openai` needs the extra 'openai': pip install 'editgauge[openai]', "
        f"or, in a Python of the worker's own, {sys.executable} -m pip install openai"
    ) from error

__all__ = ["openai"]
