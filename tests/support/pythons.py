"""Other Python environments for tests."""

import sysconfig
import venv
from pathlib import Path

import PIL


def make_empty_python(folder: Path) -> Path:
    """Make a virtual environment that has nothing; return its interpreter."""
    venv.create(folder, symlinks=True, with_pip=False)
    return folder / "bin" / "python"


def make_bare_python(folder: Path) -> Path:
    """Make a virtual environment that has Pillow and nothing else; return its interpreter."""
    python = make_empty_python(folder)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    for source in (Path(PIL.__file__).parent, Path(PIL.__file__).parents[1] / "pillow.libs"):
        if source.exists():
            (site / source.name).symlink_to(source)
    return python
