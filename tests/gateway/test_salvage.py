"""What can still be read of a damaged store is read."""

import asyncio
import errno
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from gateway import salvage, tables
from gateway import store as store_module
from gateway.record import ALARM, TELEMETRY, Record
from gateway.trace import Trace
from shared import words
from tests.gateway.helpers import a_record, add, opened
from tests.gateway.running import until
from tests.gateway.test_store import broken


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


def test_each_part_may_be_read_by_another_thread(tmp_path):
    """Which one of its threads a pool takes is chance, and an alarm must not hang on it."""
    make(tmp_path / "s.db", {ALARM: [1, 900_000], TELEMETRY: [1]})
    found = salvage.records(tmp_path / "s.db")
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        chunks = [thread.submit(next, found, None).result() for thread in (one, other, one, other)]

    assert [[record.n for record in chunk] for chunk in chunks[:3]] == [[1], [900_000], [1]]
    assert chunks[3] is None


def test_where_the_newest_page_is_damaged_the_older_ones_are_read(tmp_path):
    """A power cut tears what was written last, and there the lane's end is read."""
    path = tmp_path / "s.db"
    make(path, {ALARM: range(1, 701), TELEMETRY: [1]})
    whole, page = path.read_bytes(), 4096
    last = max(at for at in range(0, len(whole), page) if whole[at : at + page].count(b"pppppp") > 1)
    path.write_bytes(whole[:last] + b"\xff" * page + whole[last + page :])
    found = [record for chunk in salvage.records(path) for record in chunk]
    alarms = [record.n for record in found if record.lane == ALARM]

    assert 670 < len(alarms) < 700
    assert alarms == list(range(1, len(alarms) + 1))
    assert len(found) == len(alarms) + 1


def test_a_file_that_somebody_holds_is_not_taken_for_an_empty_one(tmp_path, monkeypatch):
    """What cannot be read just now is no damage: it is an error, and not nothing."""
    monkeypatch.setattr(salvage, "BUSY_S", 0.01)
    make(tmp_path / "s.db", {ALARM: [1]})
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        for read in (salvage.records, salvage.memory):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                list(read(tmp_path / "s.db"))


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
            saved = [0, 0, 0]
            await salvage.bring_back(aside, store.do, store._writer.bring_over, saved, trace)
            known = [await store.do(partial(tables.is_known, sender=b"qqqqqq", boot=b, seq=2)) for b in (7, 8)]
            return saved, known, [record.seq for record in await store.claim(ALARM, 0, 9)]

    assert asyncio.run(run()) == ([2, 0, 0], [False, True], [1, 3])
    assert steps == ["row-not-salvaged", "row-not-salvaged"]


def test_a_disk_too_full_for_the_mark_keeps_no_alarm_out(tmp_path, monkeypatch):
    """The mark is for a power cut to come; the alarm is here."""

    def refuse(path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    async def live():
        async with opened(tmp_path / "s.db") as store:
            with monkeypatch.context() as patched:
                patched.setattr(Path, "touch", refuse)
                async with asyncio.timeout(10):  # a writer that the refusal has ended would never answer
                    await asyncio.gather(store.do(broken), return_exceptions=True)
                await add(store, a_record(4))
            return [record.seq for record in await store.claim(ALARM, 0, 99)]

    assert asyncio.run(live()) == [4]


def test_a_salvage_that_is_cut_short_goes_on_at_the_next_start(tmp_path, monkeypatch):
    """Cut before it began, then in its middle: in the end all is there, once, and the file is let alone."""
    monkeypatch.setattr(store_module, "CHECKPOINT_S", 0.02)
    path, steps = tmp_path / "s.db", []

    async def live(until):
        async with opened(path, sink=lambda step, facts: steps.append(step)) as store:
            keeper = asyncio.create_task(store.keep())
            async with asyncio.timeout(20):
                while until not in steps:
                    await asyncio.sleep(0.01)
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            answers = await store.read(tables.answers)
            return [record.seq for record in await store.claim(ALARM, 0, 99)], store.waiting[ALARM], len(answers)

    async def set_aside():
        async with opened(path) as store:
            for seq in (1, 2, 3):
                await add(store, a_record(seq))
            await store.do(lambda db: tables.put_answer(db, tables.Answer(b"pppppp", 1, 1, 2, 60, "op", 1, 0)))
            await asyncio.gather(store.do(broken), return_exceptions=True)
            await add(store, a_record(4))

    asyncio.run(set_aside())
    with monkeypatch.context() as patched:
        patched.setattr(salvage, "memory", broken)
        assert asyncio.run(live("store-not-salvaged")) == ([4, 1, 2, 3], 4, 0)
    assert asyncio.run(live("store-salvaged")) == ([4, 1, 2, 3], 4, 1)
    assert list(tmp_path.glob("*-unread")) == []
    assert (tmp_path / "s-damaged-1.db").exists()


def test_what_stands_in_the_way_of_a_salvage_only_delays_it(tmp_path, monkeypatch):
    """Somebody looks into the damaged file: tried again, told once, and the alarms go on their way."""
    monkeypatch.setattr(store_module, "CHECKPOINT_S", 0.02)
    monkeypatch.setattr(store_module, "SALVAGE_AGAIN_S", 0.05)
    monkeypatch.setattr(salvage, "BUSY_S", 0.01)
    make(tmp_path / "s-damaged-1.db", {ALARM: [1, 2]})
    (tmp_path / "s-damaged-1.db-unread").touch()
    told, steps = [], []

    async def run():
        async with opened(tmp_path / "s.db", sink=lambda step, facts: steps.append(step)) as store:
            store.on_salvaged = told.append
            keeper = asyncio.create_task(store.keep())
            with closing(sqlite3.connect(tmp_path / "s-damaged-1.db", isolation_level=None)) as db:
                db.execute("BEGIN EXCLUSIVE")
                await until(lambda: steps.count("store-not-salvaged") > 1)
            await until(lambda: "store-salvaged" in steps)
            keeper.cancel()
            return store.waiting

    assert asyncio.run(run()) == [2, 0, 0]
    name = "s-damaged-1.db"
    assert told == [
        {"file": name, "text": "database is locked"},
        {"file": name, "alarm": 2, "event": 0, "telemetry": 0},
    ]
    assert list(tmp_path.glob("*-unread")) == []


def test_a_mark_without_a_file_goes(tmp_path):
    """The power went before the damaged file had its new name, or somebody has deleted it."""
    (tmp_path / "s-damaged-1.db-unread").touch()

    async def run():
        async with opened(tmp_path / "s.db") as store:
            return list(store._file.aside)

    assert asyncio.run(run()) == []
    assert list(tmp_path.glob("*-unread")) == []
