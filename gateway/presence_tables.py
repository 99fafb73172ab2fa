"""Without this file a restart would forget who is missing, or call everybody missing: what presence keeps in the store.

Functions over one sqlite3 connection, as in tables.py. Rows are written once a minute and at the end; what was told is
written in the transaction that stores the telling, so that it is told once.
"""

import json
import sqlite3
from typing import Any, NamedTuple

from gateway import orders
from gateway.record import Record
from shared import gateway_frames, words

SCHEMA = """
-- The rhythm and the last state of each pendant; heard_ms is on the listening clock, seen_ms a stamp of switch_on.
CREATE TABLE IF NOT EXISTS presence (
  pendant BLOB PRIMARY KEY, heard_ms INTEGER NOT NULL, is_silenced INTEGER NOT NULL, measured_ms INTEGER NOT NULL,
  switch_on INTEGER NOT NULL, seen_ms INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
-- The listening clock, one row.
CREATE TABLE IF NOT EXISTS listening (
  id INTEGER PRIMARY KEY, listening_ms INTEGER NOT NULL, silent_since_ms INTEGER, silenced_most INTEGER NOT NULL);
-- What was told as missing and not yet as found: a pendant, or "the bridge", or "the radio".
CREATE TABLE IF NOT EXISTS told (about BLOB PRIMARY KEY) WITHOUT ROWID;
-- What pendants have reported to have been configured to.
CREATE TABLE IF NOT EXISTS setting (
  pendant BLOB, name TEXT, value INTEGER NOT NULL, PRIMARY KEY (pendant, name)) WITHOUT ROWID;
"""
TABLES = ("presence", "listening", "told", "setting")


class Row(NamedTuple):
    """One pendant."""

    pendant: bytes
    heard_ms: int
    is_silenced: bool
    measured_ms: int
    switch_on: int
    seen_ms: int
    state: dict[str, Any]


class Kept(NamedTuple):
    """All that was kept."""

    rows: list[Row]
    listening_ms: int
    silent_since_ms: int | None
    silenced_most: int
    told: set[bytes]
    beat_s: dict[bytes, int]


def load(db: sqlite3.Connection) -> Kept:
    """What an earlier run has kept."""
    clock = db.execute("SELECT listening_ms, silent_since_ms, silenced_most FROM listening WHERE id = 0").fetchone()
    listening_ms, silent_since_ms, silenced_most = clock or (0, None, 0)
    rows = [
        Row(pendant, heard_ms, bool(is_silenced), measured_ms, switch_on, seen_ms, json.loads(state))
        for pendant, heard_ms, is_silenced, measured_ms, switch_on, seen_ms, state in db.execute(
            "SELECT * FROM presence"
        )
    ]
    told = {bytes(about) for (about,) in db.execute("SELECT about FROM told")}
    beat_s = dict(db.execute("SELECT pendant, value FROM setting WHERE name = 'beat_s'"))
    return Kept(rows, listening_ms, silent_since_ms, silenced_most, told, beat_s)


def save(
    db: sqlite3.Connection, rows: list[Row], listening_ms: int, silent_since_ms: int | None, silenced_most: int
) -> None:
    """Keep what has changed."""
    db.executemany(
        "INSERT OR REPLACE INTO presence VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*row[:6], json.dumps(row.state, separators=(",", ":"))) for row in rows],
    )
    db.execute("INSERT OR REPLACE INTO listening VALUES (0, ?, ?, ?)", (listening_ms, silent_since_ms, silenced_most))


def forget(db: sqlite3.Connection, pendants: list[bytes]) -> None:
    """These are not ours any more."""
    for table in ("presence", "setting"):
        db.executemany(f"DELETE FROM {table} WHERE pendant = ?", [(pendant,) for pendant in pendants])  # noqa: S608
    db.executemany("DELETE FROM told WHERE about = ?", [(pendant,) for pendant in pendants])


def note_told(db: sqlite3.Connection, about: bytes, is_missing: bool) -> None:
    """It was told as missing, or as found."""
    db.execute("INSERT OR IGNORE INTO told VALUES (?)" if is_missing else "DELETE FROM told WHERE about = ?", (about,))


def is_told(db: sqlite3.Connection, about: bytes) -> bool:
    """Whether it was told as missing, and not yet as found."""
    return db.execute("SELECT 1 FROM told WHERE about = ?", (about,)).fetchone() is not None


def note_configured(db: sqlite3.Connection, record: Record) -> None:
    """If the record says that a pendant has taken settings: remember them. Before its order is forgotten."""
    if record.kind != words.EVENT:
        return
    event = gateway_frames.unpack_event(record.body)
    if event.code != words.COMMAND_DONE or event.arg != words.DONE:
        return
    row = db.execute(
        "SELECT argument FROM pendant_order WHERE pendant = ? AND number = ? AND verb = ?",
        (record.sender, orders.number_of(event), words.CONFIGURE),
    ).fetchone()
    for name, value in json.loads(row[0]).items() if row else ():
        db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", (record.sender, name, value))
