"""Without this file one damaged page would cost every event that was waiting beside it.

Reads out of a damaged store whatever can still be read: all of a lane but the rows that lie on the damage.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway import tables
from gateway.record import LANE_NAMES, LANES, Record

CHUNK = 500


def records(path: Path) -> Iterator[list[Record]]:
    """The readable records, alarms first, in chunks."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    try:
        for lane in LANES:
            yield from _lane(db, lane)
    finally:
        db.close()


def _lane(db: sqlite3.Connection, lane: int) -> Iterator[list[Record]]:
    last = _last(db, lane)
    first = 1
    while first <= last:
        chunk = _read(db, lane, first, min(first + CHUNK, last + 1))
        if chunk:
            yield chunk
        first = _next(db, lane, first + CHUNK)


def _last(db: sqlite3.Connection, lane: int) -> int:
    try:
        # Down the right edge of the tree only: counting would read every page, the damaged one too.
        return int(db.execute(f"SELECT max(n) FROM {LANE_NAMES[lane]}").fetchone()[0] or 0)  # noqa: S608
    except sqlite3.Error:
        return 0


def _next(db: sqlite3.Connection, lane: int, first: int) -> int:
    """Leap over what is long forgotten; step where even the leap meets the damage."""
    try:
        found = tables.claim(db, lane, first - 1, 1)
    except sqlite3.Error:
        return first
    return found[0].n if found else first


def _read(db: sqlite3.Connection, lane: int, first: int, end: int) -> list[Record]:
    """The records first ... end - 1 that can be read; where one cannot, halve until only it is left out."""
    try:
        return tables.between(db, lane, first, end - 1)
    except sqlite3.Error:
        if end - first <= 1:
            return []
        middle = (first + end) // 2
        return _read(db, lane, first, middle) + _read(db, lane, middle, end)


def memory(path: Path) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """What else was remembered, table by table, as far as it can be read."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    try:
        for table in tables.MEMORY:
            rows: list[tuple[object, ...]] = []
            with suppress(sqlite3.Error):  # what came before the damage counts
                rows.extend(db.execute(f"SELECT * FROM {table}"))  # noqa: S608
            yield table, rows
    finally:
        db.close()
