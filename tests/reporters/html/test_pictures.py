"""Pictures of a report: made anew, within limits, and only of what was edited and judged."""

import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest
from benchmarks.made_up_run import make_up_run
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from editgauge.core.run.result import sample_results
from editgauge.core.run.results import EditResult
from editgauge.core.text import dump_json
from editgauge.reporters.html.pictures import PictureMaker, picture_stem
from tests.reporters.html.reports import report_of

SIZE = 500


def maker(run_dir: Path) -> PictureMaker:
    folder = run_dir / "pictures"
    folder.mkdir(exist_ok=True)
    return PictureMaker(run_dir, folder, SIZE)


def made(run_dir: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run_dir / "pictures").iterdir()}


def edit_of(run_dir: Path, index: int = 0) -> EditResult:
    edit = list(sample_results(run_dir))[index].edit
    assert edit is not None
    return edit


def set_source(run_dir: Path, data: bytes) -> str:
    """Make some bytes the source of the one sample of a run, and return their name."""
    edit = edit_of(run_dir)
    Path(edit.sources[0]).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    row = edit.to_row() | {"sources_sha256": [digest]}
    (run_dir / "results.jsonl").write_text(f"{dump_json(row)}\n", encoding="utf-8")
    return digest[:32]


def test_pictures_are_small_and_large_and_without_metadata(tmp_path: Path) -> None:
    make_up_run(tmp_path, 1, pictures=1)
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    out = BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").save(out, format="PNG", pnginfo=info)
    name = set_source(tmp_path, out.getvalue())
    assert maker(tmp_path).make_some(9) is False
    sizes = {}
    for size in (SIZE, 320):
        data = made(tmp_path)[f"{name}-{size}.webp"]
        assert b"taken at home" not in data
        with Image.open(BytesIO(data), formats=["WEBP"]) as image:
            sizes[size] = image.size
    assert sizes == {500: (500, 333), 320: (320, 213)}


def test_rows_are_taken_as_they_come_and_none_is_made_twice(tmp_path: Path) -> None:
    make_up_run(tmp_path, 6, pictures=6)
    path = tmp_path / "results.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:40])
    pictures = maker(tmp_path)
    assert pictures.make_some(9) is False
    first = made(tmp_path)
    assert len(first) == 4
    path.write_bytes(b"".join(lines[:3]))
    for name in first:
        (tmp_path / "pictures" / name).write_bytes(b"not touched")
    assert pictures.make_some(1) is True
    assert len(made(tmp_path)) == 8
    assert pictures.make_some(9) is False
    assert len(made(tmp_path)) == 12
    assert {made(tmp_path)[name] for name in first} == {b"not touched"}


@pytest.mark.parametrize("change", ["another picture", "gone", "a pipe", "a link", "a text"])
def test_an_image_that_is_not_what_was_edited_is_left_out(tmp_path: Path, change: str) -> None:
    make_up_run(tmp_path, 1, pictures=1)
    edit = edit_of(tmp_path)
    edited = tmp_path / (edit.image or "")
    original = edited.read_bytes()
    edited.unlink()
    if change == "another picture":
        Image.new("RGB", (96, 72), "red").save(edited)
    elif change == "a pipe":
        os.mkfifo(edited)
    elif change == "a link":
        (tmp_path / "elsewhere.png").write_bytes(original)
        edited.symlink_to(tmp_path / "elsewhere.png")
    elif change == "a text":
        edited.write_text("not a picture", encoding="utf-8")
    maker(tmp_path).make_some(9)
    stems = {name.partition("-")[0] for name in made(tmp_path)}
    assert stems == {edit.sources_sha256[0][:32]}


def test_a_row_cannot_name_an_edited_image_elsewhere(tmp_path: Path) -> None:
    make_up_run(tmp_path / "run", 1, pictures=1)
    edit = edit_of(tmp_path / "run")
    secret = tmp_path / "secret.png"
    Image.new("RGB", (9, 9), "red").save(secret)
    digest = hashlib.sha256(secret.read_bytes()).hexdigest()
    row = edit.to_row() | {"image": "../secret.png", "image_sha256": digest, "sources_sha256": []}
    (tmp_path / "run" / "results.jsonl").write_text(f"{dump_json(row)}\n", encoding="utf-8")
    maker(tmp_path / "run").make_some(9)
    assert made(tmp_path / "run") == {}


def test_images_beyond_the_limits_or_damaged_are_left_out(tmp_path: Path) -> None:
    make_up_run(tmp_path, 1, pictures=1)
    (tmp_path / "images" / Path(edit_of(tmp_path).image or "").name).unlink()
    bomb = BytesIO()
    Image.new("1", (20_000, 10_000)).save(bomb, format="PNG")
    torn = BytesIO()
    Image.effect_noise((64, 64), 60).save(torn, format="PNG")
    for data in (bomb.getvalue(), torn.getvalue()[:700], b"<svg onload='x'/>", b""):
        set_source(tmp_path, data)
        maker(tmp_path).make_some(9)
        assert made(tmp_path) == {}


@pytest.mark.parametrize("digest", [None, "unreadable", "", "../" + "a" * 61, "A" * 64, "a" * 63])
def test_what_is_no_digest_names_no_file(digest: str | None) -> None:
    assert picture_stem(digest) is None


def test_a_report_that_could_not_wait_lacks_pictures_only(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 8, pictures=8)
    whole = report_of(tmp_path, made_up.events, path=str(tmp_path / "whole"))
    cut = report_of(tmp_path, made_up.events, path=str(tmp_path / "cut"), closed=False)
    assert (cut / "index.html").read_bytes() == (whole / "index.html").read_bytes()
    report_of(tmp_path, made_up.events, path=str(cut))
    names = [{path.name for path in (f / "pictures").iterdir()} for f in (cut, whole)]
    assert names[0] == names[1]
