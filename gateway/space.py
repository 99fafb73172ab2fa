"""Without this file a week without the platform would fill the card, and the next alarm would find no room.

The store is bounded by bytes. The newest telemetry pushes out the oldest; events may fill all but the reserve; alarms
may fill the reserve as well and are never pushed out. When even that is full, a pendant is refused, not lied to.
"""

import sqlite3
from typing import NamedTuple

from gateway.record import ALARM, LANES, TELEMETRY

_MARGIN_BYTES = 512 * 1024  # one group of the writer, and what its pages may split into
_PUSHED_OUT_AT_ONCE = 2_000
_PUSH_OUT = "DELETE FROM telemetry WHERE n <= (SELECT min(n) FROM telemetry) + ?"
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


def make_room(db: sqlite3.Connection, limits: Limits) -> tuple[list[bool], int]:
    """Whether each lane has room for one more group, and how many old records of telemetry were pushed out for it."""
    pushed_out = 0
    used = used_bytes(db)
    while used + _MARGIN_BYTES > limits.most - limits.reserve:
        count = db.execute(_PUSH_OUT, (_PUSHED_OUT_AT_ONCE - 1,)).rowcount
        if not count:
            break
        pushed_out += count
        used = used_bytes(db)
    is_below_reserve = used + _MARGIN_BYTES <= limits.most - limits.reserve
    is_below_most = used + _MARGIN_BYTES <= limits.most
    has_room = [is_below_most if lane == ALARM else is_below_reserve for lane in LANES]
    assert len(has_room) == TELEMETRY + 1
    return has_room, pushed_out


def make_inner_room(db: sqlite3.Connection) -> int:
    """On a full disk: make room inside the file, which then need not grow; how many records of telemetry that cost."""
    db.execute("PRAGMA wal_checkpoint(RESTART)")  # the log begins at its beginning again
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    if free >= _FREE_PAGES:
        return 0
    pushed_out = db.execute(_PUSH_OUT, (_PUSHED_OUT_AT_ONCE - 1,)).rowcount
    db.execute("PRAGMA wal_checkpoint(RESTART)")
    return pushed_out
