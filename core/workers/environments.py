"""Which interpreter a worker runs, what it can import, and its environment variables."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import editgauge
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.code_digest import FreshLoader
from editgauge.core.workers.passed_variables import passed_variables

WORKER_VARIABLE = "EDITGAUGE_WORKER"
"""Environment variable with the worker's name: `edit-0`, `score-1`, `preflight-edit`."""
INNER_TARGET = "of_target"
"""Key of a model's configuration in its worker: the target of the model within it."""
RUN_DIR_VARIABLE = "EDITGAUGE_RUN_DIR"
"""Environment variable with the absolute path of the run directory, where there is one."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_OF_ANOTHER_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


class EnvironmentNotFoundError(ValueError):
    """The configured interpreter or conda environment does not exist."""


def find_interpreter(workers: WorkersConfig) -> str:
    """Return the absolute path of the interpreter that workers run.

    Raises:
        EnvironmentNotFoundError: `python` or `conda_env` names nothing that can be run.
    """
    if workers.conda_env is not None:
        return str(find_conda_env(workers.conda_env) / "bin" / "python")
    if workers.python is None:
        return sys.executable
    path = Path(workers.python).expanduser()
    found = shutil.which(str(path))
    if found is None:
        raise EnvironmentNotFoundError(
            f"no interpreter at {workers.python!r} (looked for {path.absolute()}, and for the "
            "name on PATH); give the path of the environment's bin/python"
        )
    # Not resolved: a virtual environment is known by the link itself.
    return str(Path(found).absolute())


def find_conda_env(name: str) -> Path:
    """Return the folder of a conda environment given by name or path.

    Looked for, in this order: the path itself, the environments that conda lists in
    `~/.conda/environments.txt`, and `envs` of the roots that CONDA_EXE, CONDA_PREFIX and
    CONDA_ENVS_PATH point to.

    Raises:
        EnvironmentNotFoundError: there is none with an interpreter.
    """
    candidates = [Path(name).expanduser().absolute()] if os.sep in name else []
    listing = Path("~/.conda/environments.txt").expanduser()
    if listing.is_file():
        lines = listing.read_text(encoding="utf-8", errors="replace").splitlines()
        candidates += [Path(line) for line in lines if Path(line).name == name]
    for variable, depth in (("CONDA_EXE", 1), ("CONDA_PREFIX", 0), ("CONDA_PREFIX", 2)):
        value = os.environ.get(variable)
        if value:
            root = Path(value) if depth == 0 else Path(value).parents[min(depth, 1)]
            candidates.append(root / "envs" / name)
            if root.name == name:
                candidates.append(root)
    candidates += [
        Path(folder) / name for folder in os.environ.get("CONDA_ENVS_PATH", "").split(":") if folder
    ]
    for candidate in candidates:
        if (candidate / "bin" / "python").exists():
            return candidate
    raise EnvironmentNotFoundError(
        f"no conda environment {name!r} (looked at "
        f"{', '.join(str(place) for place in candidates) or 'no place: conda was not found'}"
        "); give its path, or set 'python' to its interpreter"
    )


def worker_environment(
    interpreter: str,
    additions: Mapping[str, str],
    *,
    settings: WorkersConfig,
    threads: int | None,
    name: str = "",
    run_dir: Path | None = None,
) -> dict[str, str]:
    """Return the environment variables of a worker: what may pass, and what is set for it.

    Args:
        interpreter: if it is not the parent's own, what points at the parent's packages is left
            out.
        additions: variables that bind devices.
        settings: more variables that may pass (`pass_env`), and variables to set (`env`).
        threads: CPU threads, or None for the libraries' own choice.
        name: the worker's name, which it finds in EDITGAUGE_WORKER.
        run_dir: the run directory, which it finds in EDITGAUGE_RUN_DIR; None where there is none.
    """
    environment = passed_variables(os.environ, settings.pass_env)
    for variable in (WORKER_VARIABLE, RUN_DIR_VARIABLE):
        # A worker that starts a run of its own is not that run's worker.
        environment.pop(variable, None)
    if interpreter != sys.executable:
        for variable in _OF_ANOTHER_PYTHON:
            environment.pop(variable, None)
    environment |= {
        "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TQDM_DISABLE": "1",
    }
    if threads is not None:
        environment |= dict.fromkeys(_THREAD_VARIABLES, str(threads))
    environment |= {key: value.get_secret_value() for key, value in settings.env.items()}
    if name:
        environment[WORKER_VARIABLE] = name
    if run_dir is not None:
        environment[RUN_DIR_VARIABLE] = str(run_dir.absolute())
    return environment | dict(additions)


def child_script() -> str:
    """Return the path of the worker's script."""
    return str(_package_folder() / "core" / "workers" / "child.py")


def guard_script() -> str:
    """Return the path of the guard's script."""
    return str(_package_folder() / "core" / "workers" / "guard.py")


def _package_folder() -> Path:
    return Path(editgauge.__file__).absolute().parent


def locations(*targets: str) -> dict[str, dict[str, Any]]:
    """Return where a worker finds editgauge and the top-level packages of targets, if not empty.

    Raises:
        EnvironmentNotFoundError: the parent cannot find the package either.
    """
    names = {"editgauge"}
    names |= {target.partition(":")[0].partition(".")[0] for target in targets if target}
    return {name: _locate(name) for name in sorted(names)}


def _locate(name: str) -> dict[str, Any]:
    if name == "editgauge":
        folder = _package_folder()
        return {"file": str(folder / "__init__.py"), "folders": [str(folder)]}
    if name == "__main__":
        raise EnvironmentNotFoundError(
            "a model that is defined in a program or notebook cannot be imported by workers; put "
            "it into a file of its own, and name the file as a plugin"
        )
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise EnvironmentNotFoundError(
            f"the package {name!r} of a registered model cannot be found; is it installed? "
            "In a plugin file, the target begins with the name of the file"
        )
    folders = spec.submodule_search_locations
    found: dict[str, Any] = {
        "file": spec.origin if spec.has_location else None,
        "folders": None
        if folders is None
        else [str(Path(folder).absolute()) for folder in folders],
    }
    if isinstance(spec.loader, FreshLoader):
        found["sha256"] = spec.loader.digest
    return found
