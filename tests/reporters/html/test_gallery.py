"""The report in a browser, opened from disk: gallery, filters, slider, keys and links."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.made_up_run import MadeUpRun
from playwright.sync_api import Browser, Page, expect

from editgauge.core.run.result import sample_results
from editgauge.core.samples import safe_name
from tests.reporters.html.pages import NARROW, WIDE, opened, started_browser
from tests.reporters.html.reports import made_up_report

MANY = 5_000
MOST_CARDS = 80
"""Cards that may be in the page at once, however many samples there are."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MadeUpRun]:
    return made_up_report(tmp_path_factory.mktemp("many"), MANY)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MadeUpRun]:
    return made_up_report(tmp_path_factory.mktemp("few"), 60, pictures=60)


def ids(page: Page) -> list[str]:
    return page.locator(".card-id").all_text_contents()


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_thousands_of_samples_scroll_with_few_cards_in_the_page(
    browser: Browser, many: tuple[Path, MadeUpRun], view: dict[str, int]
) -> None:
    with opened(browser, many[0], viewport=view) as watched:
        page = watched.page
        assert count(page) == "5,000 samples"
        page.evaluate("document.getElementById('samples').scrollIntoView()")
        expect(page.get_by_text("sample-00000", exact=True)).to_be_visible()
        for share in (0.25, 0.5, 0.9, 1.0):
            page.evaluate(f"scrollTo(0, {share} * document.documentElement.scrollHeight)")
            place = page.locator(".card").first
            expect(place).to_be_attached()
            assert 0 < page.locator(".card").count() <= MOST_CARDS
        expect(page.get_by_text("sample-04999", exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == view["width"]
        assert watched.found() == []


def test_filters_and_search_show_what_they_say(
    browser: Browser, many: tuple[Path, MadeUpRun]
) -> None:
    rows = {row.id: row for row in sample_results(many[1].folder)}
    unparsed = [name for name, row in rows.items() if row.score and row.score.outcome == "unparsed"]
    good = sum(row.score is not None and row.score.outcome == "ok" for row in rows.values())
    with opened(browser, many[0]) as watched:
        page = watched.page
        page.get_by_role("combobox", name="Outcome").select_option("unparsed")
        assert count(page) == f"{len(unparsed):,} of 5,000 samples"
        assert set(ids(page)) <= set(unparsed)
        page.get_by_role("button", name="show all").click()
        assert count(page) == "5,000 samples"
        page.get_by_label("No result").check()
        assert count(page) == f"{MANY - good:,} of 5,000 samples"
        page.get_by_role("combobox", name="Category").select_option(label="causal")
        assert set(page.locator(".card-category").all_text_contents()) == {"causal"}
        page.get_by_role("button", name="show all").click()
        page.get_by_label("Search").fill("SAMPLE-0042 boat")
        expected = [
            sample.id
            for sample in many[1].samples
            if sample.id.startswith("sample-0042") and "boat" in sample.instruction
        ]
        expect(page.locator("#count")).to_have_text(
            re.compile(rf"^{len(expected)} of 5,000 samples$")
        )
        assert ids(page) == expected
        assert watched.found() == []


def test_figures_above_lead_to_their_samples(
    browser: Browser, many: tuple[Path, MadeUpRun]
) -> None:
    with opened(browser, many[0]) as watched:
        page = watched.page
        page.get_by_role("button", name=re.compile("edit failed")).click()
        assert page.get_by_role("combobox", name="Outcome").input_value() == "edit-failed"
        expect(page.locator("h2#samples")).to_be_focused()
        # The cards are drawn in the frame after the page has scrolled to them.
        expect(page.locator(".card").first).to_be_visible()
        badges = set(page.locator(".card .badge").all_text_contents())
        assert badges == {"edit failed"}
        page.get_by_role("button", name="cultural", exact=True).click()
        expect(page.locator(".card").first).to_be_visible()
        assert set(page.locator(".card-category").all_text_contents()) == {"cultural"}


def test_sorting_by_score_puts_what_has_none_last(
    browser: Browser, few: tuple[Path, MadeUpRun]
) -> None:
    scores = {
        row.id: row.score.score if row.score is not None else None
        for row in sample_results(few[1].folder)
    }
    lowest = sorted(scores, key=lambda name: (scores[name] is None, scores[name] or 0.0))
    highest = sorted(scores, key=lambda name: (scores[name] is None, -(scores[name] or 0.0)))
    with opened(browser, few[0], viewport={"width": 1280, "height": 9000}) as watched:
        page = watched.page
        page.get_by_label("Sort").select_option("lowest")
        assert ids(page) == lowest
        page.get_by_label("Sort").select_option("highest")
        assert ids(page) == highest
        page.get_by_label("Sort").select_option("row")
        assert ids(page) == [sample.id for sample in few[1].samples]


def test_everything_can_be_done_with_the_keyboard(
    browser: Browser, few: tuple[Path, MadeUpRun]
) -> None:
    with opened(browser, few[0]) as watched:
        page = watched.page
        press = page.keyboard.press

        def expect_focus(name: str) -> None:
            expect(page.locator(".card:focus .card-id")).to_have_text(name)

        press("/")
        page.keyboard.type("sample")
        expect(page.locator("#count")).to_have_text("60 of 60 samples")
        press("Escape")
        expect(page.locator("#count")).to_have_text("60 samples")
        press("ArrowDown")
        expect_focus("sample-00000")
        press("ArrowRight")
        expect_focus("sample-00001")
        press("ArrowDown")
        expect_focus("sample-00005")
        press("End")
        expect_focus("sample-00059")
        press("ArrowUp")
        expect_focus("sample-00055")
        press("Home")
        expect_focus("sample-00000")
        press("Enter")
        title = page.locator("#viewer-title")
        expect(title).to_have_text("sample-00000")
        press("ArrowRight")
        expect(title).to_have_text("sample-00001")
        press("s")
        slider = page.get_by_role("slider")
        expect(slider).to_be_visible()
        expect(slider).to_be_focused()
        press("ArrowLeft")
        assert slider.input_value() == "49"
        expect(title).to_have_text("sample-00001")
        press("p")
        expect(title).to_have_text("sample-00000")
        press("n")
        expect(title).to_have_text("sample-00001")
        expect(slider).to_be_focused()
        press("s")
        expect(slider).to_have_count(0)
        press("ArrowLeft")
        expect(title).to_have_text("sample-00000")
        press("ArrowRight")
        expect(title).to_have_text("sample-00001")
        press("Escape")
        expect(page.locator("#viewer")).not_to_be_visible()
        expect_focus("sample-00001")
        assert "sample=" not in page.url
        assert watched.found() == []


def test_keys_work_after_the_mouse_was_used(browser: Browser, few: tuple[Path, MadeUpRun]) -> None:
    name = safe_name(few[1].samples[0].id)
    with opened(browser, few[0], address=f"#sample={name}") as watched:
        page = watched.page
        press = page.keyboard.press
        title, slider = page.locator("#viewer-title"), page.get_by_role("slider")
        page.get_by_text("Slider", exact=True).click(force=True)
        expect(slider).to_be_visible()
        press("ArrowRight")
        expect(title).to_have_text("sample-00001")
        expect(slider).to_be_visible()
        box = page.locator(".compare").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
        page.mouse.up()
        press("n")
        expect(title).to_have_text("sample-00002")
        press("s")
        expect(slider).to_have_count(0)
        press("ArrowLeft")
        expect(title).to_have_text("sample-00001")
        # The button is disabled at the first sample, and keys go on.
        page.get_by_role("button", name="Previous sample").click()
        expect(title).to_have_text("sample-00000")
        press("ArrowRight")
        expect(title).to_have_text("sample-00001")
        assert watched.found() == []


def test_the_slider_uncovers_the_edited_image(
    browser: Browser, few: tuple[Path, MadeUpRun]
) -> None:
    name = safe_name(few[1].samples[0].id)
    with opened(browser, few[0], address=f"#sample={name}") as watched:
        page = watched.page
        page.get_by_label("Slider").check()
        for image in page.locator(".compare img").all():
            expect(image).to_have_js_property("complete", value=True)
            assert image.evaluate("(image) => image.naturalWidth") == 96
        box = page.locator(".compare").bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        page.mouse.click(box["x"] + box["width"] * 0.2, middle)
        assert 18 <= float(page.get_by_role("slider").input_value()) <= 22
        cut = page.locator(".layer-edited").evaluate("(e) => getComputedStyle(e).clipPath")
        assert re.fullmatch(r"inset\(0px 0px 0px (19|20|21)%\)", cut)
        # What is seen on either side of the cut is one image and the other.
        source, edited = (
            page.locator(".layer")
            .nth(number)
            .evaluate("(e) => e.querySelector('img').getAttribute('src')")
            for number in (0, 1)
        )
        assert source != edited
        assert watched.found() == []


def test_a_link_opens_its_sample_and_back_closes_it(
    browser: Browser, many: tuple[Path, MadeUpRun]
) -> None:
    sample = many[1].samples[4321]
    with opened(browser, many[0], address=f"#sample={safe_name(sample.id)}") as watched:
        page = watched.page
        expect(page.locator("#viewer-title")).to_have_text(sample.id)
        expect(page.locator("#facts")).to_contain_text(sample.instruction)
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#viewer")).not_to_be_visible()
        page.locator(".card", has_text=sample.id).click()
        expect(page.locator("#viewer-title")).to_have_text(sample.id)
        page.go_back()
        expect(page.locator("#viewer")).not_to_be_visible()
        page.evaluate("location.hash = '#sample=nothing-of-the-kind'")
        expect(page.locator("#count")).to_have_text(
            "The sample of this address is not in this report."
        )
        assert watched.found() == []


def test_a_failed_edit_says_why_and_shows_its_source(
    browser: Browser, many: tuple[Path, MadeUpRun]
) -> None:
    failed = next(
        row
        for row in sample_results(many[1].folder)
        if row.edit is not None and row.edit.outcome == "failed"
    )
    with opened(browser, many[0], address=f"#sample={safe_name(failed.id)}") as watched:
        page = watched.page
        expect(page.locator("#facts")).to_contain_text("RuntimeError: out of memory")
        expect(page.locator("#pictures")).to_contain_text("no edited image: edit failed")
        assert page.locator("#pictures img").count() == 1
        expect(page.get_by_label("Slider")).to_be_disabled()
        page.keyboard.press("s")
        expect(page.get_by_role("slider")).to_have_count(0)
        tops = page.locator("#pictures figcaption").evaluate_all(
            "(all) => all.map((caption) => caption.getBoundingClientRect().top)"
        )
        assert len(set(tops)) == 1
        assert watched.found() == []


def test_a_picture_that_is_not_there_is_said(browser: Browser, tmp_path: Path) -> None:
    report, run = made_up_report(tmp_path, 4)
    for path in (report / "pictures").iterdir():
        path.unlink()
    name = safe_name(run.samples[0].id)
    with opened(browser, report, address=f"#sample={name}") as watched:
        expect(watched.page.locator("#pictures")).to_contain_text("picture not made")
