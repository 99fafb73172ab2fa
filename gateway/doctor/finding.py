"""Without this file each check would report in its own way."""

from dataclasses import dataclass, field
from typing import Any

from gateway.doctor.words import TEXTS

WELL, NOTE, WRONG = "well", "note", "wrong"
MARKS = {WELL: "✓", NOTE: "!", WRONG: "✗"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. code names its sentence in words.py; facts fill it."""

    about: str
    level: str
    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The sentence: what is so, and what to do if it is not well."""
        chinese, english = TEXTS[self.code]
        return (chinese if language == "zh" else english).format(**self.facts)


def well(about: str, code: str, **facts: Any) -> Finding:
    """As it should be."""
    return Finding(about, WELL, code, facts)


def note(about: str, code: str, **facts: Any) -> Finding:
    """Worth knowing; the gateway does its work."""
    return Finding(about, NOTE, code, facts)


def wrong(about: str, code: str, **facts: Any) -> Finding:
    """Must be put right."""
    return Finding(about, WRONG, code, facts)
