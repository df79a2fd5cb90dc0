"""Failed samples of a run, done again."""

from pathlib import Path

from editgauge.core.hooks.events import SampleStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from tests.support.runs import run, run_config


def test_failed_edits_and_unreadable_judgements_are_done_again_and_nothing_else(
    tmp_path: Path,
) -> None:
    reward = {"type": "counting", "misbehave": {"s4": "once:raise"}, "folder": str(tmp_path)}
    edit = {"misbehave": {"s1": "once:raise"}, "folder": str(tmp_path)}
    # Two places share one marker: the edit raises, so the judge must have one of its own.
    reward["folder"] = str(tmp_path / "judge")
    (tmp_path / "judge").mkdir()
    config = run_config(tmp_path, edit=edit, reward=reward | {"batch_size": 1})
    first, _, _ = run(config)
    assert first.exit_code == ExitCode.TOO_MANY_FAILURES
    assert first.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.FAILED: 1}
    assert first.score_outcomes == {
        ScoreOutcome.OK: 4,
        ScoreOutcome.FAILED: 1,
        ScoreOutcome.NOT_EDITED: 1,
    }

    same, recorder, _ = run(config, resume="latest")
    assert same.exit_code == ExitCode.TOO_MANY_FAILURES
    assert not recorder.of(SampleStarted)

    again, recorder, _ = run(config, resume="latest", retry_failed=True)
    assert again.exit_code == 0
    assert again.edit_outcomes == {EditOutcome.OK: 6}
    assert again.score_outcomes == {ScoreOutcome.OK: 6}
    assert [(event.stage, event.sample) for event in recorder.of(SampleStarted)] == [
        ("edit", "s1"),
        ("score", "s1"),
        ("score", "s4"),
    ]
    assert [item.score and item.score.outcome for item in again.results()] == ["ok"] * 6


def test_an_edit_that_was_made_after_all_is_scored_though_a_former_row_says_not_edited(
    tmp_path: Path,
) -> None:
    edit = {"misbehave": {"s1": "once:raise"}, "folder": str(tmp_path)}
    config = run_config(tmp_path, edit=edit)
    run(config)
    done, _, _ = run(config, resume="latest", retry_failed=True)
    # As if the run had been killed before its last judgement was written.
    results = done.run_dir / "results.jsonl"
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:-1]))
    again, _, _ = run(config, resume="latest")
    assert again.exit_code == 0
    assert again.score_outcomes == {ScoreOutcome.OK: 6}
