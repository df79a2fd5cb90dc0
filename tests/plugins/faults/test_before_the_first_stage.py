"""What faults need, and whom they name, is looked at before anything is edited."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.faults import EditFaultConfig
from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.preflight import PreflightError, preflight
from tests.support.runs import run_config

LOAD = """
import json, os, sys
from editgauge.core.models import make_config
from editgauge.plugins.faults.models import FaultyEditModel, FaultyRewardModel

sys.path.insert(0, sys.argv[1])
os.environ["EDITGAUGE_WORKER"] = "edit-1"
for model in (FaultyEditModel, FaultyRewardModel):
    sys.modules.pop("torch", None)
    config = {"faults": json.loads(sys.argv[2]), "chance_seed": 0}
    model().load(make_config(config | {"steps": 1, "step_seconds": 0, "seconds": 0}), "cpu")
    print("torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("fault", "imported"),
    [
        ({"do": "out_of_memory"}, True),
        ({"do": "illegal_memory_access", "worker": "edit-1", "chance": 0.1}, True),
        ({"do": "illegal_memory_access", "worker": "edit-0"}, False),
        ({"do": "raise"}, False),
    ],
    ids=str,
)
def test_torch_is_imported_while_loading_where_a_fault_will_need_it(
    tmp_path: Path, fault: dict[str, Any], imported: bool
) -> None:
    (tmp_path / "torch.py").write_text("class OutOfMemoryError(RuntimeError): pass")
    plain = [EditFaultConfig.model_validate(fault).model_dump(mode="json")]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path), json.dumps(plain)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(imported)] * 2


def test_without_torch_the_model_is_loaded_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('there is none')")
    plain = EditFaultConfig.model_validate({"do": "out_of_memory"}).model_dump(mode="json")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path), json.dumps([plain])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(("section", "stage"), [("edit", "edit"), ("reward", "score")])
@pytest.mark.parametrize("around", [False, True])
def test_a_fault_that_names_no_worker_of_a_stage_is_found_when_the_devices_are_known(
    tmp_path: Path, section: str, stage: str, around: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A torch without devices: `auto` makes one worker, on the CPU, on every machine.
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('there is none')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    fault = {"do": "kill", "worker": f"{stage}-7"}
    model: dict[str, Any] = {"type": "faults", "faults": [fault]}
    if around:
        model = {"type": "faults", "of": model}
    model["workers"] = {"devices": "auto"}
    config = run_config(tmp_path) | {"reward": None}
    config["edit"] = {"type": "faults", "workers": {"devices": ["cpu"]}}
    plugins = PluginManager()
    plugins.load_entry_points()
    resolved = load_config(config | {section: model}, plugins=plugins, environ={})
    with pytest.raises(PreflightError) as refused:
        preflight(resolved, on_log=lambda _stage, _line: None)
    assert str(refused.value).startswith(f"{section}: ")
    assert (
        f"a fault names the worker '{stage}-7', but 'workers.devices' makes 1: '{stage}-0'"
    ) in str(refused.value)
    fault["worker"] = f"{stage}-0"
    resolved = load_config(config | {section: model}, plugins=plugins, environ={})
    assert preflight(resolved, on_log=lambda _stage, _line: None)
