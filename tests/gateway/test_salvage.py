"""What can still be read of a damaged store is read."""

import asyncio
import sqlite3
from functools import partial

from gateway import salvage, tables
from gateway.record import ALARM, TELEMETRY, Record
from gateway.trace import Trace
from shared import words
from tests.gateway.helpers import opened


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


def test_a_row_that_makes_no_sense_costs_only_itself(tmp_path):
    """Damage within a row may be anything, in a lane or in what is remembered: the others come over, and it is told."""
    aside, steps = tmp_path / "aside.db", []
    make(aside, {ALARM: [1, 2, 3]})
    db = sqlite3.connect(aside, isolation_level=None)
    db.execute("UPDATE alarm SET seq = 'x' WHERE n = 2")
    db.execute("INSERT INTO seen VALUES (?, 7, 3, 12), (?, 8, 3, x'')", (b"qqqqqq", b"qqqqqq"))
    db.close()

    async def run():
        async with opened(tmp_path / "s.db") as store:
            trace = Trace(lambda step, facts: steps.append(step))
            saved = await salvage.bring_back(aside, store.do, store._writer.bring_over, trace)
            known = [await store.do(partial(tables.is_known, sender=b"qqqqqq", boot=b, seq=2)) for b in (7, 8)]
            return saved, known, [record.seq for record in await store.claim(ALARM, 0, 9)]

    assert asyncio.run(run()) == ([2, 0, 0], [False, True], [1, 3])
    assert steps == ["row-not-salvaged", "row-not-salvaged"]
