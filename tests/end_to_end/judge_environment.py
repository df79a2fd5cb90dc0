"""Makes a second virtual environment for a judge, without downloading anything."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

JUDGE_NEEDS = ("torch", "torchvision", "transformers", "accelerate", "pillow")
BLOCKED = ("pydantic", "pydantic-core")


def make_judge_environment(folder: Path) -> Path:
    """Make the environment in a folder and return its interpreter.

    It has what a judge needs and all that this requires, as links to what is installed here; only
    pydantic is replaced by a package that cannot be imported, for transformers brings it through
    typer. There is no editgauge and no pluggy.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    for distribution in _required(JUDGE_NEEDS):
        for entry in _top_level(distribution):
            link = packages / entry.name
            if not link.exists():
                link.symlink_to(entry)
    for name in BLOCKED:
        blocked = packages / name.replace("-", "_")
        blocked.mkdir()
        (blocked / "__init__.py").write_text(f"raise ImportError({f'{name} is blocked'!r})\n")
    return folder / "bin" / "python"


def _required(names: tuple[str, ...]) -> Iterator[importlib.metadata.Distribution]:
    """Yield distributions and what they require here, each once."""
    waiting, known = list(names), {canonicalize_name(name) for name in BLOCKED}
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in known:
            continue
        known.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)


def _top_level(distribution: importlib.metadata.Distribution) -> set[Path]:
    """Return the files and folders of a distribution that lie directly in site-packages."""
    home = Path(str(distribution.locate_file("")))
    names = {path.parts[0] for path in distribution.files or ()}
    # Scripts lie outside (`../../../bin`); byte code of single modules is made anew.
    return {home / name for name in names - {"..", "__pycache__"}}
