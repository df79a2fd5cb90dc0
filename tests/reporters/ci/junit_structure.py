"""What the JUnit schema of Jenkins' xunit plugin (junit-10.xsd) allows, as far as it matters here.

Written apart from the reporter: elements with their attributes and what may stand in them, and the
sums that viewers take for granted.
"""

import re
from xml.etree.ElementTree import Element

_ATTRIBUTES = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp"},
        {"name", "tests", "failures", "errors"},
    ),
    "testcase": ({"name", "time", "classname"}, {"name"}),
    "properties": (set(), set()),
    "property": ({"name", "value"}, {"name", "value"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "testcase": {"failure", "error", "skipped", "system-out"},
    "properties": {"property"},
}
_TIME = re.compile(r"\d+(\.\d+)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def wrong_in(root: Element) -> list[str]:
    """Return what breaks the schema, or adds up to something else than it says."""
    found = [] if root.tag == "testsuites" else [f"root {root.tag}"]
    for element in root.iter():
        allowed, required = _ATTRIBUTES[element.tag]
        found += [f"{element.tag} has {name}" for name in element.attrib.keys() - allowed]
        found += [f"{element.tag} lacks {name}" for name in required - element.attrib.keys()]
        children = {child.tag for child in element}
        found += [f"{tag} in {element.tag}" for tag in children - _CHILDREN.get(element.tag, set())]
        if not _TIME.fullmatch(element.get("time", "0")):
            found.append(f"time {element.get('time')!r}")
    for suite in root:
        if not _TIMESTAMP.fullmatch(suite.get("timestamp", "2026-11-23T03:10:00")):
            found.append(f"timestamp {suite.get('timestamp')!r}")
        cases = suite.findall("testcase")
        counted = {
            "tests": len(cases),
            "failures": sum(case.find("failure") is not None for case in cases),
            "errors": sum(case.find("error") is not None for case in cases),
            "skipped": sum(case.find("skipped") is not None for case in cases),
        }
        found += [
            f"{suite.get('name')}: {name} is {suite.get(name)}, counted {number}"
            for name, number in counted.items()
            if suite.get(name) != str(number)
        ]
        for case in cases:
            if sum(child.tag != "system-out" for child in case) > 1:
                found.append(f"{case.get('name')} ended in several ways")
    for name in ("tests", "failures", "errors"):
        if root.get(name) != str(sum(int(suite.get(name, "0")) for suite in root)):
            found.append(f"the sum of {name} is {root.get(name)}")
    return found
