"""Without this file an installer would learn from a missed alarm that the bathroom has no radio.

A walk through the home with one pendant: whoever walks presses shortly in each room, and each press is a line with how
strongly it was heard, both ways. One walk at a time, in memory, bounded; the notes are the rooms.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.hearings import Hearing, Hearings
from shared import words

GOOD_DBM = -75  # leaves 20 dB for a body that lies on the pendant; not measured on hardware yet
WEAK_DBM = -88
MOST_LINES = 100
MOST_NOTE = 40
_SAME_PRESS_MS = 1_500  # repeats of a frame, and a second tap
GOOD, WEAK, NONE = "good", "weak", "none"


@dataclass(frozen=True)
class Press:
    """One press."""

    number: int
    stamp_ms: int
    rssi_dbm: int  # as we heard it
    downlink_rssi_dbm: int | None  # as the pendant heard us last
    note: str = ""

    @property
    def verdict(self) -> str:
        """GOOD or WEAK: what was not heard at all has no line."""
        return verdict(self.rssi_dbm, self.downlink_rssi_dbm)


def verdict(rssi_dbm: int, downlink_rssi_dbm: int | None) -> str:
    """The weaker of the two ways counts."""
    weakest = min(rssi_dbm, rssi_dbm if downlink_rssi_dbm is None else downlink_rssi_dbm)
    if weakest >= GOOD_DBM:
        return GOOD
    return WEAK if weakest >= WEAK_DBM else NONE


class Walk:
    """The present walk, or the last one."""

    def __init__(self, hearings: Hearings) -> None:
        self._hearings = hearings
        self._stop: Callable[[], None] | None = None
        self._number = 0
        self.pendant: bytes | None = None
        self.presses: list[Press] = []

    @property
    def is_on(self) -> bool:
        """Whether presses are taken."""
        return self._stop is not None

    def begin(self, pendant: bytes) -> None:
        """Begin anew. RuntimeError if too many watch already."""
        self.end()
        self._stop = self._hearings.watch(self._heard)
        self.pendant = pendant
        self.presses = []

    def end(self) -> None:
        """Take no more presses; the lines stay until the next walk."""
        if self._stop:
            self._stop()
        self._stop = None

    def note(self, number: int, text: str) -> bool:
        """Say where a press was; False if there is no such line."""
        for index, press in enumerate(self.presses):
            if press.number == number:
                self.presses[index] = replace(press, note=" ".join(text.split())[:MOST_NOTE])
                return True
        return False

    def _heard(self, hearing: Hearing) -> None:
        """A beat or an event of this pendant: a press, unless it follows one at once. Polls are no presses."""
        if hearing.pendant != self.pendant or hearing.kind == words.POLL:
            return
        if self.presses and hearing.stamp_ms - self.presses[-1].stamp_ms < _SAME_PRESS_MS:
            return
        self._number += 1
        self.presses.append(Press(self._number, hearing.stamp_ms, hearing.rssi_dbm, hearing.downlink_rssi_dbm))
        del self.presses[:-MOST_LINES]
