"""Without this file a week without the platform would fill the card, and the next alarm would find no room.

The store is bounded by bytes. When they are used up telemetry is folded first: of old beats one an hour and pendant
stays. When all is folded the oldest go. Events may fill all but the reserve; alarms may fill the reserve as well and
are never pushed out. When even that is full, a pendant is refused, not lied to.
"""

import sqlite3
import time
from typing import NamedTuple

from gateway.record import ALARM, LANES
from shared import words

_MARGIN_BYTES = 512 * 1024  # one group of the writer, and what its pages may split into
_AT_ONCE = 2_000
_NEW_ENOUGH = 100  # beats that are not worth folding
_FOLD_MS = 3_600_000
_FOLD = """
DELETE FROM telemetry WHERE n > :after AND n <= :upto AND n NOT IN (
  SELECT min(n) FROM telemetry WHERE n > :after AND n <= :upto GROUP BY sender, switch_on, heard_ms / :fold_ms)
  AND kind = :beat
"""
_PUSH_OUT = "DELETE FROM telemetry WHERE n <= (SELECT min(n) FROM telemetry) + ?"
_AT_MOST_S = 0.5  # in one transaction: a limit that was lowered by a gigabyte must not hold up an alarm
_FREE_PAGES = 64  # enough for some hundred alarms


class Limits(NamedTuple):
    """Bytes the file may have; of these the last `reserve` are for alarms."""

    most: int
    reserve: int


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the file that are in use; free pages inside it are not."""
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    return int((pages - free) * page_bytes)


class Room:
    """Makes room and says who may have it. Used by the store's writer, inside its transactions."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.folded = 0  # beats that gave way to one of their hour, since the start
        self.pushed_out = 0  # beats that had to go altogether
        self._folded_to = 0  # the n up to which telemetry is folded

    def make(self, db: sqlite3.Connection) -> list[bool]:
        """Make room for one more group if it can be made; whether each lane may have some."""
        usable = self.limits.most - self.limits.reserve
        until_s = time.monotonic() + _AT_MOST_S
        began = used = used_bytes(db)
        while used + _MARGIN_BYTES > usable:
            if not self._fold_some(db) and not self._push_out_some(db):
                break
            used = used_bytes(db)
            if began - used >= _MARGIN_BYTES and time.monotonic() > until_s:
                return [True for _ in LANES]  # there is room inside for this group; more is made with the next
        is_below_reserve = used + _MARGIN_BYTES <= usable
        is_below_most = used + _MARGIN_BYTES <= self.limits.most
        return [is_below_most if lane == ALARM else is_below_reserve for lane in LANES]

    def make_inside(self, db: sqlite3.Connection) -> None:
        """On a full disk: make room inside the file, which then need not grow. Outside of a transaction."""
        db.execute("PRAGMA wal_checkpoint(RESTART)")  # the log begins at its beginning again
        (free,) = db.execute("PRAGMA freelist_count").fetchone()
        if free < _FREE_PAGES:
            self._push_out_some(db)
            db.execute("PRAGMA wal_checkpoint(RESTART)")

    def _fold_some(self, db: sqlite3.Connection) -> bool:
        """Fold the oldest beats that are not folded yet; False if there are none."""
        first, last = db.execute("SELECT min(n), max(n) FROM telemetry").fetchone()
        if last is None:
            return False
        after = max(self._folded_to, first - 1)
        if last - after < _NEW_ENOUGH:
            return False
        upto = after + min(_AT_ONCE, (last - after) // 2)  # the newest keep their detail
        self.folded += db.execute(
            _FOLD, {"after": after, "upto": upto, "fold_ms": _FOLD_MS, "beat": words.BEAT}
        ).rowcount
        self._folded_to = upto
        return True

    def _push_out_some(self, db: sqlite3.Connection) -> bool:
        count = db.execute(_PUSH_OUT, (_AT_ONCE - 1,)).rowcount
        self.pushed_out += count
        return count > 0
