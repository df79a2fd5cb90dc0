"""The pages of the documentation, and the fenced blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("**/*.md"))
OUTSIDE = [
    ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")
]
EVERY_PAGE = [*PAGES, *(page for page in OUTSIDE if page.exists())]

_FILE_NAME = re.compile(r"# ([\w./-]+\.(?:py|yaml|toml|csv))\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        page: the page that it stands on, from the root of the checkout.
        line: the line of its fence, from 1.
        language: what stands behind the fence.
        text: what is in it, with the newline at its end.
        note: the HTML comment in the line above it, or an empty string.
    """

    page: str
    line: int
    language: str
    text: str
    note: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file_name(self) -> str:
        """The file that the block is, by a comment in its first line, or an empty string."""
        found = _FILE_NAME.match(self.text)
        return found[1] if found else ""

    @property
    def is_plugin(self) -> bool:
        """Whether it is a plugin that can be loaded."""
        return self.language == "python" and bool(self.file_name) and "hookimpl\ndef " in self.text


def page_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks_of(page: Path) -> list[Block]:
    """Return every fenced block of a page that begins at the start of a line."""
    found = []
    lines = page.read_text("utf-8").splitlines()
    begin: int | None = None
    for number, line in enumerate(lines, start=1):
        if begin is None and re.match(r"```[^`]*$", line):
            begin = number
        elif begin is not None and line == "```":
            above = lines[begin - 2] if begin > 1 else ""
            note = re.fullmatch(r"<!-- (.*) -->", above)
            found.append(
                Block(
                    page=page_name(page),
                    line=begin,
                    language=lines[begin - 1][3:].strip(),
                    text="".join(f"{text}\n" for text in lines[begin : number - 1]),
                    note=note[1] if note else "",
                )
            )
            begin = None
    assert begin is None, f"{page_name(page)}:{begin}: the block has no end"
    return found


def without_code(page: Path) -> str:
    """Return the text of a page without code."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def links_of(page: Path) -> list[str]:
    """Return where a page leads: links, and the pictures that it shows."""
    text = without_code(page)
    return re.findall(r"\]\(([^)\s]+)[^)]*\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
