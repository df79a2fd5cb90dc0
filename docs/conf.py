"""How Sphinx builds the site: `make docs`. Nothing is fetched, and every warning is an error.

The pages are Markdown that is read on GitHub as well: their links are relative, and what belongs
together is a list in an `index.md`, not a directive.
"""

import inspect
import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import editgauge

NOT_OURS = ("__version__", "Field", "SecretStr", "field_validator", "model_validator")
"""Names in `editgauge.__all__` that have no description of ours; a page names them."""

PUBLIC = ("editgauge", "editgauge.events", "editgauge.model_files", "editgauge.testing")
PRIVATE = (
    "editgauge.core.",
    "editgauge.config_schemas.",
    "editgauge.plugins.",
    "editgauge.testing.",
)
"""How the true places of public names begin, as annotations have them."""

HERE = Path(__file__).parent

project = "editgauge"
author = "the editgauge authors"
version = release = version_of("editgauge")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]

# Headings are link targets and are named as GitHub names them, so links work in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]

nitpicky = True
# `type` in a signature is Python's, and several classes have an attribute of this name.
suppress_warnings = ["ref.python"]
# What is not ours cannot be linked without asking others' servers for an inventory.
nitpick_ignore_regex = [(r"py:.*", r"(?!editgauge\b).*")]

autodoc_member_order = "bysource"
napoleon_use_ivar = True
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


def directive_for(name: str) -> str:
    """Return what describes a public name from its docstring."""
    value = getattr(editgauge, name)
    if inspect.isclass(value):
        kind = "exception" if issubclass(value, Exception) else "class"
        return f".. auto{kind}:: editgauge.{name}\n   :members:\n"
    kind = (
        "function" if inspect.isroutine(value) else "module" if inspect.ismodule(value) else "data"
    )
    return f".. auto{kind}:: editgauge.{name}\n"


def with_other_names(text: str) -> str:
    """Return the first page of the reference with the public names that no other page has."""
    pages = "".join(page.read_text("utf-8") for page in (HERE / "python-api").glob("*.md"))
    others = [
        name
        for name in editgauge.__all__
        if name not in NOT_OURS and not re.search(rf"editgauge\.{name}\b", pages)
    ]
    directives = "".join(map(directive_for, others))
    further = f"\n## Further names\n\n```{{eval-rst}}\n{directives}```\n"
    return text + further if others else text


def find_public_name(app: Any, env: Any, node: Any, text: Any) -> Any:
    """Link a private place of a public name to the public one; what has none is plain text."""
    target = node.get("reftarget", "")
    if not target.startswith(PRIVATE):
        return None
    name = target.rpartition(".")[2]
    domain = env.get_domain("py")
    for public in (f"{module}.{name}" for module in PUBLIC):
        if public in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", public, node, text)
    return text


def mark_code(
    _app: Any, _what: str, _name: str, _object: object, _options: Any, lines: list[str]
) -> None:
    """Turn `code`, as docstrings have it, into what Sphinx reads as code."""
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", "\n".join(lines))
    lines[:] = text.split("\n")


def read(app: Any, docname: str, source: list[str]) -> None:
    """Prepare a page for Sphinx."""
    page = Path(app.env.doc2path(docname))
    source[0] = links_to_downloads(source[0], page)
    if docname == "python-api/index":
        source[0] = with_other_names(source[0])
    if page.name == "index.md":
        source[0] = lists_to_toctrees(source[0])


def setup(app: Any) -> None:
    """Take part in the build."""
    app.connect("source-read", read)
    # Before napoleon, which takes what stands before a colon for a type.
    app.connect("autodoc-process-docstring", mark_code, priority=400)
    app.connect("missing-reference", find_public_name)
