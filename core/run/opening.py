"""Opens a run directory: a new one, or that of an earlier run to go on with."""

from pathlib import Path
from typing import Any

from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.outcomes import Stage
from editgauge.core.run import manifest as manifests
from editgauge.core.run.results import EditResult
from editgauge.core.run.store import (
    RunDirectoryError,
    RunStore,
    WriteError,
    find_run,
    read_manifest,
    read_results,
)


def open_run(
    config: ResolvedConfig,
    plugins: PluginManager,
    rubrics: RubricBook | None,
    *,
    run_dir: Path | None,
    resume: str | None,
    argv: tuple[str, ...],
) -> tuple[RunStore, dict[str, Any]]:
    """Return the store of a run and its manifest, which is written.

    Args:
        config: the checked configuration.
        plugins: the plugins.
        rubrics: the rubrics, or None without a judge.
        run_dir: folder of a new run.
        resume: an earlier run to go on with.
        argv: the command line.

    Raises:
        RunDirectoryError: the directory cannot be used, or what the earlier run has results of was
            configured otherwise.
        WriteError: the directory cannot be written.
    """
    runs_dir, sync = Path(config.run.runs_dir), config.run.durability == "power"

    def manifest_of(run_id: str) -> dict[str, Any]:
        return manifests.new_manifest(run_id, config, plugins, rubrics=rubrics, argv=argv)

    if resume is None:
        name = config.run.name or config.edit.type
        store = RunStore.create(runs_dir, name, folder=run_dir, sync=sync)
        manifest = manifest_of(store.run_id)
    else:
        if run_dir is not None:
            raise RunDirectoryError("give --run-dir for a new run or --resume, not both")
        folder = find_run(resume, runs_dir)
        former, manifest = read_manifest(folder), manifest_of(folder.name)
        _check_same(folder, former, manifest)
        store = RunStore.reopen(folder, sync=sync)
        manifest |= {"started": former.get("started"), "resumed": manifests.utc_now()}
        manifest |= {"dataset": former.get("dataset"), "workers": former.get("workers", [])}
    try:
        store.write_manifest(manifest)
    except WriteError:
        store.close()
        raise
    return store, manifest


def _check_same(folder: Path, former: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse a configuration whose results would mix with others; what has none may change."""
    stages = set()
    if (folder / "results.jsonl").exists():
        stages = {
            Stage.EDIT if isinstance(result, EditResult) else Stage.SCORE
            for result in read_results(folder)
        }
    changes = manifests.changes(former, manifest, stages)
    if changes:
        raise RunDirectoryError(
            f"{folder} was made with another configuration, so its results would mix with "
            "others:\n  " + "\n  ".join(changes) + "\nStart a new run, or undo the change."
        )
