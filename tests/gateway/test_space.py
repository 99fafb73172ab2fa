"""Bytes on disk are bounded; alarms come last among those who must go, and never go."""

import asyncio
from itertools import pairwise

from gateway import space
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.space import Limits, used_bytes
from gateway.store import REFUSED, STORED
from shared import words
from tests.gateway.helpers import a_beat, a_record, add, opened

SMALL = Limits(3_000_000, 1_000_000)
BIG = 4_000  # bytes of a body, to fill quickly


def fill(store, lane, kind, start, count):
    """Add that many big records to a lane; their verdicts."""

    async def run():
        verdicts = []
        for number in range(start, start + count):
            store.add(a_record(number, lane, kind, size=BIG), (1, number), verdicts.append)
        await store.settled()
        return verdicts

    return run()


def test_telemetry_folds_before_it_goes(tmp_path):
    """Of old beats one an hour and pendant stays, so that the whole time is still covered; only then the oldest go."""

    async def run():
        async with opened(tmp_path / "s.db", SMALL) as store:
            for number in range(0, 2_400, 50):  # one beat a minute: forty hours
                for one in range(number, number + 50):
                    beat = a_beat(one, 1_000)._replace(heard_ms=one * 60_000)
                    store.add(beat, (1, 1), lambda verdict: None)
                await store.settled()
            kept = [record.heard_ms // 3_600_000 for record in await store.claim(TELEMETRY, 0, 9_999)]

            assert store.room.pushed_out == 0
            assert store.room.folded > 1_000
            assert set(kept) == set(range(40))
            assert kept.count(39) > 50

    asyncio.run(run())


def test_the_oldest_telemetry_goes_first(tmp_path):
    """Where nothing can be folded the oldest beats go; the store never grows beyond its limit."""

    async def run():
        async with opened(tmp_path / "s.db", SMALL) as store:
            for number in range(0, 6_000, 50):
                for one in range(50):
                    beat = a_beat(number + one, 1_000)._replace(heard_ms=(number + one) * 3_600_000)
                    store.add(beat, (1, 1), lambda verdict: None)
                await store.settled()
            kept = await store.claim(TELEMETRY, 0, 1)
            used = await store.do(used_bytes)

            assert store.room.pushed_out > 1_000
            assert kept[0].seq > 0x800000 + 1_000
            assert used <= SMALL.most - SMALL.reserve

    asyncio.run(run())


def test_a_limit_that_was_lowered_by_much_holds_nothing_up(tmp_path, monkeypatch):
    """Each group makes room for itself and some more, and all of it is taken; soon the file is within the limit."""
    monkeypatch.setattr(space, "_AT_MOST_S", 0.0)
    monkeypatch.setattr(space, "_AT_ONCE", 100)

    async def run():
        async with opened(tmp_path / "s.db") as store:
            for start in range(0, 8_000, 100):
                for number in range(start, start + 100):
                    store.add(a_beat(number, 1_000), (1, number), lambda verdict: None)
                await store.settled()
            assert await store.do(used_bytes) > 2 * SMALL.most
        used = []
        async with opened(tmp_path / "s.db", SMALL) as store:
            while not used or used[-1] > SMALL.most - SMALL.reserve:
                assert await add(store, a_record(len(used) + 1)) == STORED
                used.append(await store.do(used_bytes))
            assert len(await store.claim(ALARM, 0, 1_000)) == len(used)

        assert len(used) > 3
        assert all(later < earlier for earlier, later in pairwise(used))

    asyncio.run(run())


def test_alarms_have_a_reserve_and_push_telemetry_out(tmp_path):
    """Where events are refused alarms are still taken; where even alarms are refused nothing was lied."""

    async def run():
        async with opened(tmp_path / "s.db", SMALL) as store:
            for number in range(200):
                store.add(a_beat(number, 1_000), (1, 1), lambda verdict: None)
            await store.settled()
            events = [verdict for start in range(1, 600, 50) for verdict in await fill(store, EVENT, 0, start, 50)]
            assert REFUSED in events
            assert await store.claim(TELEMETRY, 0, 1) == []
            assert await add(store, a_record(5_000)) == STORED
            assert store.takes_alarms

            alarms = [
                verdict
                for start in range(6_000, 6_600, 50)
                for verdict in await fill(store, ALARM, words.ALARM, start, 50)
            ]
            stored = alarms.count(STORED)
            assert alarms == [STORED] * stored + [REFUSED] * (600 - stored)
            assert stored > 50
            assert not store.takes_alarms
            assert len(await store.claim(ALARM, 0, 10_000)) == stored + 1

    asyncio.run(run())
