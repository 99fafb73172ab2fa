"""The power goes at any moment, and what was acknowledged is there. `make power-cuts` cuts a thousand times."""

import random
import sqlite3

import pytest

from gateway.store_file import StoreFile
from tools.gateway_bench import power
from tools.gateway_bench.disk import Unavailable, WatchedDisk


@pytest.fixture
def watchable():
    """Whether SQLite can be watched in this Python."""
    try:
        WatchedDisk()
    except Unavailable as why:
        pytest.skip(str(why))


def cuts(tmp_path, seed, number):
    """The broken promises of that many cuts."""
    start, log = power.record_a_life(tmp_path / "store.db", 250, seed)
    chance = random.Random(seed)
    after = tmp_path / "after"
    after.mkdir()
    return [
        broken
        for moment, files in power.cut(start, log, chance.sample(range(len(log)), number), chance)
        for broken in power.broken_promises(after, files, log[:moment])
    ]


def test_nothing_acknowledged_is_lost(tmp_path, watchable):
    """Writes that were not synced are lost, kept or torn at will."""
    assert cuts(tmp_path, 1, 100) == []


def test_the_imagined_disk_does_lose_what_was_not_synced(tmp_path, watchable, monkeypatch):
    """The test of the test: with synchronous=NORMAL the same cuts do lose acknowledged events."""
    connect = StoreFile._connect

    def careless(self):
        db = connect(self)
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    monkeypatch.setattr(StoreFile, "_connect", careless)

    assert any("is gone" in broken for broken in cuts(tmp_path, 1, 50))


def test_the_watched_disk_changes_nothing(tmp_path, watchable):
    """A database written through it reads the same without it."""
    with WatchedDisk() as disk:
        db = sqlite3.connect(tmp_path / "x.db")
        db.execute("CREATE TABLE t (a)")
        db.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(1000)])
        db.commit()
        db.close()
    db = sqlite3.connect(tmp_path / "x.db")

    assert db.execute("SELECT count(*), sum(a) FROM t").fetchone() == (1000, 499_500)
    assert {op.kind for op in disk.log} >= {"write", "sync"}
    db.close()
