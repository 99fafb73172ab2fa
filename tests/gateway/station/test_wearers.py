"""What is kept of beats and events: a point an hour, bounded, over a restart, and never in an alarm's way."""

import asyncio
from contextlib import asynccontextmanager

from gateway.clock import Clock
from gateway.record import Record
from gateway.station import history
from gateway.station.book import Book
from gateway.station.wearers import Wearers
from gateway.trace import Trace, silent_sink
from shared import frames, words

P, Q = b"pppppp", b"qqqqqq"
NOW_S = 1_795_348_800


@asynccontextmanager
async def opened(directory, wall_s=lambda: NOW_S):
    """Wearers over a book in that folder, at a fixed time."""
    book = Book(directory / "station.db", (history.SCHEMA,), Trace(silent_sink))
    await book.open()
    found = Wearers(Clock(is_trusted=lambda: True, wall_s=wall_s, stamp_s=lambda: 1000.0), book)
    await found.load()
    yield found, book
    await book.close()


def beat(pendant, percent, heard_ms, flags=words.WORN):
    """A beat as the custody tells of it."""
    body = frames.pack_beat(frames.Beat(1, 1, 3900, percent, -60, 1, flags, (1, 0, 0), 60))
    return Record(0, 2, pendant, 1, 1, words.BEAT, body, -50, 1, heard_ms, heard_ms)


def event(pendant, seq, code, delay_ms=900):
    """An event."""
    body = frames.pack_event(frames.Event(1, seq, code, 2000, delay_ms, 1, 7, 0, 0))
    return Record(0, 1, pendant, 1, seq, words.EVENT, body, -50, 1, 1_000_000, 0)


def test_an_hour_is_one_point_and_the_last_beat_counts(tmp_path):
    """Twelve beats are one row with a count; the next hour is the next row; other pendants are apart."""

    async def scene():
        async with opened(tmp_path) as (wearers, book):
            for percent in (90, 89, 88):
                wearers.take(beat(P, percent, 1_000_000))
            wearers.take(beat(Q, 50, 1_000_000))
            await wearers.flush()
            wearers.take(beat(P, 87, 1_001_000))
            wearers.take(beat(P, 80, 1_000_000 + 3_600_000))
            await wearers.flush()
            return await book.do(lambda db: history.hours(db, P, 0), [])

    rows = asyncio.run(scene())
    assert [(row.percent, row.beats) for row in rows] == [(87, 4), (80, 1)]
    assert rows[1].hour == rows[0].hour + 1


def test_events_and_delays_outlive_a_restart(tmp_path):
    """The timeline of a wearer, and how quickly a fall was identified."""

    async def scene():
        async with opened(tmp_path) as (wearers, _):
            wearers.take(event(P, 1, words.BATTERY_LOW))
            wearers.take(event(P, 2, words.FALL_SUSPECTED))
            await wearers.flush()
        async with opened(tmp_path) as (wearers, book):
            rows = await book.do(lambda db: history.happenings(db, P, 10), [])
            return rows, wearers.delay_ms("707070707070-1-2")

    rows, delay_ms = asyncio.run(scene())
    assert [(row.code, row.arg, row.at_s) for row in rows] == [
        (words.FALL_SUSPECTED, 7, NOW_S - 2), (words.BATTERY_LOW, 7, NOW_S - 2),
    ]  # fmt: skip
    assert delay_ms == 900


def test_the_book_is_bounded(tmp_path):
    """31 days of hours and 200 events of each pendant."""

    async def scene():
        async with opened(tmp_path) as (wearers, book):
            hour = NOW_S // 3600
            old = [history.Hour(P, hour - ago, 50, 3900, 0, 1, -50) for ago in range(24 * 40)]
            many = [history.Happening(P, f"e{n}", NOW_S, 18, 0, None) for n in range(500)]
            await book.do(lambda db: history.put(db, old, many), None)
            await wearers.tidy()
            kept = await book.do(lambda db: history.hours(db, P, 0), [])
            return kept, await book.do(lambda db: history.happenings(db, P, 999), [])

    hours, happenings = asyncio.run(scene())
    assert len(hours) == history.KEEP_HOURS + 1
    assert [happenings[0].event, len(happenings)] == ["e499", history.KEEP_HAPPENINGS]


def test_while_nobody_knows_the_time_nothing_gets_a_wrong_place(tmp_path):
    """A beat without a date is on no curve; the delay of an alarm needs no date."""

    async def scene():
        async with opened(tmp_path, wall_s=lambda: 0.0) as (wearers, book):
            wearers.take(beat(P, 90, 1_000_000))
            wearers.take(event(P, 2, words.FALL_SUSPECTED))
            await wearers.flush()
            return wearers.delay_ms("707070707070-1-2"), await book.do(lambda db: history.hours(db, P, 0), [])

    assert asyncio.run(scene()) == (900, [])


def test_a_damaged_book_is_set_aside(tmp_path):
    """The page begins anew; the old file stays beside it."""
    (tmp_path / "station.db").write_bytes(b"this is no database at all" * 100)

    async def scene():
        async with opened(tmp_path) as (wearers, book):
            wearers.take(beat(P, 90, 1_000_000))
            await wearers.flush()
            return await book.do(lambda db: history.hours(db, P, 0), [])

    assert len(asyncio.run(scene())) == 1
    assert (tmp_path / "station.db.damaged").exists()
