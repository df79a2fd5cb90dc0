"""How Sphinx builds the site: `make docs`. Nothing is fetched, and every warning is an error.

The pages are Markdown that is read on GitHub as well: their links are relative, and what belongs
together is a list in an `index.md`, not a directive.
"""

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

project = "editgauge"
author = "the editgauge authors"
version = release = version_of("editgauge")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]

# Headings are link targets and are named as GitHub names them, so links work in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]

# Single backquotes in docstrings are code.
default_role = "code"
nitpicky = True
# What is not ours cannot be linked without asking others' servers for an inventory.
nitpick_ignore_regex = [(r"py:.*", r"(?!editgauge\b).*")]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"editgauge {release}"
html_copy_source = False
html_show_sphinx = False
html_static_path: list[str] = []


def lists_to_toctrees(text: str) -> str:
    """Return an index page with a hidden toctree for each of its lists of pages.

    A page belongs to the heading that it is listed under.
    """
    toctrees = ""
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        heading = re.match(r"## (.*)\n", part)
        pages = re.findall(r"^- \[.*?\]\(([^):#]+)\.md\)", part, re.MULTILINE)
        if pages:
            caption = f":caption: {heading[1]}\n" if heading else ""
            toctrees += f"\n```{{toctree}}\n:hidden:\n{caption}\n" + "\n".join(pages) + "\n```\n"
    return text + toctrees


def links_to_downloads(text: str, page: Path) -> str:
    """Return a page whose links to files outside of `docs` are offered as files."""

    def outside(found: re.Match[str]) -> str:
        target = (page.parent / found[1]).resolve()
        away = target.is_file() and not target.is_relative_to(HERE)
        return f"](<path:{found[1]}>)" if away else found[0]

    return re.sub(r"\]\(([^)\s:#]+)\)", outside, text)


def read(app: Any, docname: str, source: list[str]) -> None:
    """Prepare a page for Sphinx."""
    page = Path(app.env.doc2path(docname))
    source[0] = links_to_downloads(source[0], page)
    if page.name == "index.md":
        source[0] = lists_to_toctrees(source[0])


def setup(app: Any) -> None:
    """Take part in the build."""
    app.connect("source-read", read)
