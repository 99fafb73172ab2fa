"""Without this file the soak would believe what the pendants say of themselves: what hands did and what was felt.

An alarm counts from the moment the wearer could feel it: "sent" after a hold, the question after a fall. That is read
from the motor's own pulses. What a power cut may have swallowed in the same moment is noted as open, not as lost.
"""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

HOLD, FALL = "hold", "fall"


@dataclass(frozen=True)
class Deed:
    """One thing that somebody or something did: at bench second at_s."""

    at_s: float
    who: str  # a pendant's id, or what was broken
    what: str
    detail: str = ""


class Ledger:
    """Deeds from every thread, in memory and at once in a file, so that a run that dies leaves its book."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self.deeds: list[Deed] = []

    def note(self, at_s: float, who: str, what: str, detail: str = "") -> None:
        """Write one down."""
        deed = Deed(round(at_s, 3), who, what, detail)
        with self._lock:
            self.deeds.append(deed)
            self._file.write(json.dumps(asdict(deed)) + "\n")
            self._file.flush()

    def of(self, who: str, what: str) -> list[Deed]:
        """All of one kind of one pendant."""
        with self._lock:
            return [deed for deed in self.deeds if deed.who == who and deed.what == what]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
