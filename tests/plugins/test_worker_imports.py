"""Model modules run in workers of other environments: no pydantic, no pluggy, Python 3.10."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import editgauge.plugins

WORKER_FILES = [
    "model_files.py",
    *("faults/" + name for name in ("inner.py", "models.py", "pictures.py")),
    *("faults/" + name for name in ("actions.py", "journal.py", "plan.py")),
    *("miniature/" + name for name in ("model.py", "checkpoints.py", "byte_tokenizer.py")),
    *("miniature/" + name for name in ("build_qwen_edit.py", "build_qwen3_vl.py", "lora.py")),
    *("diffusers_pipelines/" + name for name in ("pipeline_model.py", "files.py")),
    *("diffusers_pipelines/" + name for name in ("guidance.py", "levers.py", "safe_diffusers.py")),
    *("diffusers_edit/" + name for name in ("model.py", "calls.py", "parts.py")),
    *("flux_kontext/model.py", "identity/model.py", "qwen_edit/model.py", "qwen_edit/files.py"),
    *("pillow_edit/" + name for name in ("model.py", "instructions.py", "operations.py")),
    *("image_metrics/" + name for name in ("model.py", "pixels.py", "perceptual.py")),
    "image_metrics/references.py",
    *("openai_judge/" + name for name in ("model.py", "server.py", "requests.py", "pacing.py")),
    *("openai_judge/" + name for name in ("completions.py", "failures.py", "patience.py")),
    *("openai_judge/label_odds.py", "openai_judge/given_up.py", "openai_judge/client_library.py"),
    *("qwen3_vl/" + name for name in ("model.py", "files.py", "labels.py", "generation.py")),
]

BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pydantic", "pluggy", "click", "structlog"}:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocker())
"""


MODELS = (
    "editgauge.plugins.diffusers_edit.model:DiffusersEdit",
    "editgauge.plugins.flux_kontext.model:FluxKontext",
    "editgauge.plugins.identity.model:Identity",
    "editgauge.plugins.pillow_edit.model:PillowEdit",
    "editgauge.plugins.qwen_edit.model:QwenImageEdit",
    "editgauge.plugins.qwen3_vl.model:Qwen3VLJudge",
    "editgauge.plugins.miniature.model:MiniatureQwenImageEdit",
    "editgauge.plugins.faults.models:FaultyRewardModel",
    "editgauge.plugins.image_metrics.model:ImageMetrics",
)

IMPORTS = """
import importlib
for target in sys.argv[1:]:
    # Each as if it were alone; what it shares with the others is torch and its like.
    for name in [name for name in sys.modules if name.partition(".")[0] == "editgauge"]:
        del sys.modules[name]
    module, _, name = target.partition(":")
    getattr(importlib.import_module(module), name)
    print(target)
"""


@pytest.mark.models
def test_models_are_imported_without_pydantic_and_pluggy() -> None:
    result = subprocess.run(
        [sys.executable, "-c", f"{BLOCKER}{IMPORTS}", *MODELS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout.split()) == (0, list(MODELS)), result.stderr


@pytest.mark.parametrize("file", WORKER_FILES)
def test_source_is_python_3_10(file: str) -> None:
    source = (Path(editgauge.plugins.__path__[0]) / file).read_text()
    tree = ast.parse(source, feature_version=(3, 10))
    newer = {"Self", "StrEnum", "UTC", "tomllib", "ExceptionGroup", "override", "assert_never"}
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & newer


@pytest.mark.parametrize(
    "plugin",
    [
        *("qwen_edit", "qwen3_vl", "miniature", "faults"),
        *("diffusers_edit", "flux_kontext", "identity", "pillow_edit"),
        *("image_metrics", "openai_judge"),
    ],
)
def test_registering_imports_nothing_heavy(plugin: str) -> None:
    program = (
        "import sys\n"
        f"import editgauge.plugins.{plugin}.plugin\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'PIL', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    rooms = ["diffusers_edit", "flux_kontext", "qwen_edit", "qwen3_vl"]
    program = (
        "import importlib, sys\n"
        "sys.modules['diffusers'] = sys.modules['torch'] = None\n"
        f"for room in {rooms}:\n"
        "    try:\n"
        "        importlib.import_module(f'editgauge.plugins.{room}.model')\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    lines = result.stdout.splitlines()
    assert len(lines) == len(rooms)
    for line in lines:
        assert line.startswith("import of ")
        assert "pip install 'editgauge[qwen]'" in line
        assert f"{sys.executable} -m pip install accelerate" in line


def test_metrics_are_imported_without_their_libraries_so_that_check_can_name_them() -> None:
    program = (
        "import sys\n"
        "sys.modules['numpy'] = sys.modules['skimage'] = sys.modules['torch'] = None\n"
        "import editgauge.plugins.image_metrics.model\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
