"""One event that cannot go its way does not stand in the way of the others."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway import passed_by
from gateway.record import ALARM, EVENT, TELEMETRY
from shared import words
from tests.gateway.helpers import a_record, add, opened
from tests.gateway.running import beat, running, until
from tests.gateway.small_broker import SmallBroker

OTHER = b"qqqqqq"


@asynccontextmanager
async def connected(directory, told=None, version="5", **broker):
    """A store, an uplink and a small broker."""
    small = SmallBroker(**({"receive_most": 100} if version == "5" else {}) | broker)
    server = await asyncio.start_server(small.speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with opened(directory / "s.db") as store, running(store, port, told, version) as uplink:
            await until(lambda: uplink.is_connected)
            yield store, uplink, small
    finally:
        server.close()


def topics(small, lane="alarm"):
    """Whom the messages of a lane were about."""
    return [topic.rpartition("/")[2] for topic, _ in small.published if f"/{lane}/" in topic]


def test_a_refused_alarm_stands_before_nobody(tmp_path, monkeypatch):
    """An access list without one pendant: all others are confirmed in the same connection; it is tried again, and goes
    when somebody has put it right."""
    monkeypatch.setattr(passed_by, "AGAIN_S", 0.2)
    told, is_wrong = [], True

    async def run():
        nonlocal is_wrong
        broker = {"refuses": lambda topic: is_wrong and topic.endswith(OTHER.hex())}
        async with connected(tmp_path, told, **broker) as (store, _, small):
            for seq in range(1, 101):
                store.add(a_record(seq)._replace(sender=OTHER), (1, seq), lambda verdict: None)
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 100)
            await until(lambda: topics(small).count(OTHER.hex()) > 150)
            assert store.waiting[ALARM] == 100
            is_wrong = False
            await until(lambda: store.waiting[ALARM] == 0)
            assert small.hung_up == 0

    asyncio.run(run())

    assert [facts["about"] for step, facts in told if step in {"trouble", "well"}] == ["broker-access"] * 2


def test_a_broker_that_refuses_everything_is_not_flooded(tmp_path, monkeypatch):
    """It gets no more of a lane than may be passed by; when it takes them, nothing is missing."""
    monkeypatch.setattr(passed_by, "MOST", (5, 5, 5))
    monkeypatch.setattr(passed_by, "AGAIN_S", 0.5)
    is_wrong = True

    async def run():
        nonlocal is_wrong
        async with connected(tmp_path, refuses=lambda topic: is_wrong and "/alarm/" in topic) as (store, _, small):
            for seq in range(1, 201):
                store.add(a_record(seq), (1, seq), lambda verdict: None)
            await store.settled()
            store.add(beat(1), (1, 1), lambda verdict: None)
            await until(lambda: topics(small, "telemetry"))
            assert len(topics(small)) <= 150
            is_wrong = False
            await until(lambda: not any(store.waiting), 15)

    asyncio.run(run())


def test_an_event_that_makes_no_sense_stands_before_nobody(tmp_path):
    """Damaged on the disk, or of a later version: kept and told; alarms, and the beats of its batch, go on."""
    told = []

    async def run():
        async with connected(tmp_path, told) as (store, uplink, small):
            uplink.cut(60)
            await until(lambda: not uplink.is_connected)
            await add(store, a_record(1, size=5))
            await add(store, a_record(2))
            for number in range(1, 41):
                record = beat(number)
                spoilt = record._replace(body=b"spoilt") if number == 7 else record
                store.add(spoilt, (1, number), lambda verdict: None)
            await store.settled()
            uplink.mend()
            await until(lambda: store.waiting == [1, 0, 1])
            assert len(topics(small)) == 1
            assert [record.seq for record in await store.claim(ALARM, 0, 9)] == [1]
            assert [record.body for record in await store.claim(TELEMETRY, 0, 9)] == [b"spoilt"]

    asyncio.run(run())

    assert [facts["about"] for step, facts in told if step == "trouble" and facts["about"] == "events"] == ["events"]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_last_will_says_that_we_are_gone(tmp_path, version):
    """It is left with the broker when we connect: retained, QoS 1, so that nobody takes an old state for today's."""

    async def run():
        async with connected(tmp_path, version=version) as (_, _, small):
            return small.connects[0]

    connect = asyncio.run(run())

    assert connect[7] & 0b0011_1110 == 0b0010_1100  # nor does it begin anew: commands have waited for us there
    assert b"tiexin/home/gw/status" in connect
    assert b'{"online": false}' in connect


def test_a_command_is_acknowledged_when_it_is_done_and_not_before(tmp_path):
    """The power goes while it is done: the broker still has it."""

    async def run():
        came = []
        async with connected(tmp_path) as (store, uplink, small):
            uplink.on_command = came.append
            small.say("tiexin/home/gw/command", b"{}")
            await until(lambda: came)
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 0)
            assert small.acknowledged == 0
            uplink.acknowledge(came[0])
            await until(lambda: small.acknowledged == 1)

    asyncio.run(run())


def test_a_broker_full_of_events_has_room_for_an_alarm(tmp_path):
    """It takes eight messages without a PUBACK and is slow: a quarter of them is kept for alarms."""

    async def run():
        async with connected(tmp_path, receive_most=8, puback_after_s=30) as (store, _, small):
            for seq in range(2, 22):
                event = a_record(seq, EVENT, words.EVENT, words.TEST_PASSED)
                store.add(event, (1, seq), lambda verdict: None)
            await until(lambda: topics(small, "event"))
            await asyncio.sleep(0.2)
            await add(store, a_record(1))
            await until(lambda: topics(small))

    asyncio.run(run())


def _fails(*_):
    raise ValueError("a mistake")


@pytest.mark.parametrize("what", ["a confirmation", "a state", "the status", "a command", "the disk"])
def test_a_mistake_beside_an_alarm_does_not_stop_the_uplink(tmp_path, monkeypatch, what):
    """Whoever else has something to say or to hear may fail: the alarm goes, is confirmed, and is forgotten."""
    monkeypatch.setattr("gateway.uplink._SETTLE_S", 0.1)

    async def run():
        async with connected(tmp_path) as (store, uplink, small):
            if what == "a confirmation":
                uplink.outflow.on_confirmed = _fails
            elif what == "a state":
                uplink.put_state("a/state", _fails)
            elif what == "the status":
                uplink._status = lambda is_online: _fails() if is_online else b"{}"
            elif what == "the disk":
                monkeypatch.setattr(store, "settled", lambda: asyncio.Event().wait())
            else:
                uplink.on_command = _fails
            if what in {"the status", "the disk"}:
                uplink.cut(0.1)
                await until(lambda: not uplink.is_connected)
            if what == "a command":
                small.say("tiexin/home/gw/command", b"{}")
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 0)
            await add(store, a_record(2))
            await until(lambda: store.waiting[ALARM] == 0)
            assert len(topics(small)) == 2

    asyncio.run(run())


def test_an_alarm_that_nobody_listens_to_is_said(tmp_path):
    """MQTT 5 tells it in the PUBACK: the platform has not subscribed; and it is said when it has."""
    told, is_alone = [], True

    async def run():
        nonlocal is_alone
        async with connected(tmp_path, told, is_alone=lambda: is_alone) as (store, _, _):
            await add(store, a_record(1))
            await until(lambda: store.waiting[ALARM] == 0)
            is_alone = False
            await add(store, a_record(2))
            await until(lambda: store.waiting[ALARM] == 0)

    asyncio.run(run())

    assert [step for step, facts in told if facts.get("about") == "platform"] == ["trouble", "well"]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_that_hangs_up_on_our_subscription_gets_the_alarms(tmp_path, version):
    """It does not let us read our commands: each connection is short, and each begins with what waits."""

    async def run():
        async with connected(tmp_path, version=version) as (store, uplink, small):
            small.suback = b""
            uplink.cut(0.1)
            await until(lambda: small.hung_up >= 2)
            for seq in (1, 2):
                await add(store, a_record(seq))
                await until(lambda: store.waiting[ALARM] == 0, 15)
            assert len(topics(small)) == 2

    asyncio.run(run())


@pytest.mark.parametrize(("version", "no"), [("5", b"\x87"), ("3.1.1", b"\x80")])
def test_a_broker_that_lets_us_read_nothing_is_said(tmp_path, version, no):
    """The SUBACK tells it: whoever reads the log shall know that no command will come; and that they come again."""
    told = []

    async def run():
        async with connected(tmp_path, told, version, suback=no) as (_, uplink, small):
            heard = lambda: [step for step, facts in told if facts.get("about") == "broker-commands"]  # noqa: E731
            await until(lambda: heard() == ["trouble"])
            small.suback = b"\x01"
            uplink.cut(0.1)
            await until(lambda: heard() == ["trouble", "well"], 15)

    asyncio.run(run())
