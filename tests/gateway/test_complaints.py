"""What users of other gateways complain about, each as a test of ours: the issue is named in the docstring."""

import asyncio
import json
import random
import time

import pytest

from gateway.health import Capacity
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.space import Limits, used_bytes
from gateway.store import REFUSED, STORED
from shared import words
from tests.gateway.helpers import a_beat, a_record, add, opened
from tests.gateway.rig import Platform, broker
from tests.gateway.running import beat, running, until
from tests.gateway.small_broker import SmallBroker
from tools.gateway_bench import power
from tools.gateway_bench.disk import Unavailable
from tools.gateway_bench.net import Net

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def on_disk_bytes(path):
    """What a store's files take, its log included."""
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


def test_no_acknowledgement_for_what_is_then_dropped_at_a_full_queue(tmp_path):
    """mosquitto#3687: PUBACK for messages that a full queue then dropped. Ours: what was STORED arrives."""
    made = broker(tmp_path)
    verdicts = {}

    async def run():
        async with opened(tmp_path / "s.db", Limits(900_000, 200_000)) as store:
            for seq in range(1, 8_001):
                store.add(a_record(seq), (1, seq), lambda verdict, seq=seq: verdicts.update({seq: verdict}))
                if seq % 500 == 0:
                    await store.settled()
            made.start()
            platform = await asyncio.to_thread(Platform, made.port)
            async with running(store, made.port):
                await until(lambda: not any(store.waiting), 30)
                stored = [seq for seq, verdict in verdicts.items() if verdict == STORED]
                await until(lambda: len(platform.counts) >= len(stored))
            platform.close()
            return {int(name.rsplit("-", 1)[1]) for name in platform.counts}

    arrived = asyncio.run(run())
    made.stop()

    assert set(verdicts.values()) == {STORED, REFUSED}
    assert arrived == {seq for seq, verdict in verdicts.items() if verdict == STORED}


def test_the_first_seconds_offline_are_stored(tmp_path):
    """thingsboard-gateway#2157: what comes before the loss of the link is noticed was never stored."""
    made = broker(tmp_path)
    made.start()
    platform = Platform(made.port)

    async def run(net):
        async with opened(tmp_path / "s.db") as store, running(store, net.port) as uplink:
            await until(lambda: uplink.is_connected)
            net.silence(is_silent=True)  # no RST, no FIN: for the gateway the link is still there
            for seq in range(1, 21):
                assert await add(store, a_record(seq)) == STORED
                store.add(beat(seq), (1, 100 + seq), lambda verdict: None)
            assert uplink.is_connected
            await store.settled()
            assert store.waiting == [20, 0, 20]
            net.refuse()  # now it is noticed
            net.accept()
            await until(lambda: not any(store.waiting), 15)
        await until(lambda: len(platform.counts) == 40)

    with Net(made.port) as net:
        asyncio.run(run(net))
    platform.close()
    made.stop()


def test_a_reconnect_leaves_the_store_as_it_is(tmp_path):
    """thingsboard-gateway#2124: the store was made anew at every reconnect, with what lay in it."""
    made = broker(tmp_path)
    made.start()

    async def run(net):
        path = tmp_path / "s.db"
        async with opened(path) as store, running(store, net.port) as uplink:
            await until(lambda: uplink.is_connected)
            inode = path.stat().st_ino
            net.silence(is_silent=True)
            await add(store, a_record(1))
            for _ in range(5):
                before = net.connections
                net.reset()
                await until(lambda before=before: net.connections > before)  # there, and hanging
            assert path.stat().st_ino == inode
            assert store.waiting[ALARM] == 1
            assert [record.seq for record in await store.claim(ALARM, 0, 9)] == [1]
            assert list(tmp_path.glob("s.db.*")) == []

    with Net(made.port) as net:
        asyncio.run(run(net))
    made.stop()


def test_four_days_offline_stay_within_the_limit(tmp_path):
    """thingsboard-gateway#2094: 45 GB after four days offline. Ours: a hundred pendants, four days, 8 MB allowed."""
    limits = Limits(8_000_000, 2_000_000)
    path = tmp_path / "s.db"
    most = 0

    async def run():
        nonlocal most
        async with opened(path, limits) as store:
            number = 0
            for minute in range(0, 4 * 24 * 60, 5):
                for _ in range(100):
                    number += 1
                    made = a_beat(number)._replace(heard_ms=minute * 60_000)
                    store.add(made, (1, number), lambda verdict: None)
                if minute % 60 == 0:
                    await store.settled()
                    most = max(most, on_disk_bytes(path))
            alarm = await add(store, a_record(1))
            kept = {made.heard_ms // HOUR_MS for made in await store.claim(TELEMETRY, 0, 200_000)}
            return alarm, kept

    alarm, kept = asyncio.run(run())

    assert alarm == STORED
    assert most <= limits.most + 5_000_000  # the log beside it: folded back into the file every second
    assert max(kept) == 4 * 24 - 1


def test_how_many_hours_it_holds_is_true(tmp_path):
    """thingsboard-gateway#959: "how many hours does it hold?" What is foretold is held against what happens."""
    limits = Limits(6_000_000, 2_000_000)

    async def run():
        async with opened(tmp_path / "s.db", limits) as store:
            capacity = Capacity(limits)
            foretold_h = None
            for hour in range(10_000):
                capacity.note(hour * HOUR_MS, store.taken_bytes)
                if hour == 2:
                    foretold_h = hour + capacity.holds_h(await store.read(used_bytes))
                for number in range(hour * 300, hour * 300 + 300):
                    made = a_beat(number)._replace(heard_ms=hour * HOUR_MS)
                    store.add(made, (1, number), lambda verdict: None)
                await store.settled()
                if store.room.folded or store.room.pushed_out:
                    return foretold_h, hour
        raise AssertionError("it never became full")

    foretold_h, full_h = asyncio.run(run())

    assert 0.7 < foretold_h / full_h < 1.3


def test_nothing_is_deleted_before_it_is_confirmed(tmp_path):
    """nanomq#2432: rows deleted before they were sent. Ours lie on disk until the PUBACK, however late."""
    mute = SmallBroker(puback_after_s=3600)
    told = SmallBroker()

    async def run():
        servers = [await asyncio.start_server(one.speak, "127.0.0.1", 0) for one in (mute, told)]
        ports = [server.sockets[0].getsockname()[1] for server in servers]
        async with opened(tmp_path / "s.db") as store:
            for seq in range(1, 6):
                await add(store, a_record(seq))
            async with running(store, ports[0], version="3.1.1"):
                await until(lambda: len([1 for topic, _ in mute.published if "/alarm/" in topic]) == 5)
            assert [record.seq for record in await store.claim(ALARM, 0, 9)] == [1, 2, 3, 4, 5]
        async with opened(tmp_path / "s.db") as store:  # after a restart too
            async with running(store, ports[1], version="3.1.1"):
                await until(lambda: not any(store.waiting))
            assert await store.claim(ALARM, 0, 9) == []
        for server in servers:
            server.close()

    asyncio.run(run())

    alarms = [json.loads(payload)["id"] for topic, payload in told.published if "/alarm/" in topic]
    assert alarms == [f"707070707070-1-{seq}" for seq in range(1, 6)]


def test_damaged_files_never_stop_the_start(tmp_path):
    """telegraf#18528: a corrupt log panicked at start. Ours: file and log damaged in twenty ways, and it serves."""
    chance = random.Random(18528)

    async def life(path, seq):
        async with opened(path) as store:
            return await add(store, a_record(seq), (1, seq))

    async def wound(path):
        async with opened(path) as store:
            for seq in range(1, 40):
                store.add(a_record(seq), (1, seq), lambda verdict: None)
            await store.settled()
            left = {file.name: bytearray(file.read_bytes()) for file in path.parent.glob(path.name + "*")}
        for file in path.parent.glob(path.name + "*"):
            file.unlink()
        for name, data in left.items():
            if chance.random() < 0.7 and data:
                at = chance.randrange(len(data))
                if chance.random() < 0.3:
                    del data[at:]
                else:
                    data[at : at + 600] = chance.randbytes(min(600, len(data) - at))
            (path.parent / name).write_bytes(data)

    for number in range(20):
        home = tmp_path / str(number)
        home.mkdir()
        asyncio.run(wound(home / "s.db"))
        assert asyncio.run(life(home / "s.db", 1_000)) == STORED


def test_a_power_cut_leaves_a_sound_store(tmp_path):
    """kura#2169: a power cut corrupted the store. Ours: thirty cuts between any two writes, each time sound."""
    try:
        start, log = power.record_a_life(tmp_path / "store.db", 150, 2169)
    except Unavailable as why:
        pytest.skip(str(why))
    chance = random.Random(2169)
    after = tmp_path / "after"
    after.mkdir()
    for moment, files in power.cut(start, log, chance.sample(range(len(log)), 30), chance):
        assert power.broken_promises(after, files, log[:moment]) == []


def test_a_broker_that_hangs_up_costs_no_processor(tmp_path):
    """chirpstack-gateway-bridge#226: a reconnect loop at 90 % CPU. Ours knocks seldom, with an alarm waiting too."""
    knocks = []

    async def hang_up(reader, writer):
        knocks.append(time.monotonic())
        writer.close()

    async def run():
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with opened(tmp_path / "s.db") as store:
            await add(store, a_record(1))
            async with running(store, port, version="3.1.1"):
                began_s, used_s = time.monotonic(), time.process_time()
                await asyncio.sleep(4)
                share = (time.process_time() - used_s) / (time.monotonic() - began_s)
        server.close()
        return share

    share = asyncio.run(run())

    assert 2 <= len(knocks) <= 14
    assert share < 0.15


def test_priorities_discard_nothing(tmp_path):
    """emqx#18830: priorities without discarding. Ours: the urgent lanes overtake, and every single record arrives."""
    made = broker(tmp_path)
    made.start()
    platform = Platform(made.port)
    chance = random.Random(18830)

    async def run():
        async with opened(tmp_path / "s.db") as store:
            for seq in range(1, 901):
                lane = chance.choice((ALARM, EVENT, TELEMETRY))
                if lane == TELEMETRY:
                    made_one = beat(seq)
                elif lane == EVENT:
                    made_one = a_record(seq, EVENT, words.EVENT, words.TEST_PASSED)
                else:
                    made_one = a_record(seq)
                store.add(made_one, (1, seq), lambda verdict: None)
            await store.settled()
            async with running(store, made.port):
                await until(lambda: not any(store.waiting), 20)
        await until(lambda: len(platform.counts) == 900)

    asyncio.run(run())
    platform.close()
    made.stop()

    lanes = [topic.split("/")[3] for _, topic, _ in platform.events]
    assert set(platform.counts.values()) == {1}
    assert lanes == sorted(lanes)  # alarm, event, telemetry
