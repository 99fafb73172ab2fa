"""Without this file a command to a pendant that sleeps would be lost with the next power cut.

An order is what the platform wants a pendant to do. A pendant listens only just after it has sent: so an order waits in
the store, goes out in each of its listening windows, and is forgotten when the pendant has reported that it is done, in
the same transaction that stores the report. A new key never stands here: keys lie in the list of pendants alone.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from gateway.record import Record
from shared import frames, gateway_frames, words

SCHEMA = """
-- What pendants shall do and have not reported done; the largest number ever given, which outlives its order.
CREATE TABLE IF NOT EXISTS pendant_order (
  pendant BLOB, number INTEGER, verb INTEGER NOT NULL, argument BLOB NOT NULL,
  PRIMARY KEY (pendant, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS last_order (number INTEGER NOT NULL);
-- Revoked pendants that were heard again, and reported once.
CREATE TABLE IF NOT EXISTS reported (pendant BLOB PRIMARY KEY) WITHOUT ROWID;
"""

TABLES = ("pendant_order", "last_order", "reported")


class Order(NamedTuple):
    """One command for one pendant. argument is empty for ROTATE_KEY."""

    pendant: bytes
    number: int
    verb: int
    argument: bytes


def take_number(db: sqlite3.Connection, unix_s: int) -> int:
    """A number larger than any before it, also if this store is a new one: it follows the date."""
    row = db.execute("SELECT number FROM last_order").fetchone()
    number = max(unix_s, row[0] + 1 if row else 1)
    db.execute("DELETE FROM last_order")
    db.execute("INSERT INTO last_order VALUES (?)", (number,))
    return number


def put(db: sqlite3.Connection, order: Order) -> None:
    """Keep an order until it is done."""
    db.execute("INSERT INTO pendant_order VALUES (?, ?, ?, ?)", order)


def orders(db: sqlite3.Connection) -> list[Order]:
    """All orders that are not done yet."""
    return [Order(*row) for row in db.execute("SELECT * FROM pendant_order ORDER BY number")]


def drop(db: sqlite3.Connection, pendant: bytes, number: int) -> None:
    """Forget one order."""
    db.execute("DELETE FROM pendant_order WHERE pendant = ? AND number = ?", (pendant, number))


def note_done(db: sqlite3.Connection, record: Record) -> None:
    """If the record says that a pendant has done (or refused) an order: forget it."""
    if record.kind != words.EVENT:
        return
    event = gateway_frames.unpack_event(record.body)
    if event.code == words.COMMAND_DONE:
        drop(db, record.sender, number_of(event))


def note_reported(db: sqlite3.Connection, pendant: bytes) -> None:
    """That it was heard again is told."""
    db.execute("INSERT OR IGNORE INTO reported VALUES (?)", (pendant,))


def is_reported(db: sqlite3.Connection, pendant: bytes) -> bool:
    """Whether it was told, in this run or an earlier one."""
    return db.execute("SELECT 1 FROM reported WHERE pendant = ?", (pendant,)).fetchone() is not None


def forget_reported(db: sqlite3.Connection, pendant: bytes) -> None:
    """It belongs to us again, or is revoked anew."""
    db.execute("DELETE FROM reported WHERE pendant = ?", (pendant,))


def number_of(event: frames.Event) -> int:
    """The number of the command that a COMMAND_DONE refers to."""
    return int(event.ref_boot) << 24 | int(event.ref_seq)


class Orders:
    """What waits for each pendant's next listening window."""

    def __init__(self, stored: Iterable[Order] = ()) -> None:
        self._waiting: dict[bytes, list[Order]] = {}
        for order in stored:
            self.put(order)

    def put(self, order: Order) -> None:
        """Let it wait; a second new key before the first is in use would part pendant and gateway, so do not ask."""
        self._waiting.setdefault(order.pendant, []).append(order)

    def next(self, pendant: bytes) -> Order | None:
        """The oldest order for this pendant: they are done in the order of their numbers."""
        waiting = self._waiting.get(pendant)
        return waiting[0] if waiting else None

    def done(self, pendant: bytes, number: int) -> Order | None:
        """The pendant has reported on this one: return it, and let it wait no longer."""
        for order in self._waiting.get(pendant, []):
            if order.number == number:
                self._waiting[pendant].remove(order)
                return order
        return None

    def rotation(self, pendant: bytes) -> Order | None:
        """The order for a new key, if one is under way."""
        return next((order for order in self._waiting.get(pendant, []) if order.verb == words.ROTATE_KEY), None)

    def forget(self, pendant: bytes) -> list[Order]:
        """It does not belong to us any more: return what it shall not do."""
        return self._waiting.pop(pendant, [])
