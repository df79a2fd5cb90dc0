"""What plugins print while they are imported goes to stderr, unless stdout is in use."""

import subprocess
import sys

PROGRAM = """
import os
from editgauge.core.hooks.plugin_output import (
    plugin_output, plugins_print_to_stderr, stdout_is_in_use,
)

with plugins_print_to_stderr():
    with plugin_output():
        os.write(1, b"of a plugin\\n")
    with stdout_is_in_use(), plugin_output():
        os.write(1, b"of a reporter\\n")
    with plugin_output():
        print("of another plugin")
with plugin_output():
    print("of a program")
"""


def test_nothing_is_moved_while_stdout_is_in_use_or_where_nobody_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout == "of a reporter\nof a program\n"
    assert done.stderr == "of a plugin\nof another plugin\n"
