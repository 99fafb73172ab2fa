"""Without this file a window of motion would be gone once the platform has it: the last ones are kept, for carers.

A small table in the store: so many windows, so many days, whatever comes. Functions over one sqlite3 connection; none
of them commits.
"""

import sqlite3
from typing import NamedTuple

MOST = 200
KEEP_DAYS = 31
_DAY_MS = 86_400_000
_COLUMNS = "pendant, boot, seq, body, motion.switch_on, motion.heard_ms"
_JOINED = "motion JOIN case_event ON event = lower(hex(pendant)) || '-' || boot || '-' || seq"

SCHEMA = """
-- The motion round suspected falls, as it came from the air: the newest windows only.
CREATE TABLE IF NOT EXISTS motion (
  n INTEGER PRIMARY KEY, pendant BLOB NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
  switch_on INTEGER NOT NULL, heard_ms INTEGER NOT NULL, UNIQUE (pendant, boot, seq));
"""

TABLES = ("motion",)


class Kept(NamedTuple):
    """One window as it is kept."""

    pendant: bytes
    boot: int
    seq: int
    body: bytes
    switch_on: int
    heard_ms: int


def put(db: sqlite3.Connection, kept: Kept) -> bool:
    """Keep a window; False if it was kept before. The oldest beyond the limit goes."""
    into = "INSERT OR IGNORE INTO motion (pendant, boot, seq, body, switch_on, heard_ms) VALUES (?, ?, ?, ?, ?, ?)"
    is_new = db.execute(into, kept).rowcount > 0
    db.execute("DELETE FROM motion WHERE n NOT IN (SELECT n FROM motion ORDER BY n DESC LIMIT ?)", (MOST,))
    return is_new


def of_cases(db: sqlite3.Connection, ids: list[str]) -> list[tuple[str, Kept]]:
    """(case, window) of all events of these cases, the oldest first."""
    marks = ", ".join("?" * len(ids))
    rows = db.execute(f"SELECT case_id, {_COLUMNS} FROM {_JOINED} WHERE case_id IN ({marks}) ORDER BY n", ids)  # noqa: S608
    return [(row[0], Kept(*row[1:])) for row in rows]


def case_of(db: sqlite3.Connection, event: str) -> str | None:
    """The case that a fall belongs to."""
    row = db.execute("SELECT case_id FROM case_event WHERE event = ?", (event,)).fetchone()
    return None if row is None else str(row[0])


def cases(db: sqlite3.Connection) -> list[str]:
    """Which cases have a window, the oldest first."""
    return [row[0] for row in db.execute(f"SELECT case_id FROM {_JOINED} ORDER BY n")]  # noqa: S608


def known(db: sqlite3.Connection) -> list[tuple[bytes, int, int]]:
    """Which falls have a window, the oldest first."""
    return [tuple(row) for row in db.execute("SELECT pendant, boot, seq FROM motion ORDER BY n")]


def drop_old(db: sqlite3.Connection, now_unix_ms: int) -> int:
    """Forget what is older than KEEP_DAYS; return how many. What nobody can date goes by number only."""
    dated = "heard_ms + (SELECT offset_ms FROM switch_on WHERE switch_on.n = motion.switch_on)"
    before_ms = now_unix_ms - KEEP_DAYS * _DAY_MS
    return db.execute(f"DELETE FROM motion WHERE {dated} < ?", (before_ms,)).rowcount  # noqa: S608


def keep_only(db: sqlite3.Connection, pendants: list[bytes]) -> int:
    """Whoever does not belong to us any more leaves nothing behind; return how many windows went."""
    known = {pendant for (pendant,) in db.execute("SELECT DISTINCT pendant FROM motion")}
    gone = [(pendant,) for pendant in known - set(pendants)]
    return db.executemany("DELETE FROM motion WHERE pendant = ?", gone).rowcount if gone else 0
