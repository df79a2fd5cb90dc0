from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.training.editor import (  # noqa: E402 - after the check of extras
    _BATCHES_OF_CHAPTER,
    _LEAST_CHANGE,
    _STEPS_OF_CHAPTER,
    COURSE,
    DETAILS_FROM,
    EMPTY_INSTRUCTION,
    PHASES,
    UNCONDITIONAL,
    EditorTraining,
    Lesson,
    Lessons,
    odds_of,
    pack,
    phase_of,
)
from editgauge.plugins.miniature.training.editor_start import start_as_copy  # noqa: E402
from editgauge.plugins.miniature.training.image_convolutions import (  # noqa: E402
    image_convolutions,
)
from editgauge.plugins.miniature.training.instructions import KINDS, REFERENCE_KINDS  # noqa: E402

pytestmark = pytest.mark.models


def seeded(seed: int) -> Any:
    return torch.Generator().manual_seed(seed)


def lesson_of(instructions: list[str]) -> Lesson:
    """Return random latents of pictures of 32 x 48."""
    shape = (len(instructions), 24, 64)
    return Lesson(
        sources=torch.randn(shape, generator=seeded(1)),
        targets=torch.randn(shape, generator=seeded(2)),
        instructions=instructions,
        size=(32, 48),
    )


def test_lesson_depends_on_its_number_alone(autoencoder: Any) -> None:
    step = _STEPS_OF_CHAPTER + 2
    used = Lessons(autoencoder, "cpu")
    with image_convolutions():
        for earlier in (0, _STEPS_OF_CHAPTER - 1, step - 1):
            used.lesson(earlier)
        fresh, late = Lessons(autoencoder, "cpu").lesson(step), used.lesson(step)
    assert fresh.instructions == late.instructions
    assert fresh.size == late.size
    assert torch.equal(fresh.sources, late.sources)
    assert torch.equal(fresh.targets, late.targets)


def test_every_task_of_a_chapter_is_used_three_times(autoencoder: Any) -> None:
    lessons = Lessons(autoencoder, "cpu")
    batch = PHASES[0].batch
    used: list[Counter[bytes]] = [Counter() for _ in range(3)]
    instructions = set()
    with image_convolutions():
        for step in range(_STEPS_OF_CHAPTER):
            lesson = lessons.lesson(step)
            assert len(lesson.sources) == len(lesson.instructions) == batch
            assert lesson.sources.shape == (batch, lesson.size[0] * lesson.size[1] // 64, 64)
            instructions.update(lesson.instructions)
            turn = used[step // _BATCHES_OF_CHAPTER]
            turn.update(
                torch.cat([source, target]).numpy().tobytes()
                for source, target in zip(lesson.sources, lesson.targets, strict=True)
            )
        following = lessons.lesson(_STEPS_OF_CHAPTER)
    for turn in used:
        assert turn == used[0]
        assert len(turn) == _BATCHES_OF_CHAPTER * batch
        assert set(turn.values()) == {1}
    assert not instructions.issuperset(following.instructions)


def test_phases_change_at_their_borders() -> None:
    first = 0
    for phase in PHASES:
        assert phase_of(first) == phase_of(phase.until - 1) == phase
        # The pipeline works in latents of a quarter, in tokens of two: multiples of 8.
        assert all(edge % 8 == 0 for size in phase.sizes for edge in size)
        first = phase.until
    assert first == COURSE.steps


def test_objects_come_more_often_once_details_count() -> None:
    shares = []
    for step in (DETAILS_FROM - 1, DETAILS_FROM):
        odds = dict(zip(KINDS, odds_of(step), strict=True))
        assert sum(odds.values()) == pytest.approx(1.0)
        assert min(odds.values()) > 0.03
        shares.append(sum(odds[kind] for kind in REFERENCE_KINDS))
    first, last = shares
    assert first < 0.3 < last < 0.5


def test_latents_are_packed_as_by_the_pipeline(pipeline: Any) -> None:
    latents = torch.randn(2, 16, 8, 12, generator=seeded(0))
    wanted = pipeline._pack_latents(latents.unsqueeze(1), 2, 16, 8, 12)
    assert torch.equal(pack(latents), wanted)


def test_part_of_a_lesson_keeps_what_belongs_together() -> None:
    whole = lesson_of(["one", "two", "three"])
    part = whole.part([2, 0])
    assert part.instructions == ["three", "one"]
    assert torch.equal(part.sources, whole.sources[[2, 0]])
    assert torch.equal(part.targets, whole.targets[[2, 0]])
    assert part.size == whole.size


def test_loss_teaches_the_transformer_and_nothing_else(pipeline: Any) -> None:
    training = EditorTraining(pipeline)
    start_as_copy(pipeline.transformer)
    loss = training.loss(lesson_of(["Make it night.", "变成黑白照片。"]), seeded(0))
    loss.backward()
    assert torch.isfinite(loss)
    assert loss > 0
    weights = dict(pipeline.transformer.named_parameters())
    untouched = [name for name, weight in weights.items() if weight.grad is None]
    # The text comes out of the last block for nobody.
    assert all(name.startswith("transformer_blocks.2.") for name in untouched)
    assert all(
        torch.isfinite(weight.grad).all() for weight in weights.values() if weight.grad is not None
    )
    for name in ("img_in", "txt_in", "transformer_blocks.1.attn.to_q", "proj_out"):
        assert weights[f"{name}.weight"].grad.any(), name
    for other in (pipeline.text_encoder, pipeline.vae):
        assert all(weight.grad is None for weight in other.parameters())


def test_loss_of_the_right_velocity_is_nothing(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = EditorTraining(pipeline)
    lesson = lesson_of(["Make it night."] * 4)

    def velocity(noisy: Any, source: Any, _texts: list[str], sigma: Any, _size: Any) -> Any:
        assert torch.equal(source, lesson.sources)
        assert ((sigma > 0) & (sigma < 1)).all()
        return (noisy - lesson.targets) / sigma[:, None, None]

    monkeypatch.setattr(training, "velocity", velocity)
    assert training.loss(lesson, seeded(0)) < 1e-8
    assert training.loss(lesson, seeded(1)) < 1e-8


def test_some_instructions_are_left_out_for_guidance(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = EditorTraining(pipeline)
    given: list[str] = []

    def velocity(noisy: Any, _source: Any, texts: list[str], *_rest: Any) -> Any:
        given.extend(texts)
        return noisy

    monkeypatch.setattr(training, "velocity", velocity)
    for seed in range(20):
        training.loss(lesson_of(["Make it night."] * 50), seeded(seed))
    assert set(given) == {"Make it night.", EMPTY_INSTRUCTION}
    assert given.count(EMPTY_INSTRUCTION) / len(given) == pytest.approx(UNCONDITIONAL, abs=0.04)


def test_what_carries_the_start_is_gentle(pipeline: Any) -> None:
    training = EditorTraining(pipeline)
    chosen = {id(weight) for weight in training.gentle()}
    gentle = {
        name for name, weight in pipeline.transformer.named_parameters() if id(weight) in chosen
    }
    assert len(gentle) == len(training.gentle())
    assert {"img_in.weight", "proj_out.bias", "norm_out.linear.weight"} < gentle
    assert "transformer_blocks.0.img_mod.1.weight" in gentle
    assert not any(".attn." in name or "_mlp." in name for name in gentle)


def test_an_even_loss_is_divided_by_what_is_to_be_changed(pipeline: Any) -> None:
    training = EditorTraining(pipeline)
    sources = torch.randn(2, 16, 64, generator=seeded(3))
    lesson = Lesson(
        sources=sources,
        targets=sources + 0.3,
        instructions=["Make it night.", "Add fog."],
        size=(32, 32),
    )
    with torch.no_grad():
        plain, even = (float(training.loss(lesson, seeded(1), even=even)) for even in (False, True))
    assert even == pytest.approx(plain / (0.09 + _LEAST_CHANGE), rel=1e-4)
