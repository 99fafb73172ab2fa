"""What was said to be stored is stored, through everything."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from gateway import tables
from gateway.errors import SetUpError
from gateway.record import ALARM, TELEMETRY
from gateway.store import REFUSED, REPEATED, STORED
from tests.gateway.helpers import P, a_beat, a_record, add, opened


def broken(_db, code=sqlite3.SQLITE_CORRUPT):
    """What meets a damaged page."""
    fault = sqlite3.DatabaseError("database disk image is malformed")
    fault.sqlite_errorcode = code
    raise fault


broken_index = partial(broken, code=sqlite3.SQLITE_CORRUPT_INDEX)
ROOT = Path(__file__).resolve().parents[2]


def test_stored_once_and_found_again(tmp_path):
    """After a restart the event is there, once, and its repeat is known."""

    async def first():
        async with opened(tmp_path / "s.db") as store:
            assert await add(store, a_record()) == STORED
            assert await add(store, a_record()) == REPEATED

    async def second():
        async with opened(tmp_path / "s.db") as store:
            assert store.waiting == [1, 0, 0]
            assert [record.seq for record in await store.claim(ALARM, 0, 10)] == [1]
            assert await add(store, a_record()) == REPEATED

    asyncio.run(first())
    asyncio.run(second())


def test_after_a_restart_numbers_go_on_behind_the_last(tmp_path):
    """Two of three were confirmed and have left: the next alarm gets a number of its own, not that of the third."""

    async def first():
        async with opened(tmp_path / "s.db") as store:
            for seq in (1, 2, 3):
                await add(store, a_record(seq))
            store.forget(ALARM, 1, 2, lambda: None)

    async def second():
        async with opened(tmp_path / "s.db") as store:
            assert [await add(store, a_record(seq)) for seq in (4, 5)] == [STORED, STORED]
            return [record.seq for record in await store.claim(ALARM, 0, 9)]

    asyncio.run(first())

    assert asyncio.run(second()) == [3, 4, 5]


def test_the_verdict_comes_after_the_commit(tmp_path):
    """When `then` is called another connection already sees the row."""

    async def run():
        seen = []
        async with opened(tmp_path / "s.db") as store:
            other = sqlite3.connect(tmp_path / "s.db")
            done = asyncio.Event()

            def then(verdict):
                seen.append((verdict, other.execute("SELECT count(*) FROM alarm").fetchone()[0]))
                done.set()

            store.add(a_record(), (1, 1), then)
            await done.wait()
            other.close()
        assert seen == [(STORED, 1)]

    asyncio.run(run())


def test_every_alarm_is_synced(tmp_path):
    """WAL and synchronous=FULL: one fsync of the log for each alarm that comes alone (strace counts them)."""
    import shutil

    if not shutil.which("strace"):
        return  # the next test holds the setting itself
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom tests.gateway.helpers import *\n"
        "async def run():\n"
        "    async with opened(Path(sys.argv[1])) as store:\n"
        "        for seq in range(1, 21): await add(store, a_record(seq))\n"
        "asyncio.run(run())\n"
    )
    log = tmp_path / "strace"
    subprocess.run(
        ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", log, sys.executable, "-c", script, tmp_path / "s.db"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip

    assert log.read_text().count("sync(") >= 20


def test_the_settings_are_those_that_survive_a_power_cut(tmp_path):
    """NORMAL would be faster and would lose the last commits."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            assert await store.do(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]) == 2
            assert await store.do(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0]) == "wal"

    asyncio.run(run())


def test_who_reads_cannot_write(tmp_path):
    """A write in a reader's place would be committed beside the writer's groups: it is refused, and changes nothing."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            await add(store, a_record())
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                await store.read(lambda db: db.execute("DELETE FROM alarm").rowcount)
            assert len(await store.claim(ALARM, 0, 9)) == 1
            assert await add(store, a_record(2)) == STORED

    asyncio.run(run())


_SYNCHRONOUS = "PRAGMA synchronous"


def test_after_what_may_be_lost_the_next_alarm_is_synced(tmp_path):
    """A single deletion is committed without an fsync; whatever comes after it is not."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            seen = []
            await add(store, a_record(1))
            gone = asyncio.Event()
            store.forget(ALARM, 1, 1, gone.set)
            await asyncio.wait_for(gone.wait(), 10)
            store.add(a_record(2), (1, 2), lambda verdict: None, lambda db: seen.extend(db.execute(_SYNCHRONOUS)))
            await store.settled()
            assert seen == [(2,)]

    asyncio.run(run())


def test_an_alarm_does_not_wait_for_company(tmp_path):
    """Telemetry gathers for some milliseconds; an alarm takes it along at once."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            await add(store, a_record(1))
            groups = []
            await store.do(
                lambda db: db.set_trace_callback(lambda sql: groups.append(sql) if sql == "COMMIT" else None)
            )
            verdicts = []
            for number in range(50):
                store.add(a_beat(number), (1, number), verdicts.append)
            assert await add(store, a_record(2)) == STORED
            assert len(verdicts) == 50
            assert len(groups) <= 4

    asyncio.run(run())


def test_one_bad_job_does_not_take_the_others_with_it(tmp_path):
    """A statement that fails fails alone; what shared its transaction is stored."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            verdicts = []
            store.add(a_beat(1), (1, 1), verdicts.append)
            bad = asyncio.create_task(store.do(lambda db: db.execute("INSERT INTO nowhere VALUES (1)")))
            store.add(a_beat(2), (1, 2), verdicts.append)
            (fault,) = await asyncio.gather(bad, return_exceptions=True)
            await store.settled()

            assert isinstance(fault, sqlite3.OperationalError)
            assert verdicts == [STORED, STORED]

    asyncio.run(run())


def test_what_is_forgotten_is_gone_and_counted(tmp_path):
    """Forgetting deletes exactly what was confirmed."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            for seq in (1, 2, 3):
                await add(store, a_record(seq))
            gone = asyncio.Event()
            store.forget(ALARM, 1, 2, gone.set)
            await gone.wait()

            assert store.waiting == [1, 0, 0]
            assert [record.seq for record in await store.claim(ALARM, 0, 10)] == [3]

    asyncio.run(run())


def test_a_damaged_file_is_set_aside_at_start(tmp_path):
    """Rubbish where the store should be: it is kept, a new one is begun, the gateway relays."""
    path = tmp_path / "s.db"
    path.write_bytes(os.urandom(8192))
    told = []

    async def run():
        async with opened(path, sink=lambda step, facts: told.append(step)) as store:
            assert await add(store, a_record()) == STORED

    asyncio.run(run())

    assert "store-damaged" in told
    assert (tmp_path / "s-damaged-1.db").exists()


@pytest.mark.parametrize("damaged", [broken, broken_index])
def test_a_file_that_is_damaged_while_running_is_replaced(tmp_path, damaged):
    """A malformed page in service, or an index, which SQLite says in the upper bits of its code: the store goes on as
    the same gateway in a new file."""
    path = tmp_path / "s.db"
    told = []

    async def run():
        async with opened(path, sink=lambda step, facts: told.append(step)) as store:
            gateway = await store.do(lambda db: db.execute("SELECT id, boot FROM self").fetchone())
            await asyncio.gather(store.do(damaged), return_exceptions=True)

            assert await add(store, a_record(2)) == STORED
            assert await store.do(lambda db: db.execute("SELECT id, boot FROM self").fetchone()) == gateway
            assert len(await store.claim(ALARM, 0, 10)) == 1

    asyncio.run(run())

    assert "store-damaged" in told


def test_two_who_read_the_same_damage_replace_one_file(tmp_path):
    """The second of them must not set the new file aside as well."""
    told = []

    async def run():
        async with opened(tmp_path / "s.db", sink=lambda step, facts: told.append(step)) as store:
            reads = [broken, lambda _db: "read again"]

            def late(db):
                while "store-damaged" not in told:
                    time.sleep(0.001)
                return reads.pop(0)(db)

            faults = asyncio.gather(store.read(broken), store.read(late), return_exceptions=True)
            assert (await asyncio.wait_for(faults, 10))[1] == "read again"
            assert await add(store, a_record()) == STORED

    asyncio.run(run())

    assert told.count("store-damaged") == 1


def test_numbers_down_never_come_again_in_a_new_file(tmp_path):
    """A boot for the nonces that was renewed in service outlives a damaged file: the next start is beyond it."""

    async def first():
        async with opened(tmp_path / "s.db") as store:
            renewed = asyncio.get_running_loop().create_future()
            store.renew(renewed.set_result)
            boot = (await renewed).boot
            await asyncio.gather(store.do(broken), return_exceptions=True)
            return boot

    async def second():
        async with opened(tmp_path / "s.db") as store:
            return await store.do(lambda db: db.execute("SELECT boot FROM self").fetchone()[0])

    used = asyncio.run(first())

    assert asyncio.run(second()) > used


def test_a_writer_that_has_ended_ends_the_gateway(tmp_path, monkeypatch):
    """A damaged file that cannot be replaced: the service manager starts the gateway anew, nobody waits for ever."""
    monkeypatch.setattr("gateway.store.CHECKPOINT_S", 0.01)
    monkeypatch.setattr("threading.excepthook", lambda _args: None)

    def cannot(*_):
        raise OSError(30, "Read-only file system")

    async def run():
        async with opened(tmp_path / "s.db") as store:
            monkeypatch.setattr("gateway.store_file.StoreFile.replace", cannot)
            store.ask(broken, lambda outcome: None)
            await asyncio.wait_for(store.keep(), 10)

    with pytest.raises(SetUpError, match="nothing can be stored"):
        asyncio.run(run())


def test_a_million_records_do_not_slow_the_start(tmp_path):
    """Opening does not read the lanes; 200,000 records stand for a million here, the benchmark has the million."""
    path = tmp_path / "s.db"

    async def fill():
        async with opened(path) as store:
            rows = [(n, P, 1, 0x800000 + n, 3, bytes(19), -50, 1, 5, 5) for n in range(1, 200_001)]
            await store.do(lambda db: db.executemany("INSERT INTO telemetry VALUES (?,?,?,?,?,?,?,?,?,?)", rows))

    async def start():
        async with opened(path) as store:
            assert store.waiting[TELEMETRY] == 200_000
            return len(await store.claim(TELEMETRY, 0, 100))

    asyncio.run(fill())
    began_s = time.monotonic()

    assert asyncio.run(start()) == 100
    assert time.monotonic() - began_s < 3.0


def test_a_disk_that_is_too_slow_costs_beats_not_memory(tmp_path, monkeypatch):
    """Beyond the bound beats are refused at once; alarms are taken."""
    monkeypatch.setattr("gateway.store.MOST_PENDING_TELEMETRY", 3)

    async def run():
        async with opened(tmp_path / "s.db") as store:
            verdicts = []
            for number in range(5):
                store.add(a_beat(number), (1, number), verdicts.append)
            assert verdicts == [REFUSED, REFUSED]
            assert await add(store, a_record()) == STORED

    asyncio.run(run())


def test_answers_survive_a_restart(tmp_path):
    """What a person has answered is on disk until it is felt."""
    answer = tables.Answer(P, 1, 1, 2, 60, "op", 1, 0)

    async def put():
        async with opened(tmp_path / "s.db") as store:
            await store.do(lambda db: tables.put_answer(db, answer))

    async def read():
        async with opened(tmp_path / "s.db") as store:
            return await store.read(tables.answers)

    asyncio.run(put())

    assert asyncio.run(read()) == [answer]


def test_a_mistake_in_one_job_ends_nobody_else(tmp_path):
    """A job that raises what nobody expected fails by itself; what stood beside it is stored, and what comes after."""

    async def run():
        async with opened(tmp_path / "s.db") as store:
            beside = asyncio.create_task(add(store, a_record(seq=1)))
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(store.do(lambda db: 1 // 0), 10)
            assert await beside == STORED
            with pytest.raises(sqlite3.ProgrammingError):  # it has no code of SQLite's
                await asyncio.wait_for(store.do(lambda db: db.execute("SELECT ?")), 10)
            assert await add(store, a_record(seq=3)) == STORED

    asyncio.run(run())


def test_an_answer_that_fails_keeps_no_alarm_back(tmp_path):
    """A mistake in whoever is told of one record: the lane is announced all the same, and the others are answered."""
    told = []

    def fail(verdict):
        raise ValueError(verdict)

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda loop, facts: None)
        async with opened(tmp_path / "s.db") as store:
            store.on_stored = told.append
            store.add(a_record(1), (1, 1), fail)
            store.add(a_record(2), (1, 2), told.append)
            await store.settled()

    asyncio.run(run())

    assert told == [0, 0, "stored"]
