"""The parts together, in one loop: what a clock that does not know the time does to dates, through restarts."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager

import pytest

from gateway import app, tables
from gateway.app import Gateway
from gateway.clock import Clock
from gateway.config import load
from gateway.trace import Trace, silent_sink
from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry

NOON_S = 1_795_348_800.0  # 2026-11-22T12:00:00Z


class Machine:
    """A machine without a clock of its own: switched on, told the time, set, switched off."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch
        self._number = 0
        self.switch_on()

    def switch_on(self):
        """Its stamps begin again, its time is unknown."""
        self._number += 1
        self.stamp_s, self.wall_s, self.is_told = 10.0, 60.0, False
        self._monkeypatch.setattr("gateway.ground.boot_id", lambda: f"switched on {self._number}")

    def tell(self, wall_s):
        """The network has told the time."""
        self.wall_s, self.is_told = wall_s, True

    def clock(self):
        """What the gateway reads."""
        return Clock(is_trusted=lambda: self.is_told, wall_s=lambda: self.wall_s, stamp_s=lambda: self.stamp_s)


@pytest.fixture
def home(tmp_path):
    """A pendant, a bridge, and a broker that is not there yet."""
    pendant = FakePendant()
    registry(tmp_path, pendant)
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path)
    yield tmp_path, pendant, bridge, made
    bridge.pull_out()
    made.stop()


@asynccontextmanager
async def running(home, machine, monkeypatch):
    """A gateway on that machine."""
    directory, _, bridge, made = home
    monkeypatch.setattr("gateway.offsets.LOOK_S", 0.02)
    monkeypatch.setattr("gateway.ground.system_clock", lambda trust: machine.clock())
    gateway = Gateway(load(config(directory, made.port, bridge.link)), Trace(silent_sink))
    stop = asyncio.Event()
    task = asyncio.create_task(gateway.run(stop))
    try:
        await asyncio.sleep(0.3)
        await until(lambda: task.done() or hasattr(gateway, "around"))  # its store takes its time on a slow disk
        yield gateway
    finally:
        stop.set()
        await task


async def until(look):
    """What look() gives, once it is something true."""
    for _ in range(3_000):
        if found := look():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come in time")


def test_events_get_their_dates_when_the_time_is_known_and_never_1970(home, monkeypatch):
    """Three switchings-on without a platform: the first never learns the time, the second does, the third delivers."""
    _, pendant, bridge, made = home
    machine = Machine(monkeypatch)

    async def live():
        async with running(home, machine, monkeypatch) as gateway:
            bridge.air(pendant.event(words.HELP_REQUESTED, age_ms=500))
            await until(lambda: gateway.ground.store.waiting[0] == 1)
        machine.switch_on()
        async with running(home, machine, monkeypatch) as gateway:
            bridge.air(pendant.event(words.HELP_REQUESTED, age_ms=500))
            await until(lambda: gateway.ground.store.waiting[0] == 2)
            machine.stamp_s = 70.0
            machine.tell(NOON_S)
            await until(lambda: gateway.trip.offsets)
        machine.switch_on()
        # The platform listens before the gateway finds the broker: this one keeps nothing for who comes later.
        await asyncio.to_thread(made.start)
        platform = await asyncio.to_thread(Platform, made.port)
        async with running(home, machine, monkeypatch) as gateway:
            bridge.air(pendant.event(words.HELP_REQUESTED, age_ms=500))
            await until(lambda: len(platform.events) == 3)
            machine.stamp_s = 20.0
            machine.tell(NOON_S + 3_600)
            await until(lambda: len(gateway.trip.offsets) == 2)
            machine.stamp_s, machine.wall_s = 21.0, NOON_S + 7_201  # somebody sets the clock an hour forward
            bridge.air(pendant.event(words.HELP_REQUESTED, age_ms=500))
            await until(lambda: len(platform.events) == 4)
            machine.stamp_s, machine.wall_s = 22.0, NOON_S + 3_602  # and back
            bridge.air(pendant.event(words.HELP_REQUESTED, age_ms=500))
            await until(lambda: len(platform.events) == 5)
            platform.close()
            return {event["data"]["seq"]: event for _, _, event in platform.events}

    events = asyncio.run(live())

    assert [events[seq].get("time") for seq in sorted(events)] == [
        None,  # that switching-on never knew the time
        "2026-11-22T11:58:59.500Z",  # a minute before it was told, half a second before it was heard
        None,  # not known yet, and not held back for it
        "2026-11-22T14:00:00.500Z",
        "2026-11-22T13:00:01.500Z",
    ]
    assert all(event["data"]["age_ms"] == 500 for event in events.values())


def test_a_store_that_refuses_a_date_ends_nothing(home, monkeypatch):
    """The disk fails in the second in which the time becomes known: the gateway goes on, and notes it later."""
    machine, tries, really = Machine(monkeypatch), [], tables.put_offset

    def put_offset(db, **facts):
        tries.append(facts)
        if len(tries) < 3:
            fault = sqlite3.OperationalError("disk I/O error")
            fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            raise fault
        return really(db, **facts)

    async def live():
        async with running(home, machine, monkeypatch) as gateway:
            monkeypatch.setattr(tables, "put_offset", put_offset)
            machine.tell(NOON_S)
            await until(lambda: len(tries) == 3)
            await gateway.ground.store.settled()
            return await gateway.ground.store.read(tables.offsets)

    assert list(asyncio.run(live()).values()) == [int((NOON_S - 10) * 1000)]


def test_a_damaged_store_is_told_to_the_platform(home, monkeypatch):
    """What happened to the file is an event of the gateway's own."""
    directory, pendant, bridge, made = home
    made.start()
    (directory / "data").mkdir()
    (directory / "data" / "store.db").write_bytes(b"rubbish" * 2_000)

    async def live():
        platform = await asyncio.to_thread(Platform, made.port)
        async with running(home, Machine(monkeypatch), monkeypatch):
            bridge.air(pendant.event(words.HELP_REQUESTED))
            await until(lambda: len(platform.events) == 2)
        platform.close()
        return {event["type"]: (topic, event) for _, topic, event in platform.events}

    events = asyncio.run(live())

    assert set(events) == {"tiexin.help.requested", "tiexin.gateway.store_damaged"}
    topic, damaged = events["tiexin.gateway.store_damaged"]
    assert topic == "tiexin/home/gw/event/gw"
    assert damaged["data"]["file"] == "store-damaged-1.db"
    assert (directory / "data" / "store-damaged-1.db").exists()


def test_a_task_that_misses_its_cancellation_is_asked_again(monkeypatch):
    """Stopping never hangs: Python 3.11 lets a cancellation vanish where a bounded wait ends at the same moment."""
    monkeypatch.setattr(app, "_ASK_AGAIN_S", 0.01)

    async def deaf():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def live():
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await app._end([task])
        return task.cancelled()

    assert asyncio.run(live())


def test_what_waited_over_a_restart_waits_on(home, monkeypatch):
    """An answer nobody has felt, a command not done, the numbers of frames that were heard; and every part runs."""
    directory, pendant, bridge, _ = home
    machine = Machine(monkeypatch)
    call = pendant.event(words.HELP_REQUESTED)

    async def live():
        async with running(home, machine, monkeypatch) as gateway:
            bridge.air(call)
            await until(gateway.around.cases.open)
            await gateway.around.cases.answer(pendant.name(), "anna", 60, "station")
            await gateway.trip.keyring.order(pendant.id, words.LOCATE, b"", 1, lambda db, number: None)
        (directory / "data" / "drill-killed").mkdir()
        async with running(home, machine, monkeypatch) as gateway:
            assert gateway.trip.answers.next(pendant.id).by == "anna"
            assert gateway.trip.keyring.order_for(gateway.ground.registry.get(pendant.id))
            assert [case.answered_by for case in gateway.around.cases.open()] == ["anna"]
            bridge.air(call)
            await until(lambda: gateway.trip.custody.counts["replayed"])
            assert not list(directory.glob("data/drill-*"))
            return {task.get_name() for task in asyncio.all_tasks()}

    assert asyncio.run(live()) >= {
        "serial", "uplink", "store-keeper", "watchdog", "commands", "clock", "upkeep", "cases", "vitals", "second-way",
        "presence", "control",
    }  # fmt: skip


def _fails(*_, **__):
    raise ValueError("a mistake")


def test_whatever_fails_beside_it_an_alarm_goes_its_way(home, monkeypatch):
    """Mistakes of ours in books, states and graphs, all at once: the alarm is acknowledged, and at the platform."""
    _, pendant, bridge, made = home
    for what in (
        "presence_tables.load", "case_tables.every", "case_tables.about", "motion_store.known",
        "presence.Presence.tick", "presence.Presence.heard", "vitals.Vitals.run", "status.Status.health",
        "commands.Commands.take", "upkeep.Upkeep.run", "drill.control.Control.run", "cases.Cases.stored",
        "cases.Cases.confirmed", "probe.Probe.confirmed",
    ):  # fmt: skip
        monkeypatch.setattr(f"gateway.{what}", _fails)
    made.start()

    def is_stored(air):
        kind, ack = pendant.read(air)
        return kind == words.ACK and ack.status == words.STORED

    async def live():
        platform = await asyncio.to_thread(Platform, made.port)
        async with running(home, Machine(monkeypatch), monkeypatch) as gateway:
            await until(lambda: gateway.trip.uplink.is_connected)
            platform.send("tiexin/home/gw/command", b"{}")
            bridge.air(pendant.event(words.HELP_REQUESTED))
            await until(lambda: platform.events)
            await asyncio.to_thread(bridge.expect, is_stored, 30)
            await until(lambda: gateway.ground.store.waiting[0] == 0)
        platform.close()

    asyncio.run(live())
