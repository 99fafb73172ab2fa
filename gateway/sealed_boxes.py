"""Without this file a recorded enrolment could be played again: the memory of sealed records that were taken.

Functions over one sqlite3 connection, as in tables.py.
"""

import sqlite3

GOOD_FOR_S = 7 * 86_400  # an older box is refused by its age; so what is remembered of boxes need not be kept longer
SCHEMA = """
-- When the newest sealed record that was taken for a pendant was sealed, in unix seconds.
CREATE TABLE IF NOT EXISTS sealed (pendant BLOB PRIMARY KEY, sealed_s INTEGER NOT NULL) WITHOUT ROWID;
"""
TABLES = ("sealed",)


def newest(db: sqlite3.Connection, pendant: bytes) -> int:
    """When the newest box taken for this pendant was sealed; 0 if none was."""
    row = db.execute("SELECT sealed_s FROM sealed WHERE pendant = ?", (pendant,)).fetchone()
    return int(row[0]) if row else 0


def note_taken(db: sqlite3.Connection, pendant: bytes, sealed_s: int, now_s: int) -> None:
    """Remember a box as long as one of its age would be taken."""
    db.execute("DELETE FROM sealed WHERE sealed_s < ?", (now_s - GOOD_FOR_S,))
    db.execute("INSERT OR REPLACE INTO sealed VALUES (?, ?)", (pendant, sealed_s))
