"""A run in a process: `python -m tests.support.run_main CONFIG [RESUME [--retry-failed]]`."""

import json
import signal
import sys
from pathlib import Path

from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.opening import Wish
from editgauge.core.run.runner import run_resolved
from editgauge.core.terminal import is_interactive
from tests.support import plugin


def main() -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    config = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    interactive = is_interactive(sys.stderr)
    result = run_resolved(
        load_config(config, plugins=plugins, environ={}, interactive=interactive),
        plugins,
        wish=Wish(
            resume=sys.argv[2] if len(sys.argv) > 2 else None,
            retry_failed="--retry-failed" in sys.argv[3:],
            argv=("editgauge", "run", "config.yaml"),
        ),
        stderr=sys.stderr,
        stdout=sys.stdout,
        interactive=interactive,
        handle_signals=True,
    )
    sys.exit(result.exit_code)


if __name__ == "__main__":
    main()
