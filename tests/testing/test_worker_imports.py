"""What workers import of the checks and of the kit, in any Python, is the standard library."""

import json
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["editgauge.core.conformance.probe", "editgauge.testing.models"])
def test_modules_for_workers_import_nothing_but_the_standard_library(module: str) -> None:
    code = (
        "import json, sys; before = set(sys.modules);"
        f"import {module}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert tops - set(sys.stdlib_module_names) == {"editgauge"}
