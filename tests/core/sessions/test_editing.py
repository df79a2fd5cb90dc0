"""Images in, edited images out: order, seeds, sources, and nothing invented."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import editgauge
from editgauge.core.images import file_digest
from tests.core.sessions.opened import open_editor, picture, pixel_of, seed_in
from tests.support.processes import wait_until
from tests.support.runs import run, run_config

if TYPE_CHECKING:
    from editgauge.core.sessions.inputs import Source


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workers of `editor` note what they do."""
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def editor(notes: Path) -> Iterator[editgauge.EditSession]:
    """An editor of two workers, which many tests share: as users do, it is loaded once."""
    misbehave = {"held": "hold:held", "other": "hold:other", "failing": "raise", "never": "exit"}
    with open_editor(notes, devices=2, steps=2, misbehave=misbehave) as session:
        yield session


def test_a_single_image_with_an_instruction_gives_a_list_of_one(
    editor: editgauge.EditSession,
) -> None:
    (result,) = editor.edit(picture(), "Make it night.")
    assert (result.outcome, result.seed, result.attempt, result.reason) == ("ok", 42, 1, "")
    assert result.image is not None
    assert (result.image.mode, result.image.size) == ("RGB", (8, 8))
    assert result.path is not None
    assert result.path.is_relative_to(editor.folder)
    assert result.seconds > 0


def test_results_have_the_order_of_the_images_and_their_own_seeds(
    editor: editgauge.EditSession,
) -> None:
    results = editor.edit([picture()] * 7, "x", seeds=range(10, 17))
    assert [result.position for result in results] == list(range(7))
    assert [result.seed for result in results] == list(range(10, 17))
    assert [seed_in(result) for result in results] == list(range(10, 17))


def test_results_come_as_they_are_done(editor: editgauge.EditSession, notes: Path) -> None:
    results = editor.iter_edits([picture()] * 2, "x", ids=["held", "quick"])
    first = next(results)
    assert (first.id, first.position) == ("quick", 1)
    (notes / "held.go").touch()
    assert [(result.id, result.position) for result in results] == [("held", 0)]


def test_the_same_call_gives_the_same_images(editor: editgauge.EditSession) -> None:
    calls = [editor.edit([picture()] * 2, ["a", "b"]) for _ in range(2)]
    assert [[result.seed for result in call] for call in calls] == [[42, 43], [42, 43]]
    assert [[seed_in(result) for result in call] for call in calls] == [[42, 43], [42, 43]]


def test_a_session_edits_as_a_run_does(editor: editgauge.EditSession, tmp_path: Path) -> None:
    # The model's picture depends on seed and instruction; so does that of a run of three samples.
    config = run_config(tmp_path, edit={"steps": 2}, reward=None, seed=70)
    result, _, _ = run(config)
    rows = list(result.results())
    again = editor.edit(
        [row.edit.sources[0] for row in rows if row.edit],
        [row.edit.instruction for row in rows if row.edit],
        seeds=range(70, 70 + len(rows)),
    )
    assert len(again) == 6
    for row, edited in zip(rows, again, strict=True):
        assert row.edit is not None
        assert edited.path is not None
        assert row.edit.seed == edited.seed
        assert row.edit.image_sha256 == file_digest(edited.path)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_what_is_single_holds_for_all(editor: editgauge.EditSession, number: int) -> None:
    several = editor.edit([picture()] * number, "x", seeds=5, ids="name", categories="group")
    assert [(result.seed, result.id) for result in several] == [(5, "name")] * number
    instructions = [f"make it {word}" for word in "abc"[:number]]
    results = editor.edit(picture(), instructions, seeds=5)
    greens = [sum(text.encode()) % 256 for text in instructions]
    assert [pixel_of(result)[1] for result in results] == greens


def test_sources_are_objects_paths_results_and_tuples_of_them(
    editor: editgauge.EditSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture().save(tmp_path / "source.png")
    monkeypatch.chdir(tmp_path)
    (before,) = editor.edit("source.png", "x")
    sources: list[Source] = [tmp_path / "source.png", (picture(), "source.png", before), before]
    assert [result.outcome for result in editor.edit(sources, "x")] == ["ok"] * 3


def test_any_mode_of_pillow_is_taken(editor: editgauge.EditSession) -> None:
    modes = ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "HSV")
    results = editor.edit([Image.new(mode, (5, 4)) for mode in modes], "x")
    assert [(result.outcome, result.reason) for result in results] == [("ok", "")] * len(modes)


def test_a_failed_edit_has_a_reason_and_no_image_and_leaves_the_next_one_intact(
    editor: editgauge.EditSession,
) -> None:
    results = editor.edit([picture()] * 3, "x", ids=["a", "failing", "c"])
    assert [result.outcome for result in results] == ["ok", "failed", "ok"]
    assert (results[1].image, results[1].path) == (None, None)
    assert results[1].reason == "RuntimeError: told to raise"
    # What is no image cannot be edited further.
    (next_one,) = editor.edit(results[1], "x")
    assert (next_one.outcome, next_one.image, next_one.attempt) == ("failed", None, 0)
    assert "told to raise" in next_one.reason


def test_a_source_that_cannot_be_read_costs_its_own_edit_only(
    editor: editgauge.EditSession, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no image")
    picture().resize((200, 200)).save(tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    with Image.open(tmp_path / "cut.jpg") as damaged:
        images: list[Source] = [tmp_path / "none.png", tmp_path / "text.png", damaged, picture()]
        results = editor.edit(images, "x")
    assert [result.outcome for result in results] == ["failed", "failed", "failed", "ok"]
    assert "none.png cannot be read" in results[0].reason
    assert "is no PNG, JPEG or WebP image" in results[1].reason
    assert "the image is damaged" in results[2].reason


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([picture()] * 2, ["a", "b", "c"]), {}, "2 images, 3 instructions"),
        (([picture()] * 2, "x"), {"seeds": [1, 2, 3]}, "2 images, 3 seeds"),
        (((), "x"), {}, "an empty tuple"),
        ((None, "x"), {}, "got NoneType"),
        (([b"bytes"], "x"), {}, "got bytes"),
        ((SimpleNamespace(shape=(8, 8, 3)), "x"), {}, "make it one by PIL.Image.fromarray"),
        ((picture(), 7), {}, "'instructions' should be texts, got int"),
        ((picture(), "x"), {"ids": [7]}, "'ids' should be texts"),
        ((picture(), "x"), {"seeds": True}, "whole numbers, got True"),
        ((picture(), "x"), {"seeds": 1.5}, "whole numbers, got 1.5"),
        ((picture(), "x"), {"seeds": -1}, "from 0 to 4,294,967,295, got -1"),
        ((picture(), "x"), {"seeds": [2**32]}, "got 4,294,967,296"),
    ],
)
def test_wrong_arguments_are_refused_before_the_model_is_asked(
    editor: editgauge.EditSession,
    arguments: tuple[object],
    options: dict[str, object],
    message: str,
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        editor.iter_edits(*arguments, **options)  # type: ignore[arg-type]


def test_whoever_stops_early_leaves_the_session_as_it_was(
    editor: editgauge.EditSession, notes: Path
) -> None:
    ids = ["quick", "held", "other", *["never"] * 50]
    results = editor.iter_edits([picture()] * len(ids), "x", ids=ids)
    assert next(results).id == "quick"
    results.close()
    # What two workers have begun comes to its end; of the other 50 nothing is done.
    for name in ("held", "other"):
        (notes / f"{name}.go").touch()
    (result,) = editor.edit(picture(), "x", seeds=9)
    assert seed_in(result) == 9
    del result
    gc.collect()
    assert wait_until(lambda: not list((editor.folder / "images").iterdir()), 60)


def test_thousands_of_calls_load_the_model_once_and_leave_nothing(
    editor: editgauge.EditSession, notes: Path
) -> None:
    image = picture()
    for number in range(200):
        (result,) = editor.edit(image, "x", seeds=number)
        assert result.seed == number
    del result
    gc.collect()
    engine = editor._engine
    assert engine._calls == set()
    assert engine._deliveries._requests == {}
    assert [*(editor.folder / "images").iterdir(), *(editor.folder / "inputs").iterdir()] == []
    assert len(list(notes.glob("load-*"))) == 2


def test_images_stay_in_a_folder_that_is_given(tmp_path: Path) -> None:
    from tests.core.sessions.opened import sleeping
    from tests.support import plugin

    config = sleeping(tmp_path)
    paths = []
    for _ in range(2):
        with editgauge.open_edit_model(
            config, plugins=[plugin], folder=tmp_path / "kept"
        ) as editor:
            (result,) = editor.edit(picture(), "x")
            assert result.path is not None
            paths.append(result.path)
        del result
        gc.collect()
    assert paths[0].parents[1] != paths[1].parents[1]
    for path in paths:
        assert path.parents[2] == tmp_path / "kept"
        assert {each.name for each in path.parents[1].iterdir()} == {"images", "logs"}
        assert path.is_file()
        assert (path.parents[1] / "logs" / "edit-0.log").is_file()


def test_results_outlive_a_session_with_a_temporary_folder(tmp_path: Path) -> None:
    with open_editor(tmp_path) as editor:
        results = editor.edit([picture()] * 2, "x")
        folder = editor.folder
    assert {path.name for path in folder.iterdir()} == {"images"}
    assert [seed_in(result) for result in results] == [42, 43]
    image = results[0].image
    assert image is results[0].image
    del results
    gc.collect()
    assert not folder.exists()
    assert image is not None
    assert image.getpixel((0, 0)) is not None


def test_an_image_whose_file_is_gone_is_an_error_and_no_image(tmp_path: Path) -> None:
    with open_editor(tmp_path) as editor:
        (result,) = editor.edit(picture(), "x")
        shutil.rmtree(editor.folder / "images")
        with pytest.raises(editgauge.ImageError, match="cannot be read"):
            _ = result.image
