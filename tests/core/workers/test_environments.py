import os
import sys
from pathlib import Path

import pytest

from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.workers.environments import (
    EnvironmentNotFoundError,
    find_conda_env,
    find_interpreter,
    locations,
    worker_environment,
)


def test_without_a_choice_the_parents_interpreter_is_taken() -> None:
    assert find_interpreter(WorkersConfig()) == sys.executable


def test_an_interpreter_is_found_by_path_or_name_and_its_link_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "python-of-mine"
    link.symlink_to(sys.executable)
    assert find_interpreter(WorkersConfig(python=str(link))) == str(link)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_interpreter(WorkersConfig(python="python-of-mine")) == str(link)


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotFoundError, match=r"no interpreter at .*nowhere"):
        find_interpreter(WorkersConfig(python=str(tmp_path / "nowhere")))


def test_a_conda_environment_is_found_by_name_and_by_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "conda" / "envs" / "judge" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("CONDA_EXE", str(tmp_path / "conda" / "bin" / "conda"))
    assert find_interpreter(WorkersConfig(conda_env="judge")) == str(python)
    assert find_conda_env(str(python.parents[1])) == python.parents[1]
    with pytest.raises(EnvironmentNotFoundError, match="no conda environment 'jugde'"):
        find_conda_env("jugde")


def test_another_python_is_not_pointed_at_the_parents_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    other = worker_environment("/usr/bin/other", {}, settings=WorkersConfig(), threads=None)
    assert "PYTHONPATH" not in other
    assert "VIRTUAL_ENV" not in other
    assert (
        worker_environment(sys.executable, {}, settings=WorkersConfig(), threads=None)["PYTHONPATH"]
        == "/somewhere"
    )


def test_threads_and_devices_reach_the_environment() -> None:
    environment = worker_environment(
        sys.executable, {"CUDA_VISIBLE_DEVICES": "7"}, settings=WorkersConfig(), threads=3
    )
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["CUDA_VISIBLE_DEVICES"] == "7"
    assert environment["TQDM_DISABLE"] == "1"
    assert environment["DIFFUSERS_DISABLE_REMOTE_CODE"] == "1"


def test_a_worker_is_told_its_name_and_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITGAUGE_WORKER", "of-another-run")
    monkeypatch.setenv("EDITGAUGE_RUN_DIR", "/another/run")
    monkeypatch.chdir(tmp_path)
    told = worker_environment(
        sys.executable,
        {},
        settings=WorkersConfig(),
        threads=None,
        name="edit-1",
        run_dir=Path("runs/one"),
    )
    assert told["EDITGAUGE_WORKER"] == "edit-1"
    assert told["EDITGAUGE_RUN_DIR"] == str(tmp_path / "runs" / "one")
    untold = worker_environment(sys.executable, {}, settings=WorkersConfig(), threads=None)
    assert "EDITGAUGE_WORKER" not in untold
    assert "EDITGAUGE_RUN_DIR" not in untold


def test_locations_name_editgauge_and_the_top_level_package_only() -> None:
    found = locations("tests.support.models:SleepingEditModel")
    assert sorted(found) == ["editgauge", "tests"]
    assert found["tests"]["folders"] == [str(Path(__file__).parents[2])]
    assert os.path.isfile(found["editgauge"]["file"])  # noqa: PTH113 - a path as text


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(EnvironmentNotFoundError, match="'no_such_package'"):
        locations("no_such_package.models:Model")
