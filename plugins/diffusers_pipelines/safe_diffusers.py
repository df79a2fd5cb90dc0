"""diffusers, imported after it was told to run no code of model repositories."""

import os

# It reads this once, when it is imported.
os.environ.setdefault("DIFFUSERS_DISABLE_REMOTE_CODE", "1")

import diffusers

__all__ = ["diffusers"]
