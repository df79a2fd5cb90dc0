"""`python -m tests.hostile.command_line ARGUMENTS`: `editgauge` with the plugins of tests."""

from editgauge.core.cli.main import main as command_line
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.hostile import echoing, leaking
from tests.support import plugin


def main() -> None:
    load = PluginManager.load_entry_points

    def load_with_tests(self: PluginManager) -> None:
        load(self)
        for module in (plugin, echoing, leaking):
            self.register(module, module.__name__)

    PluginManager.load_entry_points = load_with_tests  # type: ignore[method-assign]
    command_line()


if __name__ == "__main__":
    main()
