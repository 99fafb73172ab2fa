"""A store for tests, opened in a running loop."""

import asyncio
import json
from contextlib import asynccontextmanager

from gateway.answers import Answers
from gateway.case import Dates
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.own import OwnEvents
from gateway.record import TELEMETRY, Record
from gateway.space import Limits
from gateway.store import Store
from gateway.tables import Identity
from gateway.trace import Trace, silent_sink
from shared import frames, words

P = b"pppppp"
ROOMY = Limits(64_000_000, 4_000_000)


@asynccontextmanager
async def opened(path, limits=ROOMY, sink=silent_sink, stamp_ms=lambda: 5):
    """A store in that file, closed at the end."""
    store = Store(path, limits, stamp_ms, "os-1", Trace(sink))
    store.open()
    try:
        yield store
    finally:
        await store.close()


def a_record(seq=1, lane=0, kind=words.ALARM, code=words.HELP_REQUESTED, size=None):
    """A record that is not stored yet; with a size its body is that many zeros."""
    body = frames.pack_event(frames.Event(1, seq, code, 0, 0, 1, 0, 0, 0)) if size is None else bytes(size)
    return Record(0, lane, P, 1, seq, kind, body, -50, 1, 5, 0)


def a_beat(number, size=19):
    """A record of telemetry."""
    return a_record(int(frames.FIRST_BEAT_SEQ) + number, TELEMETRY, words.BEAT, size=size)


async def add(store, record, frame=(1, 1)):
    """Add, and wait for the verdict."""
    done = asyncio.get_running_loop().create_future()
    store.add(record, frame, done.set_result)
    return await asyncio.wait_for(done, 10)


NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z: when the machine of a Book was switched on


class Book:
    """A book of cases over a store, at a time of its own: alarms are said, time passes, the book is looked into."""

    def __init__(self, store, directory, switch_on=1, offsets=None):
        self.store = store
        self.stamp_ms = 100_000
        self.offsets = {switch_on: NOON_MS} if offsets is None else offsets
        self.answers = Answers()
        self._switch_on = switch_on
        clock = Clock(is_trusted=lambda: True, wall_s=lambda: NOON_MS / 1000, stamp_s=lambda: self.stamp_ms / 1000)
        self.clock = clock
        self.own = OwnEvents(store, Identity(b"gggggg", switch_on, switch_on, True), clock.stamp_ms)
        self.cases = Cases(
            store=store, clock=clock, dates=Dates(switch_on, self.offsets.get), answers=self.answers, own=self.own,
            data_dir=directory, trace=Trace(silent_sink),
        )  # fmt: skip

    async def say(self, code, seq=1, *, ref=0, arg=0, age_ms=500, rssi_dbm=-50, pendant=P):
        """A pendant says something: stored, and told to the book as the custody tells it; the record."""
        body = frames.pack_event(frames.Event(1, seq, code, age_ms, 0, 1, arg, 1 if ref else 0, ref))
        is_alarm = code in words.ALARM_CODES
        kind = words.ALARM if is_alarm else words.EVENT
        heard_ms = self.stamp_ms
        record = Record(0, 0 if is_alarm else 1, pendant, 1, seq, kind, body, rssi_dbm, self._switch_on, heard_ms, 0)
        await add(self.store, record, (1, seq))
        self.cases.stored(record)
        return record

    async def until(self, look):
        """What look() gives, once it is something true."""
        async with asyncio.timeout(10):
            while not (found := look()):
                await asyncio.sleep(0.005)
        return found

    async def told(self):
        """What the gateway's own events in the store say: (type, data)."""
        records = await self.store.claim(1, 0, 100)
        bodies = [json.loads(record.body) for record in records if record.kind == 0]
        return [(body["type"], body["data"]) for body in bodies]


@asynccontextmanager
async def booked(directory, **rest):
    """A running book over a store in that folder; rest goes to Book."""
    book = None
    async with opened(directory / "s.db", stamp_ms=lambda: book.stamp_ms + 5 if book else 0) as store:
        book = Book(store, directory, **rest)
        await book.cases.load()
        task = asyncio.create_task(book.cases.run())
        try:
            yield book
        finally:
            task.cancel()
            await asyncio.wait([task])
