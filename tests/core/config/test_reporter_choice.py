from typing import Any

import pytest

from editgauge.core.config import ConfigError, ReporterChanges, ReporterChoice, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.surroundings import Surroundings

BASE: dict[str, Any] = {
    "dataset": {"type": "rows"},
    "edit": {"type": "paint"},
    "reporters": {"json": {"path": "a.jsonl"}, "tqdm": {"detail": "full"}, "bell": None},
}


def chosen(plugins: PluginManager, *choices: str, **more: Any) -> dict[str, dict[str, Any]]:
    config = load_config(
        BASE,
        plugins=plugins,
        environ=more.pop("environ", {}),
        reporters=[ReporterChoice.parse(text) for text in choices] or None,
        **more,
    )
    return {one.registration.name: one.config.model_dump() for one in config.reporters}


def problems(plugins: PluginManager, *choices: str, **more: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        chosen(plugins, *choices, **more)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("progress", "interactive", "environ", "expected"),
    [
        ("auto", True, {}, ["tqdm", "json", "bell"]),
        ("auto", False, {}, ["plain", "json", "bell"]),
        ("auto", True, {"CI": "true"}, ["plain", "json", "bell"]),
        ("auto", True, {"CI": "false"}, ["tqdm", "json", "bell"]),
        ("bars", True, {}, ["tqdm", "json", "bell"]),
        ("bars", True, {"CI": "1"}, ["tqdm", "json", "bell"]),
        ("plain", True, {}, ["plain", "json", "bell"]),
        ("quiet", True, {}, ["plain", "json", "bell"]),
        ("none", True, {}, ["json", "bell"]),
    ],
)
def test_progress_chooses_what_the_terminal_shows(
    plugins: PluginManager,
    progress: str,
    interactive: bool,
    environ: dict[str, str],
    expected: list[str],
) -> None:
    overrides = [f"progress={progress}"]
    found = chosen(plugins, interactive=interactive, environ=environ, overrides=overrides)
    assert list(found) == expected


def test_options_of_the_config_apply_to_what_progress_chose(plugins: PluginManager) -> None:
    assert chosen(plugins, interactive=True)["tqdm"] == {"detail": "full"}


def test_quiet_is_plain_lines_with_that_level_over_the_configs_options(
    plugins: PluginManager,
) -> None:
    overrides = ["progress=quiet", "reporters.plain={path: x, level: normal}"]
    assert chosen(plugins, overrides=overrides)["plain"] == {"path": "x", "level": "quiet"}


def test_bars_without_a_terminal_are_an_error_and_auto_is_not(plugins: PluginManager) -> None:
    assert problems(plugins, overrides=["progress=bars"]) == [
        (
            "progress: bars need a terminal on stderr; use 'plain', or 'auto' to take what fits. "
            "[set by -o progress]"
        )
    ]
    assert problems(plugins, "tqdm")[0].startswith("-r tqdm: bars need a terminal on stderr")


def test_choices_replace_everything_and_keep_the_configs_options(plugins: PluginManager) -> None:
    assert chosen(plugins, "json") == {"json": {"path": "a.jsonl", "level": "normal"}}
    assert chosen(plugins, "json:b:c.jsonl", "bell") == {
        "json": {"path": "b:c.jsonl", "level": "normal"},
        "bell": {},
    }


def test_no_reporters_is_a_choice_too(plugins: PluginManager) -> None:
    config = load_config(BASE, plugins=plugins, environ={}, reporters=[])
    assert config.reporters == ()


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["jsn"], "-r jsn: no reporter is called 'jsn'. Did you mean 'json'?"),
        (["bell:x"], "-r bell: this reporter writes no file; leave the path out, got 'x'."),
        (["json", "json:b"], "-r json: a reporter can be chosen once."),
        (["plain", "tqdm"], "-r plain: would write through the bars; give it a file"),
    ],
)
def test_a_wrong_choice_is_reported(
    plugins: PluginManager, choices: list[str], expected: str
) -> None:
    assert problems(plugins, *choices, interactive=True)[0].startswith(expected)


def test_lines_in_a_file_go_with_bars(plugins: PluginManager) -> None:
    assert list(chosen(plugins, "plain:x.log", "tqdm", interactive=True)) == ["plain", "tqdm"]


def test_auto_without_built_in_reporters_shows_nothing() -> None:
    from tests.core.config.conftest import Plugin

    class Quiet(Plugin):
        register_reporters = None  # type: ignore[assignment]  # takes the hook away

    manager = PluginManager()
    manager.register(Quiet(), "quiet")
    config = load_config(
        {"dataset": {"type": "rows"}, "edit": {"type": "paint"}}, plugins=manager, environ={}
    )
    assert config.reporters == ()


def test_bars_and_lines_of_others_on_stderr_contradict_each_other(plugins: PluginManager) -> None:
    config = {**BASE, "progress": "bars", "reporters": {"json": None}}
    with pytest.raises(ConfigError) as caught:
        load_config(config, plugins=plugins, environ={}, interactive=True)
    assert [str(problem) for problem in caught.value.problems] == [
        "reporters.json: would write to stderr, through the bars; give it a 'path'."
    ]


def test_auto_leaves_stderr_to_a_reporter_that_writes_there(plugins: PluginManager) -> None:
    config = {**BASE, "reporters": {"json": None}}
    resolved = load_config(config, plugins=plugins, environ={}, interactive=True)
    assert [found.registration.name for found in resolved.reporters] == ["json"]


def changed(
    added: tuple[str, ...] = (), without: tuple[str, ...] = (), verbosity: int = 0
) -> ReporterChanges:
    return ReporterChanges(
        added=[ReporterChoice.parse(text, "--add-reporter") for text in added],
        without=without,
        verbosity=verbosity,
    )


def test_auto_takes_bars_in_a_notebook_and_bars_can_be_asked_for(plugins: PluginManager) -> None:
    surroundings = Surroundings(notebook=True, ci="CI")
    for progress in ("auto", "bars"):
        overrides = [f"progress={progress}"]
        found = chosen(plugins, surroundings=surroundings, overrides=overrides)
        assert next(iter(found)) == "tqdm"


def test_auto_takes_lines_in_a_terminal_that_is_too_small_but_bars_can_be_asked_for(
    plugins: PluginManager,
) -> None:
    small = Surroundings(terminal=True, size=(20, 24))
    assert next(iter(chosen(plugins, surroundings=small))) == "plain"
    found = chosen(plugins, surroundings=small, overrides=["progress=bars"])
    assert next(iter(found)) == "tqdm"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (changed(added=("bell",)), ["tqdm", "json", "bell"]),
        (changed(added=("json:b.jsonl",)), ["tqdm", "bell", "json"]),
        (changed(without=("json",)), ["tqdm", "bell"]),
        (changed(without=("json", "bell", "tqdm")), ["plain"]),
        (changed(without=("tqdm", "plain")), ["json", "bell"]),
        (changed(added=("plain:x.log",)), ["tqdm", "json", "bell", "plain"]),
        (changed(added=("plain",)), ["json", "bell", "plain"]),
        (changed(added=("tqdm",)), ["json", "bell", "tqdm"]),
    ],
)
def test_reporters_are_added_to_those_of_the_config_and_left_out(
    plugins: PluginManager, changes: ReporterChanges, expected: list[str]
) -> None:
    assert list(chosen(plugins, changes=changes, interactive=True)) == expected


def test_an_added_reporter_keeps_the_options_of_the_config_but_for_its_path(
    plugins: PluginManager,
) -> None:
    overrides = ["reporters.json.level=loud"]
    found = chosen(plugins, changes=changed(added=("json:b.jsonl",)), overrides=overrides)
    assert found["json"] == {"path": "b.jsonl", "level": "loud"}


def test_lines_on_the_terminal_and_in_an_added_file_are_two_reporters(
    plugins: PluginManager,
) -> None:
    config = load_config(BASE, plugins=plugins, environ={}, changes=changed(added=("plain:x.log",)))
    plain = config.to_plain()["reporters"]
    assert list(plain) == ["plain", "json", "bell", "plain-2"]
    assert (plain["plain"]["path"], plain["plain-2"]["path"]) == (None, "x.log")


def test_what_the_terminal_shows_already_is_not_added_again(plugins: PluginManager) -> None:
    overrides = ["progress=plain"]
    found = chosen(plugins, changes=changed(added=("plain",)), overrides=overrides)
    assert list(found) == ["plain", "json", "bell"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            changed(added=("jsn",)),
            "--add-reporter jsn: no reporter is called 'jsn'. Did you mean 'json'?",
        ),
        (
            changed(without=("jsn",)),
            "--no-reporter jsn: no reporter is called 'jsn'. Did you mean 'json'?",
        ),
        (changed(added=("bell", "bell")), "--add-reporter bell: a reporter can be chosen once."),
        (
            changed(without=("bell", "bell")),
            "--no-reporter bell: a reporter can be left out once.",
        ),
        (
            changed(added=("bell",), without=("bell",)),
            "--no-reporter bell: contradicts '--add-reporter bell'; give one of the two.",
        ),
        (changed(added=("bell:x",)), "--add-reporter bell: this reporter writes no file;"),
        (changed(added=("tqdm",)), "--add-reporter tqdm: bars need a terminal on stderr;"),
    ],
)
def test_a_wrong_change_is_reported(
    plugins: PluginManager, changes: ReporterChanges, expected: str
) -> None:
    (found, *_) = problems(plugins, changes=changes)
    assert found.startswith(expected)


def test_lines_that_are_added_to_bars_need_a_file(plugins: PluginManager) -> None:
    found = problems(
        plugins, changes=changed(added=("plain",)), overrides=["progress=bars"], interactive=True
    )
    assert found == [
        (
            "--add-reporter plain: would write through the bars; give it a file, as in "
            "'--add-reporter plain:run.log'."
        )
    ]


def test_false_takes_a_reporter_out(plugins: PluginManager) -> None:
    assert list(chosen(plugins, overrides=["reporters.json=false"])) == ["plain", "bell"]
    overrides = ["reporters.tqdm=false"]
    assert next(iter(chosen(plugins, overrides=overrides, interactive=True))) == "plain"
    both = ["progress=bars", "reporters.tqdm=false"]
    assert problems(plugins, overrides=both, interactive=True) == [
        (
            "reporters.tqdm: is off, which contradicts 'progress: bars'; change one of the two. "
            "[set by -o reporters.tqdm]"
        )
    ]
    assert list(chosen(plugins, "json", overrides=["reporters.json=false"])) == ["json"]


@pytest.mark.parametrize(
    ("progress", "verbosity", "expected"),
    [
        ("auto", -1, {"path": None, "level": "quiet"}),
        ("bars", -1, {"path": None, "level": "quiet"}),
        ("auto", -2, None),
        ("none", -1, None),
        ("none", 1, {"path": None, "level": "normal"}),
        ("quiet", 1, {"path": None, "level": "normal"}),
        ("plain", 3, {"path": None, "level": "normal"}),
    ],
)
def test_v_and_q_change_what_the_terminal_shows(
    plugins: PluginManager, progress: str, verbosity: int, expected: dict[str, Any] | None
) -> None:
    overrides = [f"progress={progress}"]
    found = chosen(plugins, changes=changed(verbosity=verbosity), overrides=overrides)
    assert found.pop("plain", None) == expected
    assert found == {"json": {"path": "a.jsonl", "level": "normal"}, "bell": {}}


def test_v_shows_replies_whole_in_bars(plugins: PluginManager) -> None:
    overrides = ["reporters.tqdm.detail=short"]
    found = chosen(plugins, changes=changed(verbosity=1), overrides=overrides, interactive=True)
    assert found["tqdm"] == {"detail": "full"}


def test_v_changes_no_lines_in_a_file(plugins: PluginManager) -> None:
    overrides = ["progress=plain", "reporters.plain={path: x.log, level: quiet}"]
    found = chosen(plugins, changes=changed(verbosity=1), overrides=overrides)
    assert found["plain"] == {"path": "x.log", "level": "quiet"}


@pytest.mark.parametrize("verbosity", [-2, -1, 1])
@pytest.mark.parametrize("progress", ["plain", "quiet"])
def test_v_and_q_leave_lines_in_a_file_as_they_are(
    plugins: PluginManager, progress: str, verbosity: int
) -> None:
    overrides = [f"progress={progress}", "reporters.plain.path=x.log"]
    without = chosen(plugins, overrides=overrides)
    assert chosen(plugins, changes=changed(verbosity=verbosity), overrides=overrides) == without
    assert without["plain"]["path"] == "x.log"


@pytest.mark.parametrize("verbosity", [-2, -1])
def test_q_takes_bars_away_and_begins_no_file(plugins: PluginManager, verbosity: int) -> None:
    overrides = ["reporters.plain.path=x.log"]
    found = chosen(
        plugins, changes=changed(verbosity=verbosity), overrides=overrides, interactive=True
    )
    assert list(found) == ["json", "bell"]


def test_q_keeps_a_level_that_is_quieter_still(plugins: PluginManager) -> None:
    overrides = ["reporters.plain.level=errors"]
    found = chosen(plugins, changes=changed(verbosity=-1), overrides=overrides)
    assert found["plain"]["level"] == "errors"


def test_every_reporter_that_is_not_listed_says_why_it_runs(plugins: PluginManager) -> None:
    def because(**more: Any) -> dict[str, str]:
        config = load_config(BASE, plugins=plugins, **({"environ": {}} | more))
        return {found.name: found.because for found in config.reporters if found.because}

    assert because() == {"plain": "progress: auto, stderr is no terminal"}
    assert because(interactive=True) == {"tqdm": "progress: auto, stderr is a terminal"}
    assert because(interactive=True, environ={"CI": "1"}) == {"plain": "progress: auto, CI is set"}
    assert because(changes=changed(verbosity=-1)) == {"plain": "-q"}
    assert because(changes=changed(added=("bell",)))["bell"] == "--add-reporter bell"
    assert because(reporters=[ReporterChoice("bell")]) == {"bell": "-r bell"}
