"""Opens a run directory: a new one, or that of an earlier run to go on with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.judging.rubrics import RubricBook
from editgauge.core.outcomes import EditOutcome, RunStatus, ScoreOutcome, Stage
from editgauge.core.run import manifest as manifests
from editgauge.core.run.plugin_records import add_earlier_digests
from editgauge.core.run.results import EditResult
from editgauge.core.run.review import RETRY_FAILED
from editgauge.core.run.store import (
    RunDirectoryError,
    RunStore,
    WriteError,
    find_run,
    read_manifest,
    read_results,
)

Redo = Literal["edits", "scores"]
"""Which finished rows may be done again where they would not come out the same: judgements only, or
edits and judgements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a user wants done with which run directory.

    Attributes:
        run_dir: folder of a new run; with `redo` it may hold a run already.
        resume: an earlier run to go on with: `latest`, a path, or a name in `runs_dir`.
        retry_failed: whether samples of that run that are not `ok` are done again.
        redo: which of its finished rows may be done again.
        argv: the command line, for the manifest and for advice.
    """

    run_dir: Path | None = None
    resume: str | None = None
    retry_failed: bool = False
    redo: Redo | None = None
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRun:
    """A run directory that this process may write to.

    Attributes:
        store: the directory.
        manifest: the manifest of this start.
        resumed: whether an earlier run is gone on with.
        was_finished: whether that has ended with every sample having left every stage.
        differences: what changed since that run began, in a line each.
        fingerprints: by stage, what told its model from others at the earlier start.
        has_results: whether there are results of it.
    """

    store: RunStore
    manifest: dict[str, Any]
    resumed: bool = False
    was_finished: bool = False
    differences: tuple[str, ...] = ()
    fingerprints: dict[str, str] = field(default_factory=dict)
    has_results: bool = False


def open_run(
    config: ResolvedConfig, plugins: PluginManager, rubrics: RubricBook | None, wish: Wish
) -> OpenedRun:
    """Open the run directory that a user wants.

    Args:
        config: the checked configuration.
        plugins: the plugins.
        rubrics: the rubrics, or None without a judge.
        wish: what the user wants.

    Raises:
        RunDirectoryError: the directory cannot be used, or what the earlier run has results of was
            configured otherwise.
        WriteError: the directory cannot be written.
    """
    runs_dir, sync = Path(config.run.runs_dir), config.run.durability == "power"

    def manifest_of(run_id: str) -> dict[str, Any]:
        return manifests.new_manifest(run_id, config, plugins, rubrics=rubrics, argv=wish.argv)

    folder = _folder_to_resume(wish, runs_dir)
    if folder is None:
        if wish.run_dir is not None and (wish.run_dir / "run.json").is_file():
            raise RunDirectoryError(_taken(wish.run_dir, manifest_of))
        name = config.run.name or config.edit.type
        store = RunStore.create(runs_dir, name, folder=wish.run_dir, sync=sync)
        opened = OpenedRun(store=store, manifest=manifest_of(store.run_id))
    else:
        # Before anything is read: until it is ours, another process may add rows to it.
        store = RunStore.reopen(folder, sync=sync)
        try:
            opened = _go_on(store, manifest_of(store.run_id), wish)
        except (RunDirectoryError, WriteError):
            store.close()
            raise
    if opened.resumed:
        # It may still be refused, by the rows or the environments: until then, nothing changes.
        opened.store.hold_manifest()
    try:
        opened.store.write_manifest(opened.manifest)
    except WriteError:
        opened.store.close()
        raise
    return opened


def _go_on(store: RunStore, manifest: dict[str, Any], wish: Wish) -> OpenedRun:
    """Return an earlier run as it is gone on with; `manifest` is that of a new one."""
    folder = store.folder
    former, rows = read_manifest(folder), _rows_of(folder)
    differences = rows.changes(former, manifest, retry_failed=wish.retry_failed)
    if refused := _refused(differences, wish.redo):
        raise RunDirectoryError(
            f"{folder} was made with another configuration, so its results would mix with "
            "others:\n  " + "\n  ".join(refused) + "\n" + _advice(former, manifest, rows, wish)
        )
    manifest |= {"started": former.get("started"), "resumed": manifests.utc_now()}
    manifest |= {"dataset": former.get("dataset"), "workers": former.get("workers", [])}
    manifest |= {"stages": former.get("stages") or {}}
    add_earlier_digests(manifest, former)
    return OpenedRun(
        store=store,
        manifest=manifest,
        resumed=True,
        was_finished=former.get("status") == RunStatus.FINISHED,
        differences=tuple(line for lines in differences.values() for line in lines),
        fingerprints=manifests.fingerprints_of(former),
        has_results=rows.any,
    )


def _folder_to_resume(wish: Wish, runs_dir: Path) -> Path | None:
    if wish.resume is not None:
        if wish.run_dir is not None:
            raise RunDirectoryError("give --run-dir for a new run or --resume, not both")
        return find_run(wish.resume, runs_dir)
    if wish.redo is not None or wish.retry_failed:
        if wish.run_dir is None:
            raise RunDirectoryError("a new run has nothing to do again; say which one by --resume")
        return find_run(str(wish.run_dir), runs_dir)
    return None


@dataclass(slots=True)
class _Rows:
    """Which kinds of rows an earlier run has.

    Attributes:
        good: the stages that have rows that are `ok`.
        failed: the stages that have others, which something was asked for; `not_edited` is not.
        scores: whether there are judgements of any kind.
        any: whether there are rows.
    """

    good: set[Stage] = field(default_factory=set)
    failed: set[Stage] = field(default_factory=set)
    scores: bool = False
    any: bool = False

    def changes(
        self, former: dict[str, Any], new: dict[str, Any], *, retry_failed: bool
    ) -> dict[manifests.Part, list[str]]:
        """Return what changed (`manifest.changes`) of what these rows depend on.

        Rows that are done again in any case depend on nothing.
        """
        stages = set(self.good) if retry_failed else self.good | self.failed
        if self.scores and new["settings"]["reward"] is None:
            # Nobody could do them again, whatever they are.
            stages.add(Stage.SCORE)
        return manifests.changes(former, new, stages)


def _rows_of(folder: Path) -> _Rows:
    rows = _Rows()
    if not (folder / "results.jsonl").exists():
        return rows
    for result in read_results(folder):
        rows.any = True
        stage = Stage.EDIT if isinstance(result, EditResult) else Stage.SCORE
        rows.scores |= stage is Stage.SCORE
        if result.outcome in (EditOutcome.OK, ScoreOutcome.OK):
            rows.good.add(stage)
        elif result.outcome is not ScoreOutcome.NOT_EDITED:
            rows.failed.add(stage)
    return rows


def _refused(differences: dict[manifests.Part, list[str]], redo: Redo | None) -> list[str]:
    """Return what cannot be changed, or what the user has not said may be done again."""
    return [
        *_fixed(differences),
        *(differences.get("edit", []) if redo != "edits" else []),
        *(differences.get("score", []) if redo is None else []),
    ]


def _fixed(differences: dict[manifests.Part, list[str]]) -> list[str]:
    """Return what cannot be changed while the run has results."""
    return differences.get("dataset", []) + differences.get("no judge", [])


def _advice(former: dict[str, Any], new: dict[str, Any], rows: _Rows, wish: Wish) -> str:
    """Return what to do about a configuration that is refused."""
    option = _option_for(former, new, rows, wish)
    if not option:
        return "Start a new run, or undo the change."
    if option == RETRY_FAILED:
        return (
            f"Only failed results depend on it: add `{option}` to do them again, start a new run, "
            "or undo the change."
        )
    again = option.removeprefix("--redo ")
    failed_only = f"`{RETRY_FAILED}` does failed results again, not these. "
    return (
        (failed_only if wish.retry_failed else "")
        + f"Add `{option}` to do finished {again} again where they would come out otherwise, "
        "start a new run, or undo the change."
    )


def _option_for(former: dict[str, Any], new: dict[str, Any], rows: _Rows, wish: Wish) -> str:
    """Return the option with which a changed configuration is accepted, or an empty string."""
    differences = rows.changes(former, new, retry_failed=wish.retry_failed)
    if _fixed(differences):
        return ""
    if not _refused(rows.changes(former, new, retry_failed=True), wish.redo):
        return RETRY_FAILED
    return "--redo edits" if differences.get("edit") else "--redo scores"


def _taken(folder: Path, manifest_of: Callable[[str], dict[str, Any]]) -> str:
    """Return why a folder with a run in it cannot take a new one, and what differs."""
    former, new, rows = read_manifest(folder), manifest_of(folder.name), _rows_of(folder)
    differences = rows.changes(former, new, retry_failed=False)
    lines = [line for lines in differences.values() for line in lines]
    if not lines:
        return f"{folder} holds a run already; go on with it by --resume {folder}"
    option = _option_for(former, new, rows, Wish())
    go_on = f", or go on with it by --resume {folder} {option}" if option else ""
    return (
        f"{folder} holds a run already, of another configuration:\n  "
        + "\n  ".join(lines)
        + f"\nChoose a new folder{go_on}."
    )
