"""What is wrong with the target of a registration itself, and not with what it names.

Standard library only: used in workers of any environment.
"""

import sys

from editgauge.core.text import did_you_mean

TARGET_MEND = (
    "let `target` of `register` be 'module:Class' of a class that the module has, with every "
    "method that the class needs"
)


class TargetError(Exception):
    """The target names nothing; the message says so."""


def target_problem(target: str, error: BaseException) -> str:
    """Return what is wrong with a target, or an empty string if its module raised something else.

    Args:
        target: `module:Class`.
        error: what importing it raised, in this process.
    """
    module, _, path = target.partition(":")
    missing = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{missing}."):
        return f"the target {target!r} of `register` names a module that is not there: {error}"
    found = sys.modules.get(module)
    if found is None:
        return ""
    name = path.partition(".")[0]
    if isinstance(error, AttributeError) and not hasattr(found, name):
        package = module.partition(".")[0]
        known = [
            name
            for name, value in vars(found).items()
            # What it has imported from elsewhere is not meant.
            if isinstance(value, type) and value.__module__.partition(".")[0] == package
        ]
        return (
            f"the target {target!r} of `register` names something that the module {module!r} does "
            f"not have.{did_you_mean(name, known)}"
        )
    return f"the target of `register`: {error}" if isinstance(error, TypeError) else ""
