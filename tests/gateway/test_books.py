"""What is noted beside an alarm may fail; the alarm may not."""

import asyncio
import sqlite3

import pytest

from gateway import case_tables, sightings
from gateway.record import ALARM
from gateway.store import REFUSED, REPEATED, STORED
from tests.gateway.helpers import P, a_beat, a_record, add, opened

BOOKS = [
    "gateway.tables.note_frame",
    "gateway.sightings.note",
    "gateway.tables.note_felt",
    "gateway.presence_tables.note_configured",
    "gateway.orders.note_done",
    "gateway.case_tables.note",
]


def _slip(*_):
    raise ValueError("a slip of the pen")


def _wrong_sql(db, *_):
    db.execute("INSERT INTO nowhere VALUES (1)")


def _wrong_values(db, *_):
    db.execute("SELECT ?")


def _told(path, steps, work):
    async def run():
        async with opened(path, sink=lambda step, facts: steps.append((step, facts))) as store:
            return await work(store)

    return asyncio.run(run())


@pytest.mark.parametrize("book", BOOKS)
def test_an_alarm_is_stored_whatever_book_fails(tmp_path, monkeypatch, book):
    """It is stored and known as a repeat; what failed is told once; the alarm after it is stored, too."""
    monkeypatch.setattr(book, _slip)
    steps = []

    async def work(store):
        assert await add(store, a_record(1)) == STORED
        assert await add(store, a_record(1), (1, 2)) == REPEATED
        assert await add(store, a_record(2), (1, 3)) == STORED
        return [record.seq for record in await store.claim(ALARM, 0, 9)]

    assert _told(tmp_path / "s.db", steps, work) == [1, 2]
    assert [facts["about"] for step, facts in steps if step == "trouble"] != []
    assert len([step for step, _ in steps if step == "trouble"]) == 1


@pytest.mark.parametrize("mistake", [_slip, _wrong_sql, _wrong_values])
def test_the_other_books_are_kept(tmp_path, monkeypatch, mistake):
    """One book fails half-way: what it wrote is undone, what the others write is there."""
    note = sightings.note

    def half(db, record):
        note(db, record)
        mistake(db)

    monkeypatch.setattr(sightings, "note", half)

    async def work(store):
        together = [add(store, a_record(1)), add(store, a_beat(1)), add(store, a_record(2), (1, 3))]
        assert await asyncio.gather(*together) == [STORED] * 3
        assert await store.read(sightings.sightings) == {}
        return [rows.case.pendant for rows in await store.read(case_tables.every)]

    assert _told(tmp_path / "s.db", [], work) == [P, P]


def test_what_is_told_once_may_be_told_twice_rather_than_never(tmp_path):
    """Also what goes along with an event of our own does not keep it back."""

    async def work(store):
        done = asyncio.get_running_loop().create_future()
        store.add(a_record(1), (1, 1), done.set_result, _slip)
        return await asyncio.wait_for(done, 10)

    assert _told(tmp_path / "s.db", [], work) == STORED


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY])
def test_what_fails_because_of_the_disk_is_not_passed_over(tmp_path, monkeypatch, code):
    """Then nothing can be promised: refused, and taken when the disk is well again."""
    note = case_tables.note

    def failing(_db, _record):
        fault = sqlite3.OperationalError("the disk")
        fault.sqlite_errorcode = code
        raise fault

    async def work(store):
        monkeypatch.setattr(case_tables, "note", failing)
        assert await add(store, a_record(1)) == REFUSED
        assert await store.claim(ALARM, 0, 9) == []
        monkeypatch.setattr(case_tables, "note", note)
        return await add(store, a_record(1), (1, 2))

    assert _told(tmp_path / "s.db", [], work) == STORED
