"""What waits, since when, and for how long there is room."""

import sqlite3

import pytest

from gateway import backlog, tables
from gateway.beside import Dates
from gateway.clock import boot_id
from gateway.record import LANES
from gateway.space import Limits
from tests.gateway.helpers import a_beat, a_record
from tests.gateway.test_beside import clock

LIMITS = Limits(64_000_000, 4_000_000)


@pytest.fixture
def db():
    """A store of this switching-on, with two alarms."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    tables.create(connection)
    connection.execute("INSERT INTO switch_on VALUES (1, ?, NULL)", (boot_id(),))
    for n in (1, 2):
        tables.insert(connection, a_record(n)._replace(n=n, heard_ms=900_000 + n * 10_000))
    yield connection
    connection.close()


def test_each_lane_is_counted(db):
    """Records, bytes, the oldest and its age."""
    found = backlog.report(db, Dates(db, clock()), LIMITS, 10)

    alarm = found["lanes"]["alarm"]
    assert (alarm["waiting"], alarm["bytes"], alarm["oldest_s"]) == (2, 2 * len(a_record().body), 90)
    assert alarm["oldest"] == "2026-11-18T11:05:10.000Z"
    assert found["lanes"]["event"] == {"waiting": 0, "bytes": 0, "oldest": None, "oldest_s": None}
    assert len(found["lanes"]) == len(LANES)


def test_room_by_the_number_of_pendants(db):
    """Nothing has grown: so many pendants, so many beats an hour. Without a pendant no rate is known."""
    found = backlog.report(db, Dates(db, clock()), LIMITS, 100)

    assert "100 pendants" in found["holds_basis"]
    assert found["holds_h"] == pytest.approx(
        (60_000_000 - found["used_bytes"]) / (100 * 12 * backlog._ROW_BYTES), rel=0.01
    )
    assert backlog.report(db, Dates(db, clock()), LIMITS, 0)["holds_h"] is None


def test_room_by_the_backlog_itself(db):
    """A thousand beats in a thousand seconds."""
    for number in range(1, 1_001):
        tables.insert(db, a_beat(number)._replace(n=number, heard_ms=number * 1_000))
    per_h = backlog._ROW_BYTES * 1_000 / 999 * 3_600
    found = backlog.report(db, Dates(db, clock()), LIMITS, 100)

    assert "grown" in found["holds_basis"]
    assert found["holds_h"] == pytest.approx((60_000_000 - found["used_bytes"]) / per_h, rel=0.01)


def test_the_bytes_of_a_row_are_what_was_measured(tmp_path):
    """The constant is right for a store of beats, within a fifth."""
    path = tmp_path / "store.db"
    store = sqlite3.connect(path, isolation_level=None)
    tables.create(store)
    empty = path.stat().st_size
    beats = [a_beat(n)._replace(n=n, heard_ms=10**9 + n, stored_ms=10**9 + n) for n in range(1, 20_001)]
    store.execute("BEGIN")
    tables.insert_beats(store, beats)
    store.execute("COMMIT")
    store.close()

    assert (path.stat().st_size - empty) / 20_000 == pytest.approx(backlog._ROW_BYTES, rel=0.2)
