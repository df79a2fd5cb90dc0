"""What a reporter showed of a run, and what a replay of its recording shows, are the same.

One real run with a worker's death, a failed edit and a reply without a score, resumed once, is
watched by every built-in reporter at once, each in the thread that the bus gives it. Then its
recording is replayed to each of them alone. The same with a made-up run that takes an hour by its
own clock, for what reporters say from time to time.
"""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters import PlainConfig
from editgauge.core.config import ReporterChoice, load_config
from editgauge.core.config.pydantic_problems import known_keys
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.plugin_manager import PluginManager, Registration
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.player import Player, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.run.opening import Wish
from editgauge.core.run.reporters import AttachedReporters, attach_reporters
from editgauge.core.run.runner import run_resolved
from editgauge.core.surroundings import Surroundings
from tests.reporters import script
from tests.reporters.contexts import make_context
from tests.reporters.screens_of import Terminal
from tests.support import golden_recording, plugin, runs

SIZE = (80, 24)
COMPARED_ELSEWHERE = {"mlflow": "tests/reporters/test_services_in_runs.py"}
"""Reporters whose output belongs to another program, and the tests that read it back."""
ROOT = Path(__file__).resolve().parents[2]


def plugins_with_entry_points() -> PluginManager:
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    return plugins


REPORTERS = {
    found.name: found
    for found in plugins_with_entry_points().registrations("reporter")
    if found.plugin == "reporters"
}


def writes_file(registration: Registration) -> bool:
    return "path" in known_keys(registration.load_config_model())


FILES = [
    name
    for name, found in REPORTERS.items()
    if writes_file(found) and name not in COMPARED_ELSEWHERE
]
SCREENS = ["plain", "tqdm"]


@dataclass
class Live:
    """A finished run: its directory, the screens that were drawn meanwhile, and its starts."""

    run_dir: Path
    screens: dict[str, Terminal]
    starts: int


class Watched:
    """`plain` on a terminal of its own, beside the bars; anew for each start, as ever."""

    def __init__(self, terminal: Terminal, run_dir: Path) -> None:
        self.context = make_context(stderr=terminal, run_dir=run_dir, interactive=False)

    def made(self) -> Any:
        from editgauge.reporters.plain_lines import PlainReporter

        return PlainReporter(PlainConfig(), self.context)


EVERYONE = [
    ReporterChoice("tqdm"),
    ReporterChoice("events"),
    *(
        ReporterChoice(name, {"path": f"{{run_dir}}/live/{name}"})
        for name in FILES
        if name != "events"
    ),
]


def made_up_run(folder: Path) -> Live:
    run_dir = folder / script.RUN_ID
    run_dir.mkdir()
    (run_dir / "run.json").write_text(json.dumps({"run_id": run_dir.name}))
    plugins = plugins_with_entry_points()
    terminals = {name: Terminal(*SIZE) for name in SCREENS}
    clock = script.Clock()
    surroundings = Surroundings(terminal=True)
    attached = attach_reporters(
        choose(EVERYONE, plugins, surroundings=surroundings),
        plugins,
        run_dir=run_dir,
        streams=(terminals["tqdm"], io.StringIO()),
        interactive=True,
        color=False,
        clock=clock,
        size=lambda: SIZE,
    )
    plugins.register(Watched(terminals["plain"], run_dir).made(), "plain-on-a-terminal")
    bus = Bus(plugins, run_id=run_dir.name, clock=clock)
    for event in script.whole_run():
        clock.now = event.elapsed * 60
        bus.emit(event)
    assert bus.close(60.0) == []
    assert bus.failures == []
    attached.detach()
    return Live(run_dir, terminals, starts=1)


@pytest.fixture(scope="module", params=["real", "made-up"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Live:
    folder = tmp_path_factory.mktemp("live")
    return real_run(folder) if request.param == "real" else made_up_run(folder)


def real_run(folder: Path) -> Live:
    run_dir = folder / "runs" / golden_recording.RUN_ID
    runs.make_dataset(folder / "data", samples=5, categories=("a", "b"))
    config = golden_recording.config_of(folder)
    del config["progress"]
    terminals = {name: Terminal(*SIZE) for name in SCREENS}
    plain = Watched(terminals["plain"], run_dir)
    for wish in (
        Wish(run_dir=run_dir),
        Wish(resume=str(run_dir), retry_failed=True),
    ):
        plugins = plugins_with_entry_points()
        plugins.register(plain.made(), "plain-on-a-terminal")
        with pytest.MonkeyPatch.context() as patch:
            # What there is to look at is said by the run and not by a reporter.
            patch.setattr(AttachedReporters, "products", lambda *_: [])
            result = run_resolved(
                load_config(
                    config,
                    plugins=plugins,
                    environ={},
                    surroundings=Surroundings(terminal=True),
                    reporters=EVERYONE,
                ),
                plugins,
                wish=wish,
                stderr=terminals["tqdm"],
                stdout=sys.stdout,
                interactive=True,
            )
        assert result.reporter_failures == ()
        assert result.undelivered == ()
    return Live(run_dir, terminals, starts=2)


def replay(live: Live, name: str, *, path: Path | None = None) -> Terminal:
    plugins = plugins_with_entry_points()
    terminal = Terminal(*SIZE)
    options = {} if path is None else {"path": str(path)}
    is_terminal = name == "tqdm"
    result = Player(
        find_recording(str(live.run_dir), Path("runs")),
        choose(
            [ReporterChoice(name, options)],
            plugins,
            surroundings=Surroundings(terminal=is_terminal),
        ),
        plugins,
        Screen(stderr=terminal, stdout=io.StringIO(), interactive=is_terminal, size=lambda: SIZE),
    ).play()
    assert result.reporter_failures == ()
    assert (result.exit_code, result.finished, result.starts) == (0, True, live.starts)
    return terminal


def files_below(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_file():
        yield "", path.read_bytes()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            yield file.relative_to(path).as_posix(), file.read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_a_reporter_that_writes_files_writes_the_same_bytes(live: Live, name: str) -> None:
    first = live.run_dir / ("events.jsonl" if name == "events" else f"live/{name}")
    # As deep in the run directory as the first, for paths in the files may be relative.
    again = live.run_dir / "again" / name
    terminal = replay(live, name, path=again)
    written = dict(files_below(first))
    assert written
    assert dict(files_below(again)) == written
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("name", SCREENS)
def test_a_terminal_shows_the_same_screen(live: Live, name: str) -> None:
    shown = live.screens[name].everything()
    assert len(shown) > 20
    assert replay(live, name).everything() == shown


@pytest.mark.parametrize("name", REPORTERS)
def test_every_built_in_reporter_is_compared(name: str) -> None:
    assert name in {*FILES, *SCREENS, *COMPARED_ELSEWHERE}
    if name in COMPARED_ELSEWHERE:
        assert name in (ROOT / COMPARED_ELSEWHERE[name]).read_text("utf-8")
