"""The table of the last windows: bounded by number and by age."""

import sqlite3

from gateway import motion_store, tables
from gateway.motion_store import Kept

P = b"pppppp"
DAY_MS = 86_400_000


def database():
    """A store's file, in memory."""
    db = sqlite3.connect(":memory:")
    tables.create(db)
    return db


def kept(seq, switch_on=1, heard_ms=0, pendant=P):
    """A window."""
    return Kept(pendant, 1, seq, b"body", switch_on, heard_ms)


def test_what_is_put_is_found_again():
    """And a second time it is known."""
    db = database()

    assert motion_store.put(db, kept(5))
    assert not motion_store.put(db, kept(5))
    assert motion_store.known(db) == [(P, 1, 5)]


def test_the_oldest_beyond_the_limit_goes():
    """The newest 200 stay."""
    db = database()
    for seq in range(1, 211):
        motion_store.put(db, kept(seq))

    assert [seq for _, _, seq in motion_store.known(db)] == list(range(11, 211))


def test_what_is_older_than_a_month_goes_if_it_can_be_dated():
    """By the date of its switching-on; the others wait for their turn by number."""
    db = database()
    db.execute("INSERT INTO switch_on VALUES (1, 'a', ?)", (1_000 * DAY_MS,))
    db.execute("INSERT INTO switch_on VALUES (2, 'b', NULL)")
    motion_store.put(db, kept(1, heard_ms=0))
    motion_store.put(db, kept(2, heard_ms=2 * DAY_MS))
    motion_store.put(db, kept(3, switch_on=2))

    assert motion_store.drop_old(db, (1_000 + 32) * DAY_MS) == 1
    assert [seq for _, _, seq in motion_store.known(db)] == [2, 3]


def test_a_pendant_that_leaves_leaves_nothing():
    """All of its windows go, and nobody else's."""
    db = database()
    motion_store.put(db, kept(1))
    motion_store.put(db, kept(2, pendant=b"qqqqqq"))

    assert motion_store.keep_only(db, [b"qqqqqq"]) == 1
    assert motion_store.keep_only(db, [b"qqqqqq"]) == 0
    assert motion_store.known(db) == [(b"qqqqqq", 1, 2)]
