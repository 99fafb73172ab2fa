"""A store is read beside the gateway that writes it, and after it."""

import asyncio
import os
import sqlite3

import pytest

from gateway import beside, tables
from gateway.clock import Clock, boot_id
from gateway.errors import SetUpError
from tests.gateway.helpers import a_record, add, opened

NOW_S = 1_795_000_000


def clock(stamp_s=1_000, is_trusted=True):
    """A clock that stands still."""
    return Clock(is_trusted=lambda: is_trusted, wall_s=lambda: NOW_S, stamp_s=lambda: stamp_s)


def test_a_store_in_use_is_read_and_not_written(tmp_path):
    """What is committed is seen at once; to write is refused."""

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            await add(store, a_record(1))
            with beside.opened(tmp_path / "store.db") as db:
                assert tables.extent(db, 0) == (1, 1)
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    db.execute("DELETE FROM alarm")

    asyncio.run(trip())


def test_a_store_nobody_writes_is_read(tmp_path):
    """After a clean end, and nothing is left behind."""

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            await add(store, a_record(1))

    asyncio.run(trip())
    with beside.opened(tmp_path / "store.db") as db:
        assert tables.extent(db, 0) == (1, 1)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become a user who may not write the folder: run it as root"
)
def test_who_may_only_read_reads(tmp_path):
    """A folder of somebody else's: the store opens without a log's index."""

    async def trip():
        async with opened(tmp_path / "store.db") as store:
            await add(store, a_record(1))

    asyncio.run(trip())
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    os.seteuid(65534)
    try:
        with beside.opened(tmp_path / "store.db") as db:
            assert tables.extent(db, 0) == (1, 1)
    finally:
        os.seteuid(0)


def test_what_is_no_store_is_explained(tmp_path):
    """Missing, rubbish, of a later version: one sentence."""
    path = tmp_path / "store.db"
    for content, words in ((None, "no store yet"), (b"rubbish" * 1000, "cannot be read")):
        if content:
            path.write_bytes(content)
        with pytest.raises(SetUpError, match=words), beside.opened(path):
            pass
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()

    with pytest.raises(SetUpError, match="later version"), beside.opened(path):
        pass


def test_dates_and_ages(tmp_path):
    """Of this switching-on by the clock, of earlier ones by what was noted, of unknown ones not at all."""
    db = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    tables.create(db)
    db.execute("INSERT INTO switch_on VALUES (1, 'old', ?), (2, 'never told', NULL), (3, ?, NULL)", (5_000, boot_id()))
    dates = beside.Dates(db, clock())

    assert dates.age_s(3, 940_000) == 60
    assert dates.date(3, 1_000_000) == "2026-11-18T11:06:40.000Z"
    assert dates.date(1, 0) == "1970-01-01T00:00:05.000Z"
    assert dates.age_s(1, 0) == NOW_S - 5
    assert (dates.date(2, 0), dates.age_s(2, 0)) == (None, None)
    untold = beside.Dates(db, clock(is_trusted=False))
    assert (untold.date(3, 0), untold.age_s(3, 0)) == (None, 1_000)
    db.close()
