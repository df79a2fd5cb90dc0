"""diffusers, told to run no code of model repositories, and what it is used with; or how to get it.

Imported before anything else imports them, so that the first library that is missing is explained.
"""

import os
import sys

# It reads this once, when it is imported.
os.environ.setdefault("DIFFUSERS_DISABLE_REMOTE_CODE", "1")

try:
    import diffusers
    import torch
    import transformers
except ModuleNotFoundError as error:
    raise ImportError(
        f"{error}; models of diffusers need the extra 'qwen': pip install 'editgauge[qwen]', or, "
        f"in a Python of the worker's own, {sys.executable} -m pip install accelerate diffusers "
        "peft torch torchvision transformers"
    ) from error

__all__ = ["diffusers", "torch", "transformers"]
