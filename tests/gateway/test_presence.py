"""The last known state of each pendant, also over a restart; what is told of it is in test_presence_news.py."""

import pytest

from gateway import orders, presence_tables, tables
from gateway.orders import Order
from gateway.pendant_state import HERE, MISSING, UNKNOWN
from gateway.record import EVENT, Record
from shared import frames, words
from tests.gateway.helpers import add
from tests.gateway.presence_box import MISSING_AFTER_S, NOON_MS, PENDANTS, P, boxed


def a_beat_of(box):
    """The record of a beat that comes a moment later, as custody would store it."""
    seq = int(frames.FIRST_BEAT_SEQ) + 1
    body = frames.pack_beat(frames.Beat(1, seq, 3900, 80, -60, 1, 0, (0, 1, 0), 5))
    return Record(0, 2, P.id, 1, seq, words.BEAT, body, -50, 1, int(box.now_s * 1000) + 10, 0)


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
        record = a_beat_of(box)
        assert await add(box.store, record) == "stored"
        box.presence.save = lambda: None  # killed

    async def second(box):
        await box.pass_s(MISSING_AFTER_S - 1)
        assert await box.told() == []
        await box.pass_s(1)
        assert await box.kinds() == ["pendant.missing"]

    boxed(tmp_path, first, second)


def test_heard_for_the_first_time_and_killed(tmp_path):
    """No row was written yet: who was heard once is missed all the same."""

    async def first(box):
        record = a_beat_of(box)
        assert await add(box.store, record) == "stored"
        box.presence.save = lambda: None  # killed

    async def second(box):
        assert box.presence.state(P.id).presence == HERE
        await box.pass_s(MISSING_AFTER_S)
        assert await box.kinds() == ["pendant.missing"]

    boxed(tmp_path, first, second)


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


@pytest.mark.parametrize(
    ("every_s", "lost", "beat_s"), [(600, 0, 600), (600, 3, 600), (60, 0, 300), (90_000, 0, 3_960)]
)
def test_the_rhythm_is_measured(tmp_path, every_s, lost, beat_s):
    """Somebody else has configured it: two beats say how far apart they are, also if some between were lost.

    No leap of a pendant's clock is waited for without end.
    """

    async def story(box):
        box.beat(every_s=every_s)
        box.beats += lost
        box.beat(every_s=every_s)
        assert box.presence.state(P.id).beat_s == beat_s
        box.beat(boot=4, every_s=every_s)  # a new boot counts anew
        assert box.presence.state(P.id).beat_s == beat_s

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
