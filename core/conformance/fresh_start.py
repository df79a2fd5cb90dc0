"""What a plugin costs every command: imported and registered alone, in a fresh interpreter."""

import importlib
import inspect
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from editgauge.core.workers.environments import EnvironmentNotFoundError, locations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshStart:
    """What a plugin does when it is imported and registered.

    Attributes:
        error: why that failed, or an empty string.
        heavy: the heavy packages that are imported then.
        printed: what was written to stdout meanwhile.
    """

    error: str = ""
    heavy: tuple[str, ...] = ()
    printed: str = ""


def start_fresh(plugin: object) -> FreshStart:
    """Import and register a plugin's module in a fresh interpreter."""
    module = plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__
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
        return FreshStart(error=done.stderr.strip().splitlines()[-1] if done.stderr else "it ended")
    printed, _, answer = done.stdout.rstrip("\n").rpartition("\n")
    return FreshStart(heavy=tuple(json.loads(answer)), printed=printed.strip())


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
    # In a line of its own, behind whatever the plugin has printed.
    print(f"\n{json.dumps(sorted(tops & HEAVY))}")  # noqa: T201 - the answer
