"""Who is missing and who is found, the bridge and the radio: each told once, also over a restart."""

from gateway import presence_tables
from gateway.pendant_state import HERE, MISSING, UNKNOWN
from tests.gateway.presence_box import MISSING_AFTER_S, PENDANTS, P, boxed
from tests.gateway.rig import registry


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


def test_a_dead_bridge_is_one_event(tmp_path):
    """Five pendants, an hour: missing and found, of the bridge; meanwhile nobody is "here", and nobody is missing."""

    async def story(box):
        for pendant in PENDANTS:
            box.beat(pendant)
        await box.pass_s(60)
        box.is_bridge_up = False
        await box.pass_s(11)  # heard a minute ago, and nobody could know any more whether they still are
        assert {state.presence for state in box.presence.states()} == {UNKNOWN}
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
