"""Without this file a CI would know nothing of a run that was killed: pytest writes its JUnit file at the end only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

_FAULTS = {"failed": "failure", "did not end": "error", "skipped": "skipped"}
_COUNTED = {"failures": "failed", "errors": "did not end", "skipped": "skipped"}
_NAME = "junit.xml"


def write(root: Path, stories: Sequence[dict[str, Any]], begun: str) -> Path:
    """The file of all stories so far, whole or not at all."""
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", name="bench", timestamp=begun, tests=str(len(stories)))
    for name, verdict in _COUNTED.items():
        suite.set(name, str(sum(story["verdict"] == verdict for story in stories)))
    suite.set("time", _seconds(sum(story.get("seconds", 0.0) for story in stories)))
    for story in stories:
        _add(suite, story)
    new = root / f"{_NAME}.new"
    ET.ElementTree(suites).write(new, encoding="utf-8", xml_declaration=True)
    return new.replace(root / _NAME)


def _add(suite: ET.Element, story: dict[str, Any]) -> None:
    file, _, name = story["test"].partition("::")
    place = file.removesuffix(".py").replace("/", ".")
    case = ET.SubElement(suite, "testcase", classname=place, name=name, time=_seconds(story.get("seconds", 0.0)))
    ET.SubElement(ET.SubElement(case, "properties"), "property", name="rig", value=story["rig"])
    if story["verdict"] in _FAULTS:
        why = _printable(story.get("why") or story["verdict"])
        fault = ET.SubElement(case, _FAULTS[story["verdict"]], message=why.strip().splitlines()[-1][:200])
        fault.text = why


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _printable(text: str) -> str:
    """XML cannot hold control characters, not even escaped; a console prints them."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)
