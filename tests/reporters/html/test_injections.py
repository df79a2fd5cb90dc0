"""Scripts in every text that comes from outside: none runs, and none needs the policy to stop it.

The same page is opened twice, once with its content security policy and once with a browser that
takes no notice of policies.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benchmarks.made_up_run import MadeUpRun, make_up_run
from playwright.sync_api import Browser, expect

from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.core.samples import safe_name
from editgauge.core.text import clean
from tests.reporters.html.pages import opened, started_browser
from tests.reporters.html.reports import report_of

OWN = "window.owned=1"
SCRIPTS = (
    f"<script>{OWN}</script>",
    f"</script><script>{OWN}</script>",
    f"<!--<script>{OWN}</script>--><script>{OWN}</script>",
    f'"><script>{OWN}</script>',
    f"'><img src=x onerror={OWN}>",
    f'" onfocus="{OWN}" autofocus tabindex="1',
    f"' onmouseover='{OWN}",
    f"<svg onload={OWN}><animate onbegin={OWN} attributeName=x dur=1s></svg>",
    f"<iframe srcdoc='<script>parent.{OWN}</script>'></iframe>",
    f"<a href='javascript:{OWN}'>x</a>",
    f"javascript:{OWN}",
    f"<details open ontoggle={OWN}>",
    f"</title></style></textarea></noscript></pre><script>{OWN}</script>",
    f"<meta http-equiv=refresh content='0;url=javascript:{OWN}'>",
    "<base href='https://example.invalid/'>",
    "<link rel=stylesheet href='https://example.invalid/x.css'>",
    "<style>@import 'https://example.invalid/x.css'; *{display:none}</style>",
    "<img src='https://example.invalid/x.png' srcset='https://example.invalid/y.png 2x'>",
    "<form action='https://example.invalid/'><input name=result value=good></form>",
    f"<template><script>{OWN}</script></template><math><mi xlink:href='javascript:{OWN}'>",
    "{{ 7 * 191 }}{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}${7*191}",
    f"\\u003cscript\\u003e{OWN}\\u003c/script\\u003e",
    f"\u2028\u2029;{OWN};//",
    f"]]>*/{OWN};/*",
    f'","__proto__":{{"owned":1}},"x":"</script><script>{OWN}</script>',
    f"\0<\0script>{OWN}</script>\x00",
    f"\ufeff<scr\u200dipt>{OWN}</script>",
    "constructor",
    "__proto__",
)


def inject(text: str, index: int) -> str:
    """Return a text of the made-up run with a script before and behind it, another each row."""
    script = SCRIPTS[index % len(SCRIPTS)]
    return f"{script}{text}{script}"


def injected(event: Event) -> Event:
    """Return an event of the run as a whole with scripts in all its texts."""
    every = "".join(SCRIPTS)
    match event:
        case events.RunStarted():
            return replace(event, edit_model=every, reward_model=every, argv=(every,))
        case events.WorkerStarted():
            return replace(event, devices=(every,), python=every)
        case events.WorkerLost():
            return replace(event, reason=every, stderr=SCRIPTS)
        case events.RunFinished():
            return replace(event, reason=every, advice=every)
    return event


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MadeUpRun]:
    run = make_up_run(
        tmp_path_factory.mktemp("run"), 3 * len(SCRIPTS), pictures=4, text=inject, workers=2
    )
    return report_of(run.folder, [injected(event) for event in run.events]), run


@pytest.mark.parametrize("bypass", [False, True], ids=["with its policy", "without policy"])
def test_no_script_in_a_text_runs(
    browser: Browser, report: tuple[Path, MadeUpRun], bypass: bool
) -> None:
    folder, run = report
    with opened(browser, folder, bypass_csp=bypass) as watched:
        page = watched.page
        for fold in page.locator("details > summary").all():
            fold.click()
        for sample in run.samples:
            page.evaluate(f"location.hash = '#sample={safe_name(sample.id)}'")
            title = page.locator("#viewer-title")
            expect(title).to_have_js_property("textContent", clean(sample.id))
        page.keyboard.press("Escape")
        page.locator("#viewer").wait_for(state="hidden")
        page.get_by_label("Search").fill("<script>")
        expect(page.locator("#count")).to_contain_text(" of ")
        page.get_by_label("Search").fill("")
        for category in range(len({sample.category for sample in run.samples})):
            page.get_by_role("combobox", name="Category").select_option(str(category))
            assert page.locator(".card").count() > 0
        assert page.evaluate("window.owned") is None
        assert page.evaluate("({}).owned") is None
        assert _strangers(page) == []
        assert "1337" not in page.content()
        assert watched.found() == []


def _strangers(page: Any) -> list[str]:
    """Return elements and attributes that the templates and scripts of the report never make."""
    strangers: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("*")].flatMap((element) => {
          const found = [];
          const known = "HTML HEAD META LINK TITLE SCRIPT BODY HEADER MAIN NAV SECTION P DIV SPAN "
            + "A H1 H2 H3 STRONG B SMALL CODE PRE KBD UL OL LI DL DT DD TABLE THEAD TBODY TR TH TD "
            + "BUTTON FORM LABEL INPUT SELECT OPTION FIGURE FIGCAPTION DETAILS SUMMARY DIALOG "
            + "NOSCRIPT IMG svg rect path defs";
          if (!known.split(" ").includes(element.tagName)) found.push(element.tagName);
          for (const {name, value} of element.attributes) {
            if (name.startsWith("on") || /^\\s*javascript:/i.test(value)) {
              found.push(`${element.tagName} ${name}=${value}`);
            }
          }
          if (element.tagName === "SCRIPT" && !element.src && element.type !== "application/json") {
            found.push(element.outerHTML);
          }
          return found;
        })"""
    )
    return strangers


def test_a_script_that_is_let_in_would_be_noticed(
    browser: Browser, report: tuple[Path, MadeUpRun]
) -> None:
    with opened(browser, report[0]) as watched:
        watched.page.evaluate(
            """() => {
              const element = document.createElement("div");
              element.innerHTML = "<img src=x onerror=window.owned=1>";
              document.body.append(element);
            }"""
        )
        while not watched.page.evaluate("window.violations.length"):
            watched.page.wait_for_timeout(20)
        assert watched.page.evaluate("window.owned") is None
        assert any(text.startswith("policy: script-src") for text in watched.found())
        assert len(_strangers(watched.page)) == 1
