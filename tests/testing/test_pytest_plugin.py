"""The pytest plugin: fixtures where they are used, and no cost where they are not."""

import json
import subprocess
import sys
from pathlib import Path

_TESTS = """
import pytest

from editgauge.testing import ConformanceError, check_reporter


def test_a_run(editgauge_run, editgauge_recorder):
    tried = editgauge_run(samples=1, reporters=[editgauge_recorder])
    assert tried.events.outcomes("edit") == {"s0": "ok"}
    assert editgauge_recorder.kinds() == tried.events.kinds()


def test_findings():
    import tests.testing.wrong_reporters as wrong

    check_reporter({"type": "Misspelt"}, plugins=[wrong])
"""


def test_fixtures_and_findings_in_a_session_of_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(_TESTS, "utf-8")
    root = Path(__file__).parent.parent.parent
    options = ["-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "ConformanceError: reporter 'Misspelt': 1 of 19 checks failed" in done.stdout
    assert "there is no hook 'sampel_event'; did you mean 'sample_event'?" in done.stdout
    assert "to mend it: name the method run_event" in done.stdout


def test_a_session_that_uses_nothing_of_it_imports_nothing_more() -> None:
    code = (
        "import json, sys; import pytest; before = set(sys.modules);"
        "import editgauge.testing.pytest_plugin; loaded = set(sys.modules) - before;"
        "print(json.dumps(sorted(loaded)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in json.loads(done.stdout) if name.partition(".")[0] == "editgauge"}
    others = {name.partition(".")[0] for name in json.loads(done.stdout)} - {"editgauge"}
    assert loaded == {"editgauge", "editgauge.testing", "editgauge.testing.pytest_plugin"}
    assert others <= set(sys.stdlib_module_names)
