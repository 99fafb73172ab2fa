"""Without this file a mistake in what is noted beside an alarm would refuse that alarm for ever.

What a stored event changes beside its lane: who was heard, which case it belongs to, which answer was felt. All of it
is written in the transaction that stores the event. Where one of these books fails by a mistake of ours, the writer
does that transaction again with care: each book behind a savepoint, so that this one alone goes without, and the alarm
is stored, acknowledged and published. What fails because of the disk fails altogether: it will be tried again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial

from gateway import case_tables, orders, presence_tables, sightings, tables
from gateway.disk_faults import is_of_the_disk
from gateway.record import Record
from gateway.trace import Trace

Also = Callable[[sqlite3.Connection], None]
Frame = tuple[int, int]  # boot and counter of the frame that has brought a record
_Book = Callable[[sqlite3.Connection, Record, Frame], object]


def _note_frame(db: sqlite3.Connection, record: Record, frame: Frame) -> None:
    tables.note_frame(db, record.sender, *frame)


def _note_sighting(db: sqlite3.Connection, record: Record, _frame: Frame) -> None:
    sightings.note(db, record)


def _note_felt(db: sqlite3.Connection, record: Record, _frame: Frame) -> None:
    tables.note_felt(db, record)


def _note_order(db: sqlite3.Connection, record: Record, _frame: Frame) -> None:
    presence_tables.note_configured(db, record)  # before its order is forgotten
    orders.note_done(db, record)


def _note_case(db: sqlite3.Connection, record: Record, _frame: Frame) -> None:
    case_tables.note(db, record)


_OF_ALL: dict[str, _Book] = {"frames": _note_frame, "sightings": _note_sighting}
_OF_AN_EVENT: dict[str, _Book] = {**_OF_ALL, "answers": _note_felt, "orders": _note_order, "cases": _note_case}


class Books:
    """Kept by the store's writer, inside its transactions."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.is_careful = False  # each book behind a savepoint: dear, and needed only after a mistake

    def note(self, db: sqlite3.Connection, record: Record, frame: Frame, also: Also | None) -> None:
        """An event is stored under its n. also(db): what else is done where it is stored."""
        books = _OF_AN_EVENT
        if also:
            books = {**books, "what was told": lambda db, _record, _frame: also(db)}
        self._write(db, [(record, frame)], books)

    def note_heard(self, db: sqlite3.Connection, heard: Sequence[tuple[Record, Frame]]) -> None:
        """These were heard: an event that has come again, the last beats of pendants."""
        self._write(db, heard, _OF_ALL)

    def _write(self, db: sqlite3.Connection, heard: Sequence[tuple[Record, Frame]], books: dict[str, _Book]) -> None:
        for record, frame in heard:
            for name, book in books.items():
                if self.is_careful:
                    self._try(name, partial(book, db, record, frame), db, record)
                else:
                    book(db, record, frame)

    def _try(self, name: str, write: Callable[[], object], db: sqlite3.Connection, record: Record) -> None:
        """Write one book; where it fails it is undone, told once, and gone without. Raises what is the disk's fault."""
        db.execute("SAVEPOINT book")
        try:
            write()
        except Exception as fault:
            if is_of_the_disk(fault) or not db.in_transaction:
                raise
            db.execute("ROLLBACK TO book")
            said = f"{record.event_id} is stored, but not noted there ({fault!r}); please report this"
            self._trace.trouble(f"book of {name}", said)
        db.execute("RELEASE book")
