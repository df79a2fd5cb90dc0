"""Makes a golden recording: `python -m tests.support.golden_recording FILE`.

A small real run of this version, with what a recording can have: two workers, one of them killed
and replaced, a sample tried again, an edit that fails, a reply without a score, and a resume that
does what failed again. What belongs to the machine is replaced by made-up values.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support import runs

RUN_DIR = "/runs/20261123T121500Z-golden-7f3a2b"
RUN_ID = RUN_DIR.rpartition("/")[2]


def config_of(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return the config of the run; `reporters` and others may be added."""
    return runs.run_config(
        folder,
        edit={
            "type": "sleeping",
            "folder": str(folder),
            "steps": 2,
            "step_seconds": 0.01,
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2},
            "misbehave": {"s1": "once:kill", "s3": "once:raise"},
        },
        reward={
            "type": "counting",
            "batch_size": 2,
            "replies": {"s2": "A fair edit, \u00fcber alles.\nI give no number."},
            "workers": {"devices": ["cpu"]},
        },
        **changes,
    )


def record(folder: Path, **changes: Any) -> Path:
    """Run and resume; return the run directory, which has a recording of both starts."""
    runs.make_dataset(folder / "data", samples=5, categories=("physical", "\u6587\u5316"))
    config = config_of(folder, **{"reporters": {"events": {}}} | changes)
    run_dir = folder / "runs" / RUN_ID
    runs.run(config, run_dir=run_dir)
    runs.run(config, resume=str(run_dir), retry_failed=True)
    return run_dir


def without_machine(text: str, run_dir: Path, folder: Path) -> str:
    """Return a recording without what belongs to this machine."""
    text = text.replace(str(run_dir), RUN_DIR).replace(str(folder), "/home/somebody")
    text = text.replace(sys.executable, "/usr/bin/python3").replace(sys.prefix, "/usr")
    lines = []
    for number, line in enumerate(text.splitlines()):
        data = json.loads(line)
        if "pid" in data:
            data["pid"] = 4000 + number
        if data["kind"] == "LogEmitted":
            data["text"] = re.sub(r'File "[^"]*"', 'File "model.py"', data["text"])
        lines.append(json.dumps(data, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines)


def main() -> None:
    """Write the file that the command line names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_dir = record(folder)
        text = (run_dir / "events.jsonl").read_text("utf-8")
        Path(sys.argv[1]).write_text(without_machine(text, run_dir, folder), "utf-8")


if __name__ == "__main__":
    main()
