"""`editgauge check CONFIG` and `editgauge check plugin NAME`."""

from typing import TYPE_CHECKING, Any

import click

from editgauge.core.cli.asked import Asked, asks_for_config
from editgauge.core.cli.common import UserError, load_plugins, say, user_errors

if TYPE_CHECKING:
    from editgauge.config_schemas.workers import WorkersConfig
    from editgauge.core.config import ResolvedConfig

_EPILOG = """\b
Examples:
  editgauge check run.yaml
  editgauge check run.yaml --profile production
  editgauge check run.yaml --workers      (starts each worker's Python once)
  editgauge check plugin --help           (checks a plugin, not a run)
"""
PLUGIN = "plugin"


class CheckCommand(click.Command):
    """Checks a run, or, with the word `plugin` first, a plugin."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of the command that the first argument means."""
        if args[:1] != [PLUGIN]:
            return super().make_context(info_name, args, parent, **extra)
        from editgauge.core.cli.check_plugin import check_plugin

        return check_plugin.make_context(f"{info_name} {PLUGIN}", args[1:], parent, **extra)


@click.command(cls=CheckCommand, epilog=_EPILOG)
@asks_for_config(terminal=False)
@click.option(
    "--workers",
    is_flag=True,
    help="Also start each worker's Python once: find its model's files and its devices.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="With --workers: show what they print, tracebacks too."
)
def check(
    *,
    asked: Asked,
    disable_plugin: tuple[str, ...],
    workers: bool,
    verbose: bool,
) -> None:
    """Check CONFIG without running it, and show what a run would do.

    The word `plugin` checks a plugin instead; a config of that name is ./plugin.
    """
    with user_errors():
        plugins = load_plugins(disable_plugin)
        resolved = asked.load(plugins)
        resolved.dataset_registration.load_target()(resolved.dataset).check()
        for chosen in resolved.reporters:
            # Not made: it would open its files.
            chosen.registration.load_target()
        _check_rubrics(resolved)
    for line in _plan(resolved):
        say(line)
    if workers:
        _check_workers(resolved, verbose=verbose)


def _check_rubrics(config: "ResolvedConfig") -> None:
    if config.reward is None:
        return
    from editgauge.core.judging.rubrics import RubricError, load_rubrics

    try:
        load_rubrics(config.reward)
    except RubricError as error:
        raise UserError(str(error)) from error


def _plan(config: "ResolvedConfig") -> list[str]:
    rows = [("config", config.source + (f", profile {config.profile}" if config.profile else ""))]
    rows.append(("dataset", config.dataset.type + _selection(config)))
    rows.append(("edit", f"{config.edit.type}{_workers(config.edit.workers)}"))
    if config.reward is None:
        rows.append(("reward", "none; the run only edits"))
    else:
        rows.append(("reward", f"{config.reward.type}{_workers(config.reward.workers)}"))
        rows.append(("", f"batches of {config.reward.batch_size}, by {config.reward.score_by}"))
    rows.append(("seed", f"{config.run.seed} + row index"))
    names = [
        f"{chosen.name} ({chosen.because})" if chosen.because else chosen.name
        for chosen in config.reporters
    ]
    rows.append(("reporters", ", ".join(names) or "none"))
    rows.append(("results", f"a new folder in {config.run.runs_dir}"))
    return [f"{name:<9}  {text}" for name, text in rows]


def _selection(config: "ResolvedConfig") -> str:
    dataset = config.dataset
    parts = [str(dataset.path)] if hasattr(dataset, "path") else []
    if dataset.categories is not None:
        parts.append(f"categories {', '.join(dataset.categories)}")
    if dataset.ids is not None:
        parts.append(f"ids {', '.join(dataset.ids)}")
    if dataset.limit is not None:
        parts.append(f"at most {dataset.limit}")
    return "".join(f"; {part}" for part in parts)


def _workers(workers: "WorkersConfig") -> str:
    if workers.devices == "auto":
        where = "every device that its Python finds"
    else:
        where = ", ".join(
            entry if isinstance(entry, str) else "+".join(entry) for entry in workers.devices
        )
    text = f" on {where}"
    if workers.python is not None:
        text += f"; python {workers.python}"
    if workers.conda_env is not None:
        text += f"; conda environment {workers.conda_env}"
    return text


def _check_workers(config: "ResolvedConfig", *, verbose: bool) -> None:
    from editgauge.core.run.preflight import PreflightError, preflight
    from editgauge.core.text import clean

    try:
        reports = preflight(
            config,
            on_log=lambda stage, text: (
                click.echo(clean(f"[{stage}] {text}"), err=True) if verbose else None
            ),
        )
    except PreflightError as error:
        raise UserError(str(error)) from error
    for report in reports:
        say(f"{report.stage:<9}  {report.python}: ready after {report.seconds:.1f} s")
        workers = ", ".join("+".join(binding.devices) for binding in report.bindings)
        say(f"{'':<9}  {len(report.bindings)} worker(s) on: {workers}")
        versions = ", ".join(f"{package} {version}" for package, version in report.versions)
        say(f"{'':<9}  packages: {versions or 'none reported'}")
