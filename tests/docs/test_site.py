"""The documentation builds into a site without a warning, and the site needs no network."""

import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import editgauge
import editgauge.testing
from tests.docs.pages import DOCS, PAGES, ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site with the options that the Makefile gives."""
    found = re.search(
        r"^\t@\$\(BIN\)/python -m sphinx (.*) docs build/docs$", makefile(), re.MULTILINE
    )
    assert found, "the Makefile builds the documentation in another way"
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *found[1].split(), str(DOCS), str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "--fail-on-warning" in found[1]
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")


class Loaded(HTMLParser):
    """Collects what a browser fetches for a page, and the headings' anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.pictures: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.addresses.append(str(given["src"]))
        if tag == "img":
            self.pictures.append(str(given["src"]))
        if tag == "link" and given.get("rel") not in ("canonical", "author", "license"):
            self.addresses.append(str(given.get("href")))


def pages_of(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_the_site_has_every_page(site: Path) -> None:
    built = {str(path.relative_to(site).with_suffix("")) for path in pages_of(site)}
    assert {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES} <= built


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    foreign = {
        address
        for page in pages_of(site)
        for address in Loaded(page.read_text("utf-8")).addresses
        if re.match(r"(?:[a-z]+:)?//", address)
    }
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert foreign == set()
    assert re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", styles) == []


def test_the_pictures_are_there(site: Path) -> None:
    page = site / "html-report.html"
    pictures = Loaded(page.read_text("utf-8")).pictures
    assert len(pictures) >= 6
    assert all((page.parent / picture).is_file() for picture in pictures)


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    reference = "".join(page.read_text("utf-8") for page in (site / "python-api").glob("*.html"))
    described = set(re.findall(r'id="(?:module-)?editgauge\.([\w.]+)"', reference))
    # These are pydantic's, and are named beside the configurations.
    plain = {"Field", "SecretStr", "field_validator", "model_validator"}
    assert set(editgauge.__all__) - described == plain | {"__version__"}
    for module in (editgauge.events, editgauge.model_files, editgauge.testing):
        kind = module.__name__.removeprefix("editgauge.")
        names = {name for name in module.__all__ if not inspect.ismodule(getattr(module, name))}
        assert {f"{kind}.{name}" for name in names} - described == set()
    assert all(f'<span class="pre">{name}</span>' in reference for name in plain)
