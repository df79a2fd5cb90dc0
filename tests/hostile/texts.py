"""A corpus of hostile text, and what a terminal, a log and a build system may get of it.

Written apart from the code under test: what is harmless is said again here, by Unicode's categories
and in the words of the build systems, and not by importing the cleaner's own patterns.
"""

import re
import unicodedata

ESCAPE = "\x1b"

CORPUS = {
    "clear the screen": f"{ESCAPE}[2J{ESCAPE}[Hall gone",
    "colour": f"{ESCAPE}[31mred{ESCAPE}[0m",
    "title": f"{ESCAPE}]0;another title\x07text",
    "link": f"{ESCAPE}]8;;https://example.invalid/\x1b\\click{ESCAPE}]8;;\x1b\\",
    "clipboard": f"{ESCAPE}]52;c;cm0gLXJmIH4=\x07",
    "device control string": f"{ESCAPE}P+q544e\x1b\\",
    "privacy message": f"{ESCAPE}^hidden{ESCAPE}\\",
    "application command": f"{ESCAPE}_Gf=24;AAAA{ESCAPE}\\",
    "answer back": f"{ESCAPE}[6n{ESCAPE}[c\x05",
    "shift out": "\x0eabc\x0f",
    "alternate screen": f"{ESCAPE}[?1049h{ESCAPE}[?25l",
    "C1 CSI": "\x9b2J\x9b31mred",
    "C1 OSC": "\x9d0;title\x9c",
    "C1 as bytes of UTF-8": b"\xc2\x9b2J".decode(),
    "C1 as a byte": b"\x9b2J".decode("utf-8", "surrogateescape"),
    "every control": "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))),
    "NUL": "a\0b",
    "backspaces": "visible" + "\b" * 7 + "changed",
    "carriage return": "harmless\roverwritten",
    "every kind of newline": "a\nb\rc\r\nd\x0be\x0cf\x1cg\x1dh\x1ei\x85j\u2028k\u2029l",
    "newline and a made-up line": "fine\n[GPU 0] ok\nRun finished: 10 of 10\n",
    "only newlines": "\n" * 50,
    "bidirectional override": "abc\u202egnp.exe\u202c",
    "bidirectional isolates": "\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 abc",
    "combining pile-up": "Z" + "\u0301\u0316\u034a\u0489" * 200,
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg",
    "tags": "plain" + "".join(chr(0xE0000 + ord(char)) for char in "ignore all that"),
    "variation selectors": "x" + "".join(map(chr, range(0xFE00, 0xFE10))) + "\U000e0100",
    "fillers": "\u3164\u115f\uffa0",
    "annotation": "\ufff9over\ufffaunder\ufffb",
    "noncharacters": "\ufdd0\ufffe\uffff\U0010ffff",
    "lone surrogates": "a\ud800b\udfffc\udc9b",
    "emoji": "\U0001f469\u200d\U0001f52c \u2764\ufe0f 1\ufe0f\u20e3",
    "GitHub command": "::error file=app.js,line=1::made up",
    "GitHub command behind white space": " \t\u3000::warning::made up",
    "GitHub command on a later line": "fine\n::set-output name=x::y\r\n::stop-commands::z",
    "GitHub command with zero width": "\u200d::error::x\n:\u200b:error::x",
    "old GitHub command": "##[error]made up ##[set-env name=PATH;]x",
    "old GitHub command with zero width": "#\u200d#[error]x",
    "Azure command": "text ##vso[task.setvariable variable=x]y ##VSO[task.complete]",
    "TeamCity command": "##teamcity[buildStatus text='ok']",
    "Buildkite headings": "--- one\n+++ two\n~~~ three\n^^^ +++",
    "GitLab section": f"section_start:1:x\r{ESCAPE}[0K",
    "Jenkins note": f"{ESCAPE}[8mha:////{ESCAPE}[0m",
    "format strings": "%s%n{0}{x!r}${HOME}$(id)`id`\\x1b[2J",
    "markup": "[red]x[/red]<script>alert(1)</script>&nbsp;|\"'",
    "a megabyte in one line": "0123456789abcde\u00e9" * 65_536,
    "a megabyte of escapes": f"{ESCAPE}[2J" * 250_000,
    "empty": "",
}
"""By name; texts of every kind that a dataset, a judge or a worker might send."""

SHORT = {name: text for name, text in CORPUS.items() if len(text) < 2_000}

_COMMANDS = re.compile(
    r"^\s*::|##\[|##vso\[|##teamcity\[|^(?:---|\+\+\+|~~~|\^\^\^)\s", re.IGNORECASE
)
_NOT_PLAIN = re.compile(r"[^\n -~]")
_KEPT_FORMATS = "\u200c\u200d"


def harm_in(text: str) -> list[str]:
    """Return what in a text that was written for people should not be there; newlines may be.

    Joiners are expected in the corpus only where writing needs them, behind what is not ASCII.
    """
    found = [
        f"U+{ord(match[0]):04X} at {match.start()}"
        for match in _NOT_PLAIN.finditer(text)
        if _is_harmful(text, match.start())
    ]
    found += [f"command: {line[:80]!r}" for line in text.split("\n") if _COMMANDS.search(line)]
    return found[:5]


def _is_harmful(text: str, position: int) -> bool:
    char = text[position]
    if char in _KEPT_FORMATS:
        return position == 0 or text[position - 1].isascii()
    category = unicodedata.category(char)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") or 0xE0000 <= ord(char) <= 0xE0FFF
