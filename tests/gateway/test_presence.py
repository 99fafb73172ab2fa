"""The last known state of each pendant; who is missing and who is found, each told once, also over a restart."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from gateway import orders, presence_tables, tables
from gateway.clock import Clock
from gateway.orders import Order
from gateway.own import OwnEvents
from gateway.pendant_state import HERE, MISSING, UNKNOWN
from gateway.presence import Presence
from gateway.record import EVENT, Record
from gateway.registry import Registry
from gateway.tables import Identity
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from shared import frames, words
from tests.gateway.helpers import add, opened
from tests.gateway.rig import FakePendant, registry

NOON_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
PENDANTS = [FakePendant(bytes((0xA0, 0, 0, 0, 0, n)), bytes((n,)) * 16) for n in range(5)]
P = PENDANTS[0]
MISSING_AFTER_S = 3 * 300 + 45


class Box:
    """A presence on a real store, under a clock that the test moves."""

    def __init__(self, store, known, switch_on, now_s, run):
        self.store, self.now_s, self.is_bridge_up, self.trusted = store, now_s, True, True
        clock = Clock(
            is_trusted=lambda: self.trusted, wall_s=lambda: NOON_MS / 1_000 + self.now_s, stamp_s=lambda: self.now_s
        )
        self.states = []
        self.changes = []
        self.presence = Presence(
            store=store, own=OwnEvents(store, Identity(b"gggggg", run, switch_on, True), clock.stamp_ms), clock=clock,
            switch_on=switch_on, offset_ms=lambda switch_on: clock.offset_ms(), registry=known,
            topics=Topics("tiexin", "home", "gw"), common={"site": "home", "gateway": "gw"}, run="g-1",
            put_state=lambda topic, render: self.states.append((topic, render())),
            is_bridge_up=lambda: self.is_bridge_up, trace=Trace(silent_sink),
        )  # fmt: skip
        self.presence.watch(self.changes.append)
        self.beats = 0

    def beat(self, pendant=P, flags=words.WORN, boot=3, rssi_dbm=-48, every_s=300):
        """It beats now."""
        self.beats += 1
        seq = int(frames.FIRST_BEAT_SEQ) + self.beats
        beat = frames.Beat(boot, seq, 3900, 80, -60, 1, flags, (0, 2, 0), self.beats * every_s)
        self.presence.heard(pendant, rssi_dbm, words.BEAT, beat)

    def poll(self, pendant=P):
        """It asks."""
        self.presence.heard(pendant, -50, words.POLL, frames.Poll(1, 1))

    async def pass_s(self, seconds):
        """Let time pass, a second at a time, and let the store settle."""
        for _ in range(seconds):
            self.now_s += 1
            self.presence.tick()
        await self.store.settled()
        await asyncio.sleep(0)

    async def told(self):
        """(type, subject, data) of everything that was told, in order."""
        await self.store.settled()
        found = [json.loads(record.body) for record in await self.store.claim(EVENT, 0, 999)]
        return [(one["type"].removeprefix("tiexin."), one["subject"], one["data"]) for one in found]

    async def kinds(self):
        """Only the types."""
        return [kind for kind, _, _ in await self.told()]

    def last_state(self, pendant=P):
        """What is retained of a pendant."""
        payload = [body for topic, body in self.states if topic.endswith(pendant.id.hex())][-1]
        return json.loads(payload) if payload else None


def boxed(directory, *stories, pendants=PENDANTS, between=lambda: None):
    """Tell the stories, each to a gateway that has been started anew on the same store."""
    path = registry(directory, *pendants)

    @asynccontextmanager
    async def box(number, now_s, switch_on):
        async with opened(directory / "s.db", stamp_ms=lambda: 5) as store:
            known = Registry(path)
            known.refresh()
            made = Box(store, known, switch_on, now_s, number)
            made.known = known
            await made.presence.load()
            yield made
            made.presence.save()
            await store.settled()

    async def run():
        now_s, switch_on = 10.0, 1
        for number, story in enumerate(stories, 1):
            async with box(number, now_s, switch_on) as made:
                ended = await story(made)
                now_s, switch_on = made.now_s, switch_on + (ended == "switched off")
                now_s = 10.0 if ended == "switched off" else now_s
            between()

    asyncio.run(run())


def test_a_beat_is_the_state(tmp_path):
    """Battery, worn, firmware, strength, last seen, and that it is here."""

    async def story(box):
        box.beat(flags=words.WORN | words.CHARGING)
        state = box.last_state()
        assert box.states[0][0] == f"tiexin/home/gw/state/{P.id.hex()}"
        assert (state["type"], state["time"]) == ("tiexin.pendant.state", "2026-11-22T12:00:10.000Z")
        data = state["data"]
        assert (data["presence"], data["battery_percent"], data["worn"], data["still"], data["charging"]) == (
            "here", 80, True, False, True,
        )  # fmt: skip
        assert (data["rssi_dbm"], data["boot"], data["uptime_s"]) == (-48, 3, 300)
        assert "beat_seq" not in data

    boxed(tmp_path, story)


def test_polls_do_not_flood(tmp_path):
    """A pendant that asks every 2 s changes its state every 30 s."""

    async def story(box):
        for _ in range(31):
            box.poll()
            box.now_s += 2
        assert len(box.states) == 3

    boxed(tmp_path, story)


def test_without_the_time_it_is_not_dated(tmp_path):
    """Never 1970; missing and found work all the same, for they count stamps."""

    async def story(box):
        box.trusted = False
        box.poll()
        assert "time" not in box.last_state()
        assert box.last_state()["data"]["last_seen"] is None
        await box.pass_s(MISSING_AFTER_S)
        assert await box.told() == [
            ("pendant.missing", P.id.hex(), {
                "last_seen": None, "unheard_s": 945, "beat_s": 300, "boot": None, "rssi_dbm": -50,
            }),
        ]  # fmt: skip

    boxed(tmp_path, story)


def test_missing_once_and_found_once(tmp_path):
    """With when it was last seen, and what is known; the state says so, and who watches is told."""

    async def story(box):
        box.beat()
        await box.pass_s(MISSING_AFTER_S - 1)
        assert await box.told() == []
        assert box.presence.state(P.id).presence == HERE
        await box.pass_s(3_000)
        ((kind, subject, data),) = await box.told()
        assert (kind, subject) == ("pendant.missing", P.id.hex())
        assert (data["last_seen"], data["unheard_s"], data["battery_percent"], data["worn"]) == (
            "2026-11-22T12:00:10.000Z", 945, 80, True,
        )  # fmt: skip
        assert box.last_state()["data"]["presence"] == MISSING
        changes = len(box.changes)
        box.beat()
        await box.pass_s(10)
        assert await box.kinds() == ["pendant.missing", "pendant.found"]
        assert (await box.told())[1][2]["unheard_s"] == MISSING_AFTER_S + 2_999
        assert box.last_state()["data"]["presence"] == HERE
        assert len(box.changes) == changes + 1

    boxed(tmp_path, story)


def test_a_restart_forgets_no_missing_one(tmp_path):
    """Told before the restart, not told again after it; found after it is told."""

    async def first(box):
        box.beat()
        await box.pass_s(MISSING_AFTER_S)
        assert await box.kinds() == ["pendant.missing"]

    async def second(box):
        assert box.presence.state(P.id).presence == MISSING
        await box.pass_s(2_000)
        assert await box.kinds() == ["pendant.missing"]

    async def third(box):
        box.poll()
        await box.pass_s(1)
        assert await box.kinds() == ["pendant.missing", "pendant.found"]
        assert box.last_state()["data"]["battery_percent"] == 80

    boxed(tmp_path, first, second, third)


def test_a_restart_calls_nobody_missing_for_its_own_absence(tmp_path):
    """Down for hours: only the time in which it listened counts, before and after."""

    async def first(box):
        for pendant in PENDANTS[:2]:
            box.beat(pendant)
        await box.pass_s(500)
        box.now_s += 7 * 3_600  # until it is started again

    async def second(box):
        assert box.presence.state(P.id).presence == UNKNOWN  # seen, but too long ago to say "here"
        await box.pass_s(MISSING_AFTER_S - 501)
        assert await box.told() == []
        await box.pass_s(1)
        assert await box.kinds() == ["pendant.missing"] * 2

    boxed(tmp_path, first, second)


def test_switched_off_and_on_the_stamps_begin_anew(tmp_path):
    """The machine was without power: stamps start at nothing, nobody is missing for it, nobody is "here" by mistake."""

    async def first(box):
        box.now_s += 100_000
        box.presence.tick()
        box.beat()
        await box.pass_s(5)
        return "switched off"

    async def second(box):
        assert box.presence.state(P.id).presence == UNKNOWN
        assert box.presence.state(P.id).seen_stamp_ms is None
        await box.pass_s(MISSING_AFTER_S - 6)
        assert await box.told() == []
        await box.pass_s(1)
        assert await box.kinds() == ["pendant.missing"]

    boxed(tmp_path, first, second)


def test_heard_after_the_last_row_was_written(tmp_path):
    """A kill loses a minute of rows, not the sighting that stands beside the beat itself: no false alarm from it."""

    async def first(box):
        box.poll()
        await box.pass_s(900)
        box.presence.save()
        seq = int(frames.FIRST_BEAT_SEQ) + 1
        body = frames.pack_beat(frames.Beat(1, seq, 3900, 80, -60, 1, 0, (0, 1, 0), 5))
        record = Record(0, 2, P.id, 1, seq, words.BEAT, body, -50, 1, int(box.now_s * 1000) + 10, 0)
        assert await add(box.store, record) == "stored"
        box.presence.save = lambda: None  # killed

    async def second(box):
        await box.pass_s(MISSING_AFTER_S - 1)
        assert await box.told() == []
        await box.pass_s(1)
        assert await box.kinds() == ["pendant.missing"]

    boxed(tmp_path, first, second)


def test_a_dead_bridge_is_one_event(tmp_path):
    """Five pendants, an hour: missing and found, of the bridge; meanwhile nobody is "here", and nobody is missing."""

    async def story(box):
        for pendant in PENDANTS:
            box.beat(pendant)
        await box.pass_s(60)
        box.is_bridge_up = False
        await box.pass_s(3_600)
        assert {state.presence for state in box.presence.states()} == {UNKNOWN}
        assert box.presence.summary()["bridge"] == "missing"
        box.is_bridge_up = True
        await box.pass_s(600)
        assert await box.told() == [
            ("bridge.missing", "gw", {"pendants": 5}), ("bridge.found", "gw", {"pendants": 5}),
        ]  # fmt: skip

    boxed(tmp_path, story)


def test_a_bridge_is_missed_once_over_a_restart(tmp_path):
    """The gateway is started anew while the plug is out: not told again; told when it is back."""

    async def first(box):
        box.is_bridge_up = False
        await box.pass_s(60)
        assert await box.kinds() == ["bridge.missing"]

    async def second(box):
        box.is_bridge_up = False
        await box.pass_s(60)
        assert await box.kinds() == ["bridge.missing"]
        box.is_bridge_up = True
        await box.pass_s(1)
        assert await box.kinds() == ["bridge.missing", "bridge.found"]

    boxed(tmp_path, first, second)


def test_a_deaf_radio_is_one_event(tmp_path):
    """All fall silent while the bridge says hello: one event, also over a restart; heard again, one more."""

    async def first(box):
        for pendant in PENDANTS:
            box.beat(pendant)
        await box.pass_s(700)
        assert await box.told() == [("radio.silent", "gw", {"silent": 5, "of": 5})]

    async def second(box):
        await box.pass_s(3_000)
        assert {state.presence for state in box.presence.states()} == {UNKNOWN}
        for pendant in PENDANTS[:3]:
            box.poll(pendant)
        await box.pass_s(1)
        assert await box.kinds() == ["radio.silent", "radio.heard"]
        assert box.presence.summary() == {
            "presence": {"here": 3, "missing": 0, "unknown": 2}, "bridge": "here", "radio": "well",
        }  # fmt: skip

    boxed(tmp_path, first, second)


def test_the_revoked_and_the_forgotten_are_not_missed(tmp_path):
    """Neither missing nor found; nothing is retained of them; the row goes."""

    async def story(box):
        box.beat()
        box.beat(PENDANTS[1])
        await box.pass_s(1)
        registry(tmp_path, *PENDANTS[1:])
        box.known.refresh()
        await box.pass_s(1)
        assert box.last_state() is None
        await box.pass_s(MISSING_AFTER_S)
        assert [(kind, subject) for kind, subject, _ in await box.told()] == [("pendant.missing", PENDANTS[1].id.hex())]
        box.presence.save()
        await box.store.settled()
        kept = await box.store.read(presence_tables.load)
        assert [row.pendant for row in kept.rows] == [PENDANTS[1].id]

    boxed(tmp_path, story)


def test_what_was_never_heard_is_unknown(tmp_path):
    """A list for all gateways of a home: who lives at the other end is not missing here."""

    async def story(box):
        await box.pass_s(5_000)
        assert await box.told() == []
        assert {(state.presence, state.unheard_s) for state in box.presence.states()} == {(UNKNOWN, None)}

    boxed(tmp_path, story)


def test_configured_beats_are_expected_as_configured(tmp_path):
    """The pendant reports that it took beat_s = 3600: from then on, and after a restart, that is its rhythm."""
    event = frames.Event(1, 1, words.COMMAND_DONE, 5, 5, 1, words.DONE, *frames.command_ref(77))

    async def first(box):
        box.beat()
        order = Order(P.id, 77, words.CONFIGURE, b'{"beat_s":3600}')
        await box.store.do(lambda db: orders.put(db, order))
        record = Record(0, EVENT, P.id, 1, 1, words.EVENT, frames.pack_event(event), -50, 1, 5, 5)
        assert await add(box.store, record) == "stored"
        box.presence.configured(order)
        await box.pass_s(5_000)
        assert len(await box.store.claim(EVENT, 0, 9)) == 1  # the report itself

    async def second(box):
        assert box.presence.state(P.id).beat_s == 3_600
        await box.pass_s(3 * 3_600 + 375 - 5_001)
        assert len(await box.store.claim(EVENT, 0, 9)) == 1
        await box.pass_s(1)
        assert len(await box.store.claim(EVENT, 0, 9)) == 2

    boxed(tmp_path, first, second)


@pytest.mark.parametrize(("every_s", "lost", "beat_s"), [(600, 0, 600), (600, 3, 600), (60, 0, 300)])
def test_the_rhythm_is_measured(tmp_path, every_s, lost, beat_s):
    """Somebody else has configured it: two beats say how far apart they are, also if some between were lost."""

    async def story(box):
        box.beat(every_s=every_s)
        box.beats += lost
        box.beat(every_s=every_s)
        assert box.presence.state(P.id).beat_s == beat_s
        box.beat(boot=4, every_s=every_s)  # a new boot counts anew
        assert box.presence.state(P.id).beat_s == beat_s

    boxed(tmp_path, story)


def test_a_store_without_room_is_asked_again(tmp_path):
    """What could not be told now is told when there is room, once."""

    async def story(box):
        box.beat()
        box.store.room.make = lambda db: [True, False, False]
        await box.pass_s(MISSING_AFTER_S + 10)
        assert await box.told() == []
        del box.store.room.make
        await box.pass_s(10)
        assert await box.kinds() == ["pendant.missing"]

    boxed(tmp_path, story)


def test_a_picture_does_not_change(tmp_path):
    """What a page holds is one moment."""

    async def story(box):
        box.beat()
        picture = box.presence.state(P.id)
        with pytest.raises(AttributeError):
            picture.worn = False
        await box.pass_s(MISSING_AFTER_S)
        assert (picture.presence, box.presence.state(P.id).presence) == (HERE, MISSING)
        assert picture.seen_unix_ms == NOON_MS + 10_000

    boxed(tmp_path, story)


def test_the_tables_are_salvaged_like_all_others():
    """They stand in the list of what is brought over from a damaged store."""
    assert set(presence_tables.TABLES) <= set(tables.MEMORY)
