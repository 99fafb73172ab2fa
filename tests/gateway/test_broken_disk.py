"""Full, failing, read-only, damaged: each time the pendant hears the truth and the gateway goes on."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import store as store_module
from gateway import tables
from gateway.errors import SetUpError
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.space import Limits
from gateway.store import REFUSED, REPEATED, STORED
from tests.gateway.helpers import P, a_beat, a_record, add, opened
from tools.gateway_bench import disk
from tools.gateway_bench.disk import Unavailable, WatchedDisk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def broken():
    """A disk whose faults the test switches on: broken.fault = lambda kind, path: a result code."""
    try:
        watched = WatchedDisk()
    except Unavailable as why:
        pytest.skip(str(why))
    with watched:
        yield watched


def on_log(code):
    """A fault of the write-ahead log only."""
    return lambda kind, path: code if path.endswith("-wal") and kind in {"write", "sync"} else 0


@pytest.mark.parametrize("code", [disk.FULL, disk.IO_WRITE, disk.IO_SYNC, disk.READ_ONLY])
def test_what_cannot_be_written_is_refused_and_taken_later(tmp_path, broken, code):
    """ENOSPC, EIO on write, EIO on fsync, a file system that turns read-only: refused, said, and afterwards stored."""
    told = []

    async def run():
        async with opened(tmp_path / "s.db", sink=lambda step, facts: told.append(step)) as store:
            assert await add(store, a_record(1)) == STORED
            assert store.takes_alarms
            broken.fault = on_log(code)
            assert await add(store, a_record(2)) == REFUSED
            assert not store.takes_alarms
            assert await add(store, a_beat(1)) == REFUSED
            broken.fault = lambda kind, path: 0
            assert await add(store, a_record(2)) == STORED
            assert store.takes_alarms
            assert await add(store, a_record(1)) == REPEATED
            assert [record.seq for record in await store.claim(ALARM, 0, 9)] == [1, 2]

    asyncio.run(run())

    assert told.count("trouble") >= 1
    assert told.count("well") >= 1


def test_a_full_disk_gives_the_reserve_to_alarms(tmp_path, broken, monkeypatch):
    """Somebody else has filled the disk: the reserve is given away, alarms go on, events are refused; then it heals."""
    monkeypatch.setattr(store_module, "CHECKPOINT_S", 0.02)
    reserve = tmp_path / "reserve"
    broken.fault = lambda kind, path: disk.FULL if kind == "write" and is_full and reserve.exists() else 0
    is_full = False

    async def run():
        nonlocal is_full
        async with opened(tmp_path / "s.db", Limits(64_000_000, 100_000)) as store:
            keeper = asyncio.create_task(store.keep())
            while not reserve.exists():
                await asyncio.sleep(0.01)
            monkeypatch.setattr(store._reserve, "hold", lambda: not is_full)
            is_full = True
            assert await add(store, a_record(1)) == STORED
            assert not reserve.exists()
            assert await add(store, a_record(2, EVENT)) == REFUSED
            assert await add(store, a_beat(1)) == REFUSED
            assert await add(store, a_record(3)) == STORED
            is_full = False
            await asyncio.sleep(0.1)
            assert await add(store, a_record(2, EVENT)) == STORED
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    asyncio.run(run())


def test_a_start_on_a_full_disk_has_the_reserve(tmp_path, broken, monkeypatch):
    """The power was cut while the disk was full: the gateway starts all the same, and takes alarms."""
    reserve = tmp_path / "reserve"
    reserve.write_bytes(bytes(100_000))
    broken.fault = lambda kind, path: disk.FULL if kind == "write" and reserve.exists() else 0
    monkeypatch.setattr("gateway.reserve._OPENING_BYTES", 1 << 60)
    told = []

    async def run():
        sink = lambda step, facts: told.append(step)  # noqa: E731
        async with opened(tmp_path / "s.db", Limits(64_000_000, 100_000), sink=sink) as store:
            assert await add(store, a_record(1)) == STORED
            assert await add(store, a_record(2, EVENT)) == REFUSED

    asyncio.run(run())

    assert told.count("trouble") == 1


_ON_A_SMALL_DISK = """
import asyncio, sys
from pathlib import Path
from gateway.record import ALARM, TELEMETRY
from gateway.space import Limits
from gateway.store import REFUSED, STORED
from tests.gateway.helpers import a_beat, a_record, add, opened

async def run():
    async with opened(Path("/mnt/s.db"), Limits(512_000_000, 300_000)) as store:
        keeper = asyncio.create_task(store.keep())
        while not Path("/mnt/reserve").exists():
            await asyncio.sleep(0.01)
        beats = []
        for number in range(0, 4_000, 25):
            beats += await asyncio.gather(*(add(store, a_beat(number + one, 1_000)) for one in range(25)))
            if beats[-1] == REFUSED:
                break
        assert beats[-1] == REFUSED, "the disk never filled"
        alarms = [await add(store, a_record(seq)) for seq in range(1, 51)]
        assert alarms == [STORED] * 50, alarms
        assert len(await store.claim(ALARM, 0, 99)) == 50
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)

asyncio.run(run())
print("held")
"""


def test_a_real_small_disk_filled_by_others(tmp_path):
    """A file system of 3 MB, filled to the brim: fifty alarms still find their place in the reserve."""
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed: apt install util-linux")
    mount = "mount -t tmpfs -o size=3m none /mnt"
    if subprocess.run(["unshare", "-Urm", "sh", "-c", mount], capture_output=True, check=False).returncode:
        pytest.skip("no small file system may be mounted here: run it as root, outside a container")
    script = tmp_path / "script.py"
    script.write_text(_ON_A_SMALL_DISK)
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", f"{mount} && exec '{sys.executable}' '{script}'"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.stdout.strip() == "held", done.stderr


def test_a_store_that_may_not_be_written_is_one_sentence(tmp_path, broken):
    """At the start: what, where, and what to do."""
    broken.fault = lambda kind, path: disk.READ_ONLY if kind in {"open", "write"} else 0

    async def run():
        async with opened(tmp_path / "s.db"):
            pass

    with pytest.raises(SetUpError, match="the store cannot be opened"):
        asyncio.run(run())


def damage(path, table):
    """Overwrite the first leaf page of a table with rubbish, as a dying card does."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    raw = path.read_bytes()
    page = raw[(root - 1) * size : root * size]
    assert page[0] == 0x05  # an inner page of a table: its first child is a leaf
    cell = int.from_bytes(page[12:14], "big")
    leaf = int.from_bytes(page[cell : cell + 4], "big")
    with path.open("r+b") as file:
        file.seek((leaf - 1) * size)
        file.write(os.urandom(size))


def test_a_damaged_page_costs_only_what_lay_on_it(tmp_path, monkeypatch):
    """Set aside, salvaged, reported: all alarms, most beats, what was remembered; the gateway relays meanwhile."""
    monkeypatch.setattr(store_module, "CHECKPOINT_S", 0.02)
    path, told = tmp_path / "s.db", []

    async def fill():
        async with opened(path) as store:
            for number in range(1, 2_001):
                store.add(a_beat(number), (1, number), lambda verdict: None)
            for seq in range(1, 101):
                store.add(a_record(seq), (1, seq), lambda verdict: None)
            await store.do(lambda db: tables.put_answer(db, tables.Answer(P, 1, 1, 2, 60, "op", 1, 0)))

    async def live():
        async with opened(path, sink=lambda step, facts: told.append((step, facts))) as store:
            keeper = asyncio.create_task(store.keep())
            # Where the start has not met the damage the uplink does, when it reads.
            await store.claim(TELEMETRY, 0, 9_999)
            assert await add(store, a_record(101)) == STORED
            while not any(step == "store-salvaged" for step, _ in told):
                await asyncio.sleep(0.01)
            assert len(await store.claim(ALARM, 0, 999)) == 101
            assert await add(store, a_record(50)) == REPEATED
            assert len(await store.read(tables.answers)) == 1
            assert 1_000 < len(await store.claim(TELEMETRY, 0, 9_999)) < 2_000
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    asyncio.run(fill())
    damage(path, "telemetry")
    asyncio.run(live())

    assert [step for step, _ in told if step.startswith("store-")] == ["store-damaged", "store-salvaged"]
    assert (tmp_path / "s-damaged-1.db").exists()
