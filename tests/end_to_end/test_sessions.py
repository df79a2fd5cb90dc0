"""The real pipeline and the real judge, tiny, in sessions: what people do in a notebook."""

import editgauge
from tests.plugins.qwen_models import picture


def test_the_tiny_editor_and_judge_work_without_a_run() -> None:
    editor_config = {"type": "miniature-qwen-edit", "steps": 2, "pixels": 4096}
    judge_config = {"type": "miniature-qwen3-vl", "score_by": "logprobs", "batch_size": 2}
    sources = [picture(), picture(40)]
    instructions = ["Make it night.", "Paint the door green."]
    with (
        editgauge.open_edit_model(editor_config, seed=3) as editor,
        editgauge.open_reward_model(judge_config) as judge,
    ):
        edits = editor.edit(sources, instructions)
        (again,) = editor.edit(sources[0], instructions[0])
        (other,) = editor.edit(sources[0], instructions[0], seeds=8)
        scores = judge.score(sources, edits, instructions)
    assert [edit.outcome for edit in (*edits, again, other)] == ["ok"] * 4
    first, repeated, different = edits[0].image, again.image, other.image
    assert first is not None
    assert repeated is not None
    assert different is not None
    # The same seed makes the same picture, another one another.
    assert first.tobytes() == repeated.tobytes()
    assert first.tobytes() != different.tobytes()
    assert [score.outcome for score in scores] == ["ok", "ok"]
    assert all(score.score is not None and 0 <= score.score <= 10 for score in scores)
