"""Without this file nobody could say, beside the gateway or after its restart, when a pendant was last heard.

One row a pendant, written in the transaction that stores what it said; a poll is not stored and does not count.
"""

import sqlite3

from gateway.record import Record

SCHEMA = """
-- When each pendant was last heard: a stamp of that switching-on.
CREATE TABLE IF NOT EXISTS sighting (
  pendant BLOB PRIMARY KEY, switch_on INTEGER NOT NULL, heard_ms INTEGER NOT NULL) WITHOUT ROWID;
"""
TABLES = ("sighting",)


def note(db: sqlite3.Connection, record: Record) -> None:
    """Its pendant was heard; the last time counts."""
    db.execute("INSERT OR REPLACE INTO sighting VALUES (?, ?, ?)", (record.sender, record.switch_on, record.heard_ms))


def sightings(db: sqlite3.Connection) -> dict[bytes, tuple[int, int]]:
    """Switching-on and stamp of the last sighting of each pendant."""
    return {pendant: (switch_on, heard_ms) for pendant, switch_on, heard_ms in db.execute("SELECT * FROM sighting")}
