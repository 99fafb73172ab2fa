"""What presence keeps: read back as it was written, forgotten when told to."""

import sqlite3
from contextlib import closing

from gateway import orders, presence_tables, tables
from gateway.orders import Order
from gateway.presence_tables import Kept, Row
from gateway.record import EVENT, Record
from shared import frames, words

P, Q = b"pppppp", b"qqqqqq"
ROW = Row(P, 5_000, True, 60_000, 2, 4_000, {"boot": 3, "worn": True})


def opened():
    """A store in memory."""
    db = sqlite3.connect(":memory:")
    tables.create(db)
    return closing(db)


def test_an_empty_store_knows_nothing():
    """The first start."""
    with opened() as db:
        assert presence_tables.load(db) == Kept([], 0, None, 0, set(), {})


def test_what_was_kept_is_read_back():
    """Rows, the listening clock, what was told; written again it is replaced."""
    with opened() as db:
        presence_tables.save(db, [ROW], 9_000, 8_000, 4)
        presence_tables.save(db, [ROW._replace(heard_ms=6_000)], 10_000, None, 0)
        presence_tables.note_told(db, P, is_missing=True)
        presence_tables.note_told(db, P, is_missing=True)
        presence_tables.note_told(db, b"the bridge", is_missing=True)
        presence_tables.note_told(db, b"the bridge", is_missing=False)

        assert presence_tables.load(db) == Kept([ROW._replace(heard_ms=6_000)], 10_000, None, 0, {P}, {})


def test_who_is_forgotten_leaves_nothing():
    """Neither a row, nor a setting, nor that it was missing."""
    with opened() as db:
        presence_tables.save(db, [ROW, ROW._replace(pendant=Q)], 1, None, 0)
        db.execute("INSERT INTO setting VALUES (?, 'beat_s', 60)", (P,))
        presence_tables.note_told(db, P, is_missing=True)
        presence_tables.forget(db, [P])
        kept = presence_tables.load(db)

        assert ([row.pendant for row in kept.rows], kept.told, kept.beat_s) == ([Q], set(), {})


def reported(status, verb=words.CONFIGURE, number=77):
    """What is known of P's beats after it has reported on that order."""
    event = frames.Event(1, 1, words.COMMAND_DONE, 5, 5, 1, status, *frames.command_ref(77))
    record = Record(1, EVENT, P, 1, 1, words.EVENT, frames.pack_event(event), -50, 1, 5, 5)
    with opened() as db:
        orders.put(db, Order(P, number, verb, b'{"beat_s":60,"poll_ms":500}' if verb == words.CONFIGURE else b""))
        presence_tables.note_configured(db, record)
        return presence_tables.load(db).beat_s


def test_only_settings_that_were_taken_count():
    """Done, of an order to configure, of this number."""
    assert reported(words.DONE) == {P: 60}
    assert reported(words.REFUSED) == {}
    assert reported(words.DONE, verb=words.LOCATE) == {}
    assert reported(words.DONE, number=78) == {}
