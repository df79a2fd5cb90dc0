import numpy as np
import pytest
from PIL import Image

from editgauge.plugins.miniature.training import tasks
from editgauge.plugins.miniature.training.instructions import KINDS, WORDINGS, Edit, say
from editgauge.plugins.miniature.training.scenes import COLOURS, Item, Scene, draw_scene
from editgauge.plugins.miniature.training.tasks import (
    HELD_OUT_PHOTOGRAPHS,
    VISIBLE,
    Source,
    Task,
    difference,
    draw_source,
    draw_task,
    photograph_names,
    possible_edits,
    read_photograph,
)


def draw(seed: int, *, held_out: bool = False, kind: str | None = None) -> Task:
    return draw_task(np.random.default_rng(seed), width=48, height=32, held_out=held_out, kind=kind)


def contents(task: Task) -> tuple[Edit, str, bytes, bytes]:
    return task.edit, task.instruction, task.source.picture.tobytes(), task.target.tobytes()


def item(shape: str, side: str, x: float) -> Item:
    return Item(shape=shape, colour="red", side=side, x=x, y=0.5, radius=0.15)


def source_with(*items: Item) -> Source:
    scene = Scene(items=items, above=(0.5, 0.6, 0.5), below=(0.5, 0.6, 0.5), horizon=1.0)
    return Source(picture=scene.draw(48, 48), scene=scene)


def photographs_used(monkeypatch: pytest.MonkeyPatch, *, held_out: bool) -> set[str]:
    """Return the names of the photographs that many tasks are drawn from."""
    seen = set()

    def read(name: str) -> Image.Image:
        seen.add(name)
        return read_photograph(name).resize((64, 64))

    monkeypatch.setattr(tasks, "read_photograph", read)
    random = np.random.default_rng(0)
    for _ in range(80):
        draw_task(random, width=32, height=32, held_out=held_out, scenes=0.0)
    return seen


def test_same_seed_gives_the_same_task() -> None:
    assert [contents(draw(seed)) for seed in range(6)] == [
        contents(draw(seed)) for seed in range(6)
    ]
    assert len({contents(draw(seed)) for seed in range(6)}) == 6


def test_training_never_sees_the_held_out_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    others = set(photograph_names()) - set(HELD_OUT_PHOTOGRAPHS)
    assert len(others) == 7
    assert photographs_used(monkeypatch, held_out=False) == others


def test_check_sees_the_held_out_photographs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert photographs_used(monkeypatch, held_out=True) == set(HELD_OUT_PHOTOGRAPHS)


@pytest.mark.parametrize("held_out", [False, True])
def test_instruction_says_the_edit_in_words_of_the_right_list(*, held_out: bool) -> None:
    for seed in range(12):
        task = draw(seed, held_out=held_out)
        assert task.instruction in {
            say(task.edit, wording, language)
            for language, wordings in WORDINGS[task.edit.kind].items()
            for wording in (wordings.held_out if held_out else wordings.trained)
        }


@pytest.mark.parametrize("kind", KINDS)
def test_target_is_that_of_the_edit_and_visibly_differs_from_the_source(kind: str) -> None:
    for seed in range(6):
        task = draw(seed, kind=kind)
        assert task.edit.kind == kind
        assert task.source.picture.shape == task.target.shape == (32, 48, 3)
        assert task.target.dtype == np.float32
        assert np.array_equal(task.target, task.source.target(task.edit))
        assert difference(task.source.picture, task.target) >= VISIBLE


def test_every_kind_is_drawn_and_the_harder_ones_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = np.random.default_rng(0).random((16, 16, 3), dtype=np.float32)
    scene = draw_scene(np.random.default_rng(1))
    source = Source(picture=noise, scene=scene)
    monkeypatch.setattr(tasks, "draw_source", lambda *_args, **_options: source)
    random = np.random.default_rng(0)
    drawn = [draw_task(random, width=16, height=16).edit.kind for _ in range(500)]
    assert set(drawn) == set(KINDS)
    assert drawn.count("flip") + drawn.count("remove") > 1.4 * (
        drawn.count("fog") + drawn.count("sepia")
    )


def test_what_would_change_nothing_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = Image.linear_gradient("L").convert("RGB")
    monkeypatch.setattr(tasks, "read_photograph", lambda _name: grey)
    for seed in range(10):
        assert draw(seed, held_out=True, kind="greyscale").source.scene is not None


def test_side_is_said_where_a_shape_stands_twice() -> None:
    twins = source_with(item("circle", "left", 0.17), item("circle", "right", 0.83))
    for seed in range(20):
        edits = possible_edits(twins, np.random.default_rng(seed))
        sides = [edit.side for edit in edits if edit.kind == "remove"]
        assert sides == ["left", "right"]


def test_side_of_a_single_shape_is_said_sometimes() -> None:
    single = source_with(item("circle", "left", 0.17), item("square", "right", 0.83))
    sides = {
        edit.side
        for seed in range(20)
        for edit in possible_edits(single, np.random.default_rng(seed))
        if edit.shape == "circle"
    }
    assert sides == {"", "left"}


@pytest.mark.parametrize("sides", [0.0, 1.0])
def test_side_can_always_or_never_be_said(sides: float) -> None:
    single = source_with(item("circle", "left", 0.17), item("square", "right", 0.83))
    for seed in range(20):
        for edit in possible_edits(single, np.random.default_rng(seed), sides=sides):
            if edit.shape:
                assert bool(edit.side) == bool(sides)


def test_objects_are_only_given_other_colours() -> None:
    single = source_with(item("circle", "left", 0.17))
    colours = {
        edit.colour
        for seed in range(40)
        for edit in possible_edits(single, np.random.default_rng(seed))
        if edit.kind == "recolour"
    }
    assert "red" not in colours
    assert 2 <= len(colours) <= len(COLOURS) - 1


def test_photographs_have_no_objects_to_ask_for() -> None:
    random = np.random.default_rng(0)
    source = draw_source(random, width=48, height=32, held_out=False, scene=False)
    assert source.picture.shape == (32, 48, 3)
    assert source.picture.dtype == np.float32
    assert 0 <= source.picture.min() < source.picture.max() <= 1
    kinds = [edit.kind for edit in possible_edits(source, random)]
    assert set(kinds) == set(KINDS) - {"recolour", "remove"}
    assert kinds.count("tint") == 3


@pytest.mark.parametrize(
    "edit",
    [
        Edit(kind="remove", shape="square"),
        Edit(kind="remove", shape="circle", side="right"),
        Edit(kind="recolour", colour="blue", shape="triangle", side="left"),
    ],
)
def test_edit_of_an_object_that_is_not_there_is_refused(edit: Edit) -> None:
    source = source_with(item("circle", "left", 0.17))
    for without in (source, Source(picture=source.picture)):
        with pytest.raises(ValueError, match=f"no {edit.shape}"):
            without.target(edit)


def test_difference_is_the_root_of_the_mean_square() -> None:
    black = np.zeros((4, 4, 3), dtype=np.float32)
    half = black.copy()
    half[:2] = 1.0
    assert difference(black, half) == pytest.approx(0.5**0.5)
    assert difference(half, half) == 0
