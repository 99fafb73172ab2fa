"""What can still be read of a damaged store is read."""

import sqlite3

from gateway import salvage, tables
from gateway.record import ALARM, TELEMETRY, Record
from shared import words


def make(path, lanes):
    """A store with that many records in each lane."""
    db = sqlite3.connect(path, isolation_level=None)
    tables.create(db)
    for lane, numbers in lanes.items():
        for n in numbers:
            body = bytes(200)
            db.execute(
                f"INSERT INTO {('alarm', 'event', 'telemetry')[lane]} VALUES (?,?,?,?,?,?,?,?,?,?)",
                (n, b"pppppp", 1, n, words.ALARM, body, -50, 1, 5, 5),
            )
    db.close()


def test_a_whole_file_gives_everything_alarms_first(tmp_path):
    """In chunks, across leaps in the numbers."""
    make(tmp_path / "s.db", {ALARM: [1, 2, 900_000], TELEMETRY: range(1, 1_201)})
    found = [record for chunk in salvage.records(tmp_path / "s.db") for record in chunk]

    assert [record.n for record in found[:3]] == [1, 2, 900_000]
    assert len(found) == 1_203
    assert isinstance(found[0], Record)


def test_rubbish_gives_nothing_and_does_not_raise(tmp_path):
    """Not one page is whole: nothing, in good order."""
    (tmp_path / "s.db").write_bytes(b"rubbish" * 1_000)

    assert list(salvage.records(tmp_path / "s.db")) == []
    assert all(rows == [] for _, rows in salvage.memory(tmp_path / "s.db"))
