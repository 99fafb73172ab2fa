"""A store for tests, opened in a running loop."""

import asyncio
from contextlib import asynccontextmanager

from gateway.record import TELEMETRY, Record
from gateway.space import Limits
from gateway.store import Store
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
