"""Without this file "committed to disk" would mean "handed to the kernel".

Runs the real store on a watched disk, then imagines the power going at a chosen moment: of everything that was not
synced by then each write may have reached the disk, or not, or only some of its sectors. What remains is opened again
and held to the promises: whatever was acknowledged is there, or is at the platform; no boot of the
downlink comes twice.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from gateway import tables
from gateway.record import ALARM, EVENT, TELEMETRY, Record
from gateway.space import Limits
from gateway.store import STORED, Store
from gateway.trace import Trace, silent_sink
from shared import frames, words
from tools.gateway_bench.disk import Op, WatchedDisk

SECTOR_BYTES = 512
_SENDERS = [bytes((0xA0, 0, 0, 0, 0, number)) for number in range(4)]
_FULL = Limits(64_000_000, 4_000_000)


def record_a_life(path: Path, events: int, seed: int) -> tuple[dict[str, bytes], list[Op]]:
    """Let a store live through that many events; (the files at the start, all that was asked of the disk since)."""
    asyncio.run(_live(path, 1, seed))  # so that the files exist: their creation is another matter (see Store.open)
    start = {str(path): path.read_bytes()}
    with WatchedDisk() as disk:
        asyncio.run(_live(path, events, seed, disk))
    return start, disk.log


async def _live(path: Path, events: int, seed: int, disk: WatchedDisk | None = None) -> None:
    chance = random.Random(seed)
    note: Callable[[str, str], None] = disk.note if disk else lambda kind, text: None
    store = Store(path, _FULL, lambda: 5, f"boot {seed}", Trace(silent_sink))
    identity = store.open()
    note("boot", str(identity.boot))
    keeper = asyncio.create_task(store.keep())
    base = identity.boot * 10_000  # numbers that earlier lives have not used
    for number in range(base, base + events):
        record = _record(chance, number)
        store.add(record, (identity.boot, number), partial(_acknowledged, note, record))
        if chance.random() < 0.3:
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.006)))
        if chance.random() < 0.05:
            await _deliver_some(store, chance, note)
        if chance.random() < 0.02:
            await store.read(lambda db: None)
            await asyncio.to_thread(store._file.checkpoint)  # noqa: SLF001 - the keeper would wait a second
    await store.settled()
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    await store.close()


def _record(chance: random.Random, number: int) -> Record:
    lane = chance.choice((ALARM, EVENT, TELEMETRY, TELEMETRY))
    sender = chance.choice(_SENDERS)
    if lane == TELEMETRY:
        body = frames.pack_beat(frames.Beat(1, frames.FIRST_BEAT_SEQ + number, 3900, 80, -60, 1, 0, words.VERSION, 5))
        return Record(0, lane, sender, 1, frames.FIRST_BEAT_SEQ + number, words.BEAT, body, -50, 1, 5, 0)
    code = words.HELP_REQUESTED if lane == ALARM else words.TEST_PASSED
    body = frames.pack_event(frames.Event(1, number, code, 0, 0, 1, 0, 0, 0))
    return Record(0, lane, sender, 1, number, words.ALARM if lane == ALARM else words.EVENT, body, -50, 1, 5, 0)


def _acknowledged(note: Callable[[str, str], None], record: Record, verdict: str) -> None:
    if verdict == STORED:
        note("acked", f"{record.lane} {record.event_id}")


async def _deliver_some(store: Store, chance: random.Random, note: Callable[[str, str], None]) -> None:
    """As the uplink does after a PUBACK: from now on the platform has them."""
    lane = chance.choice((ALARM, EVENT, TELEMETRY))
    records = await store.claim(lane, 0, chance.randrange(1, 40))
    for record in records:
        note("delivered", record.event_id)
    if records:
        store.forget(lane, records[0].n, records[-1].n, lambda: None)


# ---- the cut


def cut(start: dict[str, bytes], log: list[Op], moments: Iterable[int], chance: random.Random) -> Any:
    """For each moment (an index into log, ascending): (moment, the files as the cut leaves them)."""
    synced = {path: bytearray(data) for path, data in start.items()}
    unsynced: dict[str, list[Op]] = {}
    done = 0
    for moment in sorted(moments):
        for op in log[done:moment]:
            if op.kind in {"write", "truncate", "delete"}:
                unsynced.setdefault(op.path, []).append(op)
            elif op.kind == "sync":
                for kept in unsynced.pop(op.path, []):
                    _apply(synced, kept)
        done = moment
        left = {path: bytearray(data) for path, data in synced.items()}
        for ops in unsynced.values():
            for op in ops:
                for survivor in _survivors(op, chance):
                    _apply(left, survivor)
        yield moment, left


def _survivors(op: Op, chance: random.Random) -> list[Op]:
    """What of an unsynced operation reached the disk: nothing, all, or some of its sectors."""
    luck = chance.random()
    if luck < 0.35:
        return []
    if luck < 0.7 or op.kind != "write":
        return [op]
    return [
        Op("write", op.path, op.at + offset, op.data[offset : offset + SECTOR_BYTES])
        for offset in range(0, len(op.data), SECTOR_BYTES)
        if chance.random() < 0.5
    ]


def _apply(files: dict[str, bytearray], op: Op) -> None:
    if op.kind == "delete":
        files.pop(op.path, None)
        return
    data = files.setdefault(op.path, bytearray())
    if op.kind == "truncate":
        del data[op.at :]
        data.extend(bytes(op.at - len(data)))
        return
    if len(data) < op.at:
        data.extend(bytes(op.at - len(data)))
    data[op.at : op.at + len(op.data)] = op.data


# ---- what must hold afterwards


def broken_promises(directory: Path, files: dict[str, bytearray], log: list[Op]) -> list[str]:
    """Open what the cut has left, as the next start does; one line for each promise that does not hold."""
    for old in directory.iterdir():
        old.unlink()
    path = directory / "store.db"
    for name, data in files.items():
        ending = "-wal" if name.endswith("-wal") else "-journal" if name.endswith("-journal") else ""
        (directory / f"store.db{ending}").write_bytes(data)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return list(_check(db, log))
    except sqlite3.Error as fault:
        return [f"the store cannot be read: {fault}"]
    finally:
        db.close()


def _check(db: sqlite3.Connection, log: list[Op]) -> Iterable[str]:
    (verdict,) = db.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        yield f"the file is damaged: {verdict}"
    there = {
        f"{sender.hex()}-{boot}-{seq}"
        for lane in ("alarm", "event", "telemetry")
        for sender, boot, seq in db.execute(f"SELECT sender, boot, seq FROM {lane}")
    }
    delivered = {op.path for op in log if op.kind == "delivered"}
    for op in log:
        if op.kind == "acked":
            lane, name = op.path.split()
            if name not in there and name not in delivered:
                yield f"{name} was acknowledged and is gone"
            sender, boot, seq = name.split("-")
            if int(lane) != TELEMETRY and not tables.is_known(db, bytes.fromhex(sender), int(boot), int(seq)):
                yield f"{name} would ring twice"
    (boot,) = db.execute("SELECT boot FROM self").fetchone()
    used = max((int(op.path) for op in log if op.kind == "boot"), default=0)
    if boot < used:
        yield f"boot {used} of the downlink would come again"
