"""Without this file a lost alarm would leave no trace: nobody would look for the number that is missing.

A pendant numbers its events without holes. A hole that is not filled in time is reported once, as an event of the
gateway's own. Another gateway may have heard what is missing here: the platform, which hears all of them, can tell.
"""

import sqlite3
from typing import NamedTuple

from gateway.record import is_remembered
from gateway.tables import numbers_ahead

REPORT_AFTER_MS = 10 * 60_000  # a pendant repeats for a while; a hole may be a repeat that is still to come
MOST_NAMED = 32
GAP = "tiexin.events.missing"


class Gap(NamedTuple):
    """Numbers of one boot of one pendant that have not come, though later ones have."""

    sender: bytes
    boot: int
    missing: tuple[int, ...]


def find(db: sqlite3.Connection) -> list[Gap]:
    """The holes that are not reported yet."""
    rows = db.execute(
        "SELECT seen.sender, seen.boot, seen.upto, early, coalesce(gap.upto, 0) FROM seen"
        " LEFT JOIN gap ON gap.sender = seen.sender AND gap.boot = seen.boot WHERE length(early) > 0"
        " AND seen.sender NOT IN (SELECT id FROM self)"  # what a full disk refuses of our own is no loss in the air
    )
    found = []
    for sender, boot, upto, early, reported in rows:
        there = numbers_ahead(early)
        missing = tuple(n for n in range(max(upto, reported) + 1, max(there)) if n not in there and is_remembered(n))
        if missing:
            found.append(Gap(sender, boot, missing))
    return found


def note_reported(db: sqlite3.Connection, gap: Gap) -> None:
    """Report these no more."""
    db.execute("DELETE FROM gap WHERE (sender, boot) NOT IN (SELECT sender, boot FROM seen)")
    db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?, ?)", (gap.sender, gap.boot, gap.missing[-1]))


class Watch:
    """Remembers since when each hole is there; says which have stayed too long."""

    def __init__(self) -> None:
        self._since_ms: dict[tuple[bytes, int, int], int] = {}

    def ripe(self, gaps: list[Gap], now_ms: int) -> list[Gap]:
        """Of these holes the part that has been there for REPORT_AFTER_MS."""
        known = {(gap.sender, gap.boot, n) for gap in gaps for n in gap.missing}
        self._since_ms = {hole: self._since_ms.get(hole, now_ms) for hole in known}
        ripe = []
        for gap in gaps:
            missing = tuple(
                n for n in gap.missing if now_ms - self._since_ms[gap.sender, gap.boot, n] >= REPORT_AFTER_MS
            )
            if missing:
                ripe.append(gap._replace(missing=missing))
        return ripe


def describe(gap: Gap) -> dict[str, object]:
    """The data of the report."""
    return {"boot": gap.boot, "count": len(gap.missing), "missing": list(gap.missing[:MOST_NAMED])}
