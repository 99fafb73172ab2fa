"""Without this file a failed night on the bench would leave a verdict and no story.

Everything that hands did and that was seen, on one axis: a lane for each of hand, pendant, bridge, gateway, platform.
"""

import threading
from dataclasses import dataclass

LANES = ("hand", "pendant", "bridge", "gateway", "platform")
_MOST = 20_000  # lines of one test


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    at_s: float
    lane: str
    text: str


class Log:
    """Takes entries from any thread."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, at_s: float, lane: str, text: str) -> None:
        """Keep one; beyond some twenty thousand they are left out."""
        with self._lock:
            if len(self._entries) < _MOST:
                self._entries.append(Entry(at_s, lane, text))

    def in_order(self) -> list[Entry]:
        """All, by time."""
        with self._lock:
            return sorted(self._entries, key=lambda entry: entry.at_s)
