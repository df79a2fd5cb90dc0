"""What secrets that are taken out of a worker's words do to scores and keys: nothing."""

from pathlib import Path

import pytest

from editgauge.core.outcomes import ScoreOutcome
from tests.support.runs import run, run_config


@pytest.mark.parametrize(
    ("secret", "reply"),
    [
        ("123456", "Score: 7123456"),
        ("1.00000", "Score: 1.000003"),
        ("Score: 7", "Score: 7\nScore: 3"),
        ("out of 100", "Score: 8 out of 100"),
        ("negative", "Score: negative 5"),
    ],
)
def test_what_is_left_of_a_reply_is_never_another_score(
    tmp_path: Path, secret: str, reply: str
) -> None:
    workers = {"devices": ["cpu"], "env": {"A_SETTING": secret}}
    reward = {"reply": reply, "workers": workers}
    result, _, _ = run(run_config(tmp_path, dataset={"limit": 1}, reward=reward))
    (sample,) = result.results()
    assert sample.score is not None
    assert sample.score.outcome is ScoreOutcome.UNPARSED
    assert sample.score.score is None
    assert "held a secret" in sample.score.reason
    assert secret not in (result.run_dir / "results.jsonl").read_text(encoding="utf-8")


def test_a_secret_beside_the_score_costs_no_score(tmp_path: Path) -> None:
    workers = {"devices": ["cpu"], "env": {"A_SETTING": "a fair"}}
    config = run_config(
        tmp_path,
        dataset={"limit": 1},
        reward={"reply": "It is a fair edit.\nScore: 7", "workers": workers},
    )
    result, _, _ = run(config)
    (sample,) = result.results()
    assert sample.score is not None
    assert (sample.score.score, sample.score.reply) == (7.0, "It is *** edit.\nScore: 7")
