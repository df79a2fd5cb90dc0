"""A plugin whose hooks, configuration and model share a file works in any Python."""

import subprocess
import sys
from pathlib import Path

import pytest

import editgauge
from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.preflight import PreflightError, preflight
from tests.support.pythons import make_bare_python

SRC = Path(editgauge.__file__).parents[1]

ALL_IN_ONE = """
from typing import Annotated, Any, Literal

from editgauge import (
    Config, ConfigError, ConfigModel, Dataset, DatasetConfig, EditModel, EditModelConfig,
    EditRequest, Field, OnStep, OnReply, Register, Reply, ReporterConfig, ReporterContext,
    RewardModel, RewardModelConfig, RubricConfig, RunResult, ScoreRequest, events, hookimpl, run,
)


class Size(ConfigModel):
    width: Annotated[int, Field(ge=1)] = 8


class OneConfig(EditModelConfig):
    type: Literal["one"]
    size: Size = Size(width=4)
    sizes: list[Size] = Field(default=[Size(), Size(width=2)])
    rubric: RubricConfig | None = RubricConfig(name="x", prompt="x")


class Reporter:
    def __init__(self, config: ReporterConfig, context: ReporterContext) -> None: ...

    @hookimpl
    def step_event(self, event: events.StepEvent) -> None: ...

    @hookimpl(trylast=True)
    def run_event(self, event: events.RunEvent) -> None: ...


@hookimpl
def register_edit_models(register: Register) -> None:
    register("one", config=OneConfig, target="all_in_one:One", summary="all in one file")


class One(EditModel):
    @classmethod
    def check(cls, config: Config) -> None:
        import sys
        if {"pydantic", "pluggy", "editgauge.core.hooks.hookspecs"} & set(sys.modules):
            raise RuntimeError("pydantic or pluggy was imported")
        if (config.size.width, config.sizes[1].width, config.rubric.name) != (4, 2, "x"):
            raise RuntimeError(f"the configuration came as {config}")

    def load(self, config: Config, device: str) -> None: ...

    def edit(self, request: EditRequest, on_step: OnStep) -> Any: ...
"""


def test_every_public_name_is_there_without_any_library() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SRC)!r})\n"
        "import editgauge\n"
        "from editgauge.core.workers import inert\n"
        "inert.install()\n"
        "for name in editgauge.__all__:\n"
        "    getattr(editgauge, name)\n"
    )
    # -S: no site-packages at all.
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_hooks_configuration_and_model_may_share_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "all_in_one.py").write_text(ALL_IN_ONE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    python = make_bare_python(tmp_path / "python")
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(__import__("all_in_one"), "all-in-one")
    monkeypatch.delitem(sys.modules, "all_in_one")
    config = load_config(
        {
            "dataset": {"type": "jsonl", "path": "x.jsonl"},
            "edit": {"type": "one", "workers": {"devices": ["cpu"], "python": str(python)}},
        },
        plugins=plugins,
        environ={},
    )
    lines: list[str] = []
    try:
        (report,) = preflight(config, on_log=lambda _stage, line: lines.append(line))
    except PreflightError as error:
        pytest.fail(f"{error}\n" + "\n".join(lines))
    assert report.python == str(python)
