import re
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.workers.environments import worker_environment
from editgauge.core.workers.passed_variables import PASSED, looks_secret, passed_variables

TOKEN = "tk-0123456789"  # noqa: S105 - made up


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LC_ALL",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "LD_LIBRARY_PATH",
        "CUDA_HOME",
        "NVIDIA_VISIBLE_DEVICES",
        "NCCL_P2P_DISABLE",
        "HIP_VISIBLE_DEVICES",
        "HF_HOME",
        "HF_TOKEN",
        "HF_TOKEN_PATH",
        "HUGGING_FACE_HUB_TOKEN",
        "TORCH_HOME",
        "TORCHINDUCTOR_CACHE_DIR",
        "PYTORCH_CUDA_ALLOC_CONF",
        "OMP_NUM_THREADS",
        "https_proxy",
        "REQUESTS_CA_BUNDLE",
        "PYTHONPATH",
        "CONDA_PREFIX",
        "EDITGAUGE_CACHE",
    ],
)
def test_what_libraries_need_passes(name: str) -> None:
    assert passed_variables({name: "some value"}) == {name: "some value"}


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "OPENAI_API_KEY",
        "DATABASE_URL",
        "SSH_AUTH_SOCK",
        "KUBECONFIG",
        "EDITGAUGE__REWARD__API_KEY",
        "ANYTHING",
        "PATHS",
        "CONDA_TOKEN",
        "XDG_SECRET",
        "HF_OTHER_TOKEN",
    ],
)
def test_nothing_else_passes(name: str) -> None:
    assert passed_variables({name: TOKEN}) == {}


def test_names_and_prefixes_of_the_configuration_pass_too() -> None:
    environ = {"AWS_REGION": "north", "AWS_SECRET_ACCESS_KEY": TOKEN, "OTHER_KEY": TOKEN}
    assert passed_variables(environ, ["OTHER_KEY"]) == {"OTHER_KEY": TOKEN}
    assert sorted(passed_variables(environ, ["AWS_*"])) == ["AWS_REGION", "AWS_SECRET_ACCESS_KEY"]
    assert passed_variables(environ, ["*"]) == environ


def test_keys_of_the_configuration_never_pass() -> None:
    assert passed_variables({"EDITGAUGE__EDIT__API_KEY": TOKEN}, ["*", "EDITGAUGE_*"]) == {}


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", TOKEN, True),
        ("OPENAI_API_KEY", TOKEN, True),
        ("MYAPIKEY", TOKEN, True),
        ("db_password", TOKEN, True),
        ("AWS_SECRET_ACCESS_KEY", TOKEN, True),
        ("AUTH_HEADER", TOKEN, True),
        ("HF_TOKEN_PATH", "/home/me/token", False),
        ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", False),
        ("TOKENIZERS_PARALLELISM", "undecided", False),
        ("COMPASS", "north-east", False),
        ("TORCH_FORMAT", "something", False),
        ("PATH", "/usr/bin:/bin", False),
    ],
)
def test_secrets_are_known_by_their_names(name: str, value: str, *, secret: bool) -> None:
    assert looks_secret(name, value) is secret


def test_a_worker_gets_what_passes_and_what_is_set_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("MY_REGION", "north")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    settings = WorkersConfig.model_validate_json(
        '{"pass_env": ["MY_*"],'
        ' "env": {"MY_KEY": "value of mine", "TOKENIZERS_PARALLELISM": "true"}}'
    )
    environment = worker_environment(
        sys.executable, {"CUDA_VISIBLE_DEVICES": "3"}, settings=settings, threads=None
    )
    assert "GITHUB_TOKEN" not in environment
    assert environment["MY_REGION"] == "north"
    assert environment["MY_KEY"] == "value of mine"
    assert environment["TOKENIZERS_PARALLELISM"] == "true"
    assert environment["OMP_NUM_THREADS"] == "64"
    assert environment["CUDA_VISIBLE_DEVICES"] == "3"


@pytest.mark.parametrize("pattern", ["", "A=b", "two words", "A*B", "*A", "1A", "A-B"])
def test_a_name_that_no_variable_can_have_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="AWS_REGION"):
        WorkersConfig(pass_env=[pattern])


def test_a_value_in_the_place_of_a_name_is_not_repeated() -> None:
    with pytest.raises(ValidationError, match="values belong into 'env'") as raised:
        WorkersConfig(pass_env=[f"KEY={TOKEN}"])
    assert TOKEN not in raised.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "name",
    ["CUDA_VISIBLE_DEVICES", "DIFFUSERS_DISABLE_REMOTE_CODE", "EDITGAUGE_WORKER", "A B", "A=", ""],
)
def test_what_editgauge_sets_itself_cannot_be_set(name: str) -> None:
    with pytest.raises(ValueError, match="env"):
        WorkersConfig.model_validate({"env": {name: "0"}})


def test_every_variable_that_passes_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "workers.md").read_text("utf-8")
    table = text.partition("## Environment variables")[2].partition("More variables pass")[0]
    documented = set(re.findall(r"`(\w+\*?)`", table))
    assert {name for name in PASSED if not name.islower()} <= documented
