"""What axe-core finds in the report: nothing serious, in light and dark, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from editgauge.core.samples import safe_name
from tests.reporters.html.pages import NARROW, WIDE, opened, started_browser
from tests.reporters.html.reports import made_up_report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder, run = made_up_report(tmp_path_factory.mktemp("run"), 120)
    return folder, safe_name(run.samples[0].id)


def serious_problems(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical, with the elements."""
    response: dict[str, Any] = Axe().run(page).response
    assert response["testEngine"]["name"] == "axe-core"
    return [
        f"{problem['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for problem in response["violations"]
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious(
    browser: Browser, report: tuple[Path, str], view: dict[str, int], scheme: str
) -> None:
    folder, name = report
    with opened(browser, folder, viewport=view, color_scheme=scheme) as watched:
        page = watched.page
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (
            scheme == "dark"
        )
        for fold in page.locator("details > summary").all():
            fold.click()
        page.evaluate("document.getElementById('samples').scrollIntoView()")
        page.locator(".card").first.wait_for()
        assert serious_problems(page) == []
        page.evaluate(f"location.hash = '#sample={name}'")
        page.locator("#viewer[open]").wait_for()
        assert serious_problems(page) == []
        page.get_by_label("Slider").check()
        assert serious_problems(page) == []


def test_a_problem_would_be_found(browser: Browser, report: tuple[Path, str]) -> None:
    with opened(browser, report[0]) as watched:
        watched.page.evaluate("document.querySelector('h1').style.color = '#f0f0f0'")
        assert [text.split(":")[0] for text in serious_problems(watched.page)] == ["color-contrast"]
