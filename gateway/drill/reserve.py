"""Without this file "alarms have a reserve" would be believed until the first full disk: it is filled, on a copy.

The store is copied while it is in use (SQLite's own backup), and the copy is filled: with telemetry until that is
refused or folded, then with test alarms until the reserve is used up. Nothing of it touches the gateway's own store.
"""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway import beside
from gateway.clock import boot_id
from gateway.drill.control import DRILL_ID
from gateway.drill.leftover import own_folder, sweep
from gateway.record import ALARM, EVENT, TELEMETRY, Record
from gateway.space import Limits, used_bytes
from gateway.store import STORED, Store
from gateway.trace import Trace, silent_sink
from shared import frames, words

_RESERVE_BYTES = 1_000_000
_ROOM_BYTES = 1_500_000  # for everything else
_BEAT_BYTES = 2_000  # larger than a real one: fewer are needed
_MOST = 40_000
_AT_ONCE = 500  # in one transaction, about: a card syncs slowly
_FREE_BYTES = 16_000_000  # what must be left of the disk beside the copy


@dataclass(frozen=True)
class Filled:
    """What the copy took."""

    telemetry_stored: int
    events_stored: int  # until they were refused
    alarms_before: int
    alarms_stored: int  # after everything else was refused
    alarms_there: int  # at the end, those before included
    text: str = ""  # why it was not tried

    @property
    def is_well(self) -> bool:
        """Whether the reserve took alarms when nothing else had room, and lost none."""
        are_all_there = self.alarms_there == self.alarms_before + self.alarms_stored
        return not self.text and self.events_stored < _MOST and self.alarms_stored > 0 and are_all_there

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "is_well": self.is_well}


async def fill_a_copy(store: Path) -> Filled:
    """Fill it."""
    sweep(store.parent)  # that may be the room
    if shutil.disk_usage(store.parent).free < _room_needed(store):
        return Filled(0, 0, 0, 0, 0, "there is no room on the disk for a copy")
    with own_folder(store.parent) as folder:
        copy = folder / "store.db"
        await asyncio.to_thread(_copy, store, copy)
        return await _fill(copy)


def _room_needed(store: Path) -> int:
    return 2 * store.stat().st_size + _ROOM_BYTES + 2 * _RESERVE_BYTES + _FREE_BYTES


def _copy(store: Path, copy: Path) -> None:
    with beside.opened(store) as db, closing(sqlite3.connect(copy)) as to:
        db.backup(to)


async def _fill(copy: Path) -> Filled:
    with closing(sqlite3.connect(copy)) as db:
        used = used_bytes(db)
    limits = Limits(used + _ROOM_BYTES + _RESERVE_BYTES, _RESERVE_BYTES)
    store = Store(copy, limits, lambda: 0, boot_id(), Trace(silent_sink))
    store.open()
    try:
        before = store.waiting[ALARM]
        beats = await _fill_lane(store, TELEMETRY, most=2 * _ROOM_BYTES // _BEAT_BYTES)
        events = await _fill_lane(store, EVENT)
        alarms = await _fill_lane(store, ALARM)
        there = await store.read(lambda db: int(db.execute("SELECT count(*) FROM alarm").fetchone()[0]))
        return Filled(beats, events, before, alarms, there)
    finally:
        await store.close()


async def _fill_lane(store: Store, lane: int, most: int = _MOST) -> int:
    """Add until it is refused; how many were stored."""
    stored = 0
    for first in range(0, most, _AT_ONCE):
        verdicts = await asyncio.gather(*(_add(store, _record(lane, first + n)) for n in range(_AT_ONCE)))
        stored += verdicts.count(STORED)
        if verdicts.count(STORED) < _AT_ONCE:
            break
    return stored


async def _add(store: Store, record: Record) -> str:
    done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    store.add(record, (record.boot, record.seq), done.set_result)
    return await done


_BOOTS = {ALARM: 1, EVENT: 2, TELEMETRY: 3}  # apart, so that no lane's number is another's


def _record(lane: int, number: int) -> Record:
    seq = number + 1 + (int(frames.FIRST_BEAT_SEQ) if lane == TELEMETRY else 0)
    kind = {ALARM: words.ALARM, EVENT: words.EVENT, TELEMETRY: words.BEAT}[lane]
    event = frames.pack_event(frames.Event(1, number + 1, words.TEST_ALARM, 0, 0, 1, 0, 0, 0))
    body = os.urandom(_BEAT_BYTES) if lane == TELEMETRY else event
    return Record(0, lane, DRILL_ID, _BOOTS[lane], seq, kind, body, 0, 1, 0, 0)
