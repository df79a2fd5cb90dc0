"""What a plugin costs every command: imported and registered alone, in a fresh interpreter."""

import importlib
import inspect
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from editgauge.core.workers.environments import EnvironmentNotFoundError, locations

if TYPE_CHECKING:
    from editgauge.core.conformance.parts import Part

HEAVY = frozenset(
    (
        *("accelerate", "cv2", "diffusers", "jax", "keras", "numpy", "onnxruntime", "pandas"),
        *("peft", "scipy", "sglang", "skimage", "sklearn", "tensorflow", "timm", "tokenizers"),
        *("torch", "torchaudio", "torchvision", "transformers", "vllm"),
    )
)
"""Packages that take long to import; the parent process of a run needs none of them."""
_SECONDS = 120
_START = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['path'];"
    "from editgauge.core.conformance.fresh_start import main; main(asked)"
)


def heavy_imports(part: "Part") -> list[str]:
    """Return the heavy packages that are imported once the plugin has registered.

    Raises:
        RuntimeError: the plugin cannot be imported alone; the message is the error.
    """
    module = part.plugin.__name__ if inspect.ismodule(part.plugin) else type(part.plugin).__module__
    try:
        places = locations(f"{module}:")
    except EnvironmentNotFoundError:
        places = {}
    asked = {"path": sys.path, "module": module, "places": places}
    done = subprocess.run(
        [sys.executable, "-c", _START],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr else "it ended")
    found: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main(asked: dict[str, Any]) -> None:
    """Import and register the plugin, and print which heavy packages that has brought."""
    from editgauge.core.hooks.plugin_manager import KINDS, PluginManager
    from editgauge.core.workers.child import LocationFinder

    places = {name: place for name, place in asked["places"].items() if name != "editgauge"}
    sys.meta_path.insert(0, LocationFinder(places))
    before = set(sys.modules)
    plugin = importlib.import_module(asked["module"])
    manager = PluginManager()
    manager.register(plugin, "plugin")
    for kind in KINDS:
        for registration in manager.registrations(kind):
            registration.load_config_model()
    tops = {name.partition(".")[0] for name in set(sys.modules) - before}
    print(json.dumps(sorted(tops & HEAVY)))  # noqa: T201 - the answer
