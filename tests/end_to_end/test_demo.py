"""`editgauge demo`, piped as in a script: everything that it promises, from its files.

One test, because one demo takes half a minute. `meaning` looks closer at what edits and scores are.
"""

import unicodedata
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest
from PIL import Image

from editgauge.config_schemas.miniature import MiniatureQwen3VLConfig
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.text import clean
from editgauge.plugins.miniature.demo import PHOTOGRAPHS, STEPS, demo_config
from tests.end_to_end.commands import editgauge, json_lines, pictures
from tests.reporters.html.pages import opened, started_browser

SAMPLES = sorted(row["id"] for row in json_lines(PHOTOGRAPHS))
BEYOND = {"coins", "camera"}
"""Samples whose instructions are of no kind that the miniature knows."""


@pytest.mark.models
def test_the_demo_edits_on_two_workers_judges_and_tells(tmp_path: Path) -> None:
    folder, run_dir = tmp_path / "here", tmp_path / "there" / "run"
    folder.mkdir()
    done = editgauge("demo", "--run-dir", str(run_dir), folder=folder)
    told = done.stderr.decode()
    assert done.returncode == 0, told
    assert done.stdout == b""
    assert not list(folder.iterdir())
    _check_no_control_character(told)
    assert told.count("says nothing of the real models") == 1
    _check_pictures(run_dir)
    _check_events(run_dir / "log.jsonl")
    _check_scores(run_dir, told)
    _check_report(run_dir, told)


def _check_no_control_character(told: str) -> None:
    assert {letter for letter in told if unicodedata.category(letter) == "Cc"} == {"\n"}
    assert {letter for letter in told if unicodedata.category(letter) == "Cf"} == set()


def _check_pictures(run_dir: Path) -> None:
    rows = json_lines(run_dir / "results.jsonl")
    assert Counter(row["stage"] for row in rows) == {"edit": 10, "score": 10}
    edits = {row["id"]: row for row in rows if row["stage"] == "edit"}
    assert sorted(edits) == SAMPLES
    assert len(set(pictures(run_dir).values())) == len(SAMPLES)
    assert {row["image"] for row in edits.values()} == {f"images/{x}" for x in pictures(run_dir)}
    for row in edits.values():
        with Image.open(run_dir / row["image"], formats=["PNG"]) as image:
            image.load()
            assert image.size == (row["width"], row["height"])
            # Something was painted: one colour alone would be a broken model.
            assert image.convert("L").getextrema()[0] != image.convert("L").getextrema()[1]


def _check_events(log: Path) -> None:
    events = json_lines(log)
    steps = Counter(
        (event["sample"], event["step"]) for event in events if event["event"] == "StepFinished"
    )
    assert steps == {(sample, step + 1): 1 for sample in SAMPLES for step in range(STEPS)}
    workers = {event["worker"] for event in events if event["event"] == "StepFinished"}
    assert workers == {"edit-0", "edit-1"}
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    loaded = [event["worker"] for event in events if event["event"] == "WorkerReady"]
    assert sorted(loaded) == ["edit-0", "edit-1", "score-0"]


def _check_scores(run_dir: Path, told: str) -> None:
    rubric = load_rubrics(MiniatureQwen3VLConfig.model_validate(demo_config()["reward"])).default
    scores = [row for row in json_lines(run_dir / "results.jsonl") if row["stage"] == "score"]
    assert sorted(row["id"] for row in scores) == SAMPLES
    for row in scores:
        assert (row["outcome"], row["score_by"]) == ("ok", "text")
        assert rubric.minimum <= row["score"] <= rubric.maximum
        place = f" {row['id']}: {row['score']:.2f}"
        (shown,) = (line for line in told.splitlines() if place in line)
        assert clean(row["reply"].split()[0]) in shown
    assert f"mean {mean(row['score'] for row in scores):.2f}" in told
    known = mean(row["score"] for row in scores if row["id"] not in BEYOND)
    assert known > mean(row["score"] for row in scores if row["id"] in BEYOND)


def _check_report(run_dir: Path, told: str) -> None:
    assert str(run_dir / "report" / "index.html") in told
    with started_browser() as browser, opened(browser, run_dir / "report") as watched:
        page = watched.page
        assert page.locator("#count").inner_text() == "10 samples"
        assert page.get_by_text("tiny weights, trained for trials and tests").first.is_visible()
        page.get_by_label("Search").fill("winter")
        page.get_by_text("1 of 10 samples").wait_for()
        page.locator(".card").click()
        assert page.locator("#viewer-title").inner_text() == "rocket"
        page.get_by_label("Slider").check()
        slider = page.get_by_role("slider")
        slider.press("End")
        assert slider.input_value() == "100"
        pictures = page.locator(".compare img").all()
        assert len(pictures) == 2
        for picture in pictures:
            picture.evaluate("(image) => image.decode()")
        page.keyboard.press("Escape")
        page.locator("#viewer").wait_for(state="hidden")
        assert watched.found() == []
