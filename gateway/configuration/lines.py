"""Without this file an error could name the file, but not the line: finds sections and keys in TOML."""

import re

_HEADER = re.compile(r"\s*\[{1,2}\s*([^\]]*?)\s*\]{1,2}")
_AT = re.compile(r"\(at line (\d+), column \d+\)")
_AT_END = re.compile(r"\(at end of document\)")


class Lines:
    """Where something stands, or where it would have to be written. Counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        while len(self._lines) > 1 and not self._lines[-1].strip():
            self._lines.pop()

    @property
    def last(self) -> int:
        """The last line that is not empty."""
        return len(self._lines)

    def of(self, section: str, key: str = "") -> int:
        """The line of a key; without it that of its section's head; without that the last line, where it belongs."""
        head = 0
        current = ""
        for number, line in enumerate(self._lines, 1):
            if header := _HEADER.match(line):
                current = _bare(header[1])
                if current == section and not head:
                    head = number
            elif key and current == section and _sets(line, key):
                return number
            elif not current and (_sets(line, section) or (key and _sets(line, f"{section}.{key}"))):
                head = head or number  # section = { key = ... }, or section.key = ...
        return head or self._prefix(section) or self.last

    def _prefix(self, section: str) -> int:
        """The first line of what is written as section.something."""
        pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(section)}[\"']?\s*\.")
        return next((number for number, line in enumerate(self._lines, 1) if pattern.match(line)), 0)

    def of_fault(self, fault: str) -> tuple[int, str]:
        """The line that tomllib names, and what it says without it."""
        found = _AT.search(fault)
        return (int(found[1]) if found else self.last), _AT.sub("", _AT_END.sub("at the end", fault)).strip()


def _sets(line: str, key: str) -> bool:
    name, equals, _ = line.partition("=")
    return bool(equals) and _bare(name) == key


def _bare(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.strip().split("."))
