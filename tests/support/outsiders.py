"""An environment as a plugin author has it: editgauge from its wheel, and no checkout."""

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_command(
    command: list[str], *, cwd: Path, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed, and return what it wrote."""
    done = subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, env=environ
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def files_of_the_checkout() -> list[str]:
    """Return every file and link that belongs to the project, whether committed or new."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    listing = run_command(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT
    )
    names = [name for name in listing.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).exists() or (ROOT / name).is_symlink()]


def built_wheel(factory: pytest.TempPathFactory) -> Path:
    """Build a source archive from a copy of the checkout, and the wheel from the archive.

    Once for all processes of a test session: the first builds, the others wait for it.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "built-wheel"
    with (shared / "built-wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            work = factory.mktemp("build")
            for name in files_of_the_checkout():
                target = work / "tree" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target, follow_symlinks=False)
            build = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
            run_command([*build, str(work / "dist"), str(work / "tree")], cwd=work)
            (work / "dist").rename(folder)
    (path,) = folder.glob("*.whl")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsider:
    """A virtual environment with editgauge from its wheel, beside the libraries of this one."""

    folder: Path

    @property
    def python(self) -> str:
        """Return its interpreter."""
        return str(self.folder / "bin" / "python")

    def run(self, *command: str, cwd: Path) -> str:
        """Run a command of the environment, and return what it wrote to stdout."""
        return run_command(
            [str(self.folder / "bin" / command[0]), *command[1:]], cwd=cwd, environ=self._environ()
        ).stdout

    def install(self, *what: Path) -> None:
        """Install wheels or folders as pip does, without asking a registry."""
        options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile"]
        pip = ["python", "-m", "pip", "--disable-pip-version-check", "install", *options]
        self.run(*pip, *map(str, what), cwd=self.folder)

    def copy(self, source: Path, folder: Path) -> Path:
        """Copy a package's source into a folder, without what building and running leave."""
        left_out = ("build", "*.egg-info", "__pycache__", "runs", ".*_cache")
        target = folder / source.name
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left_out))
        return target

    def _environ(self) -> dict[str, str]:
        ours = ("PYTHON", "PYTEST", "EDITGAUGE", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return kept | {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def make_outsider(factory: pytest.TempPathFactory) -> Outsider:
    """Make the environment; the libraries of this one are seen, its own editgauge is not."""
    folder = factory.mktemp("outsider")
    venv.create(folder, symlinks=True, with_pip=False)
    places = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", vars=places))
    # A line of a .pth file is searched last, and the .pth files in it are not read: neither those
    # of an editable install, nor anything else that is not a plain package.
    lines = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "libraries.pth").write_text("".join(f"{line}\n" for line in sorted(lines)))
    found = Outsider(folder=folder)
    found.install(built_wheel(factory))
    return found
