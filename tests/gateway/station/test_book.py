"""The page's own small file: damaged it is begun anew, and healthy it is never thrown away."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing

from gateway.station.book import Book
from gateway.trace import Trace

SCHEMA = "CREATE TABLE IF NOT EXISTS word (said TEXT);"


@asynccontextmanager
async def opened(path, told=None):
    """A book in that file."""
    book = Book(path, (SCHEMA,), Trace(lambda step, facts: told.append(step) if told is not None else None))
    await book.open()
    try:
        yield book
    finally:
        await book.close()


def words(db):
    """All that is in it."""
    return [said for (said,) in db.execute("SELECT said FROM word")]


async def said(path, word=None, told=None):
    """What a book says, after one more word."""
    async with opened(path, told) as book:
        if word:
            await book.do(lambda db: db.execute("INSERT INTO word VALUES (?)", (word,)), None)
        return await book.do(words, None)


def test_a_damaged_file_is_set_aside_with_its_log(tmp_path):
    """What was there is kept to look at; what comes afterwards is remembered."""
    path = tmp_path / "station.db"
    assert asyncio.run(said(path, "hello")) == ["hello"]
    with closing(sqlite3.connect(path)) as db:  # a log that nobody has brought into the file
        db.execute("INSERT INTO word VALUES ('lost')")
        db.commit()
        log = path.with_name("station.db-wal").read_bytes()
    path.write_bytes(b"rubbish" * 2_000)
    path.with_name("station.db-wal").write_bytes(log)
    told = []

    assert asyncio.run(said(path, "anew", told)) == ["anew"]
    assert asyncio.run(said(path)) == ["anew"]
    assert "station-book-damaged" in told
    assert path.with_name("station.db.damaged").exists()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_only_locked_is_not_thrown_away(tmp_path, monkeypatch):
    """Somebody else holds it, or the disk is full: nobody is signed out for good, and no curve begins anew."""
    monkeypatch.setattr("gateway.station.book._WAIT_S", 0.05)
    path, told = tmp_path / "station.db", []
    assert asyncio.run(said(path, "hello")) == ["hello"]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO word VALUES ('theirs')")
        assert asyncio.run(said(path, "ours", told)) is None
        other.execute("COMMIT")

    assert told == ["trouble"]
    assert asyncio.run(said(path)) == ["hello", "theirs"]


def test_a_folder_that_takes_no_file_costs_the_memory_and_not_the_page(tmp_path):
    """It is told, and whoever asks gets what stands for nothing."""
    told = []

    assert asyncio.run(said(tmp_path / "nowhere" / "station.db", told=told)) is None
    assert told == ["trouble"]
