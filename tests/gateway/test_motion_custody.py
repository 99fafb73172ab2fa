"""The motion round a fall at the gateway: taken in parts, stored once, acknowledged by what is here."""

import asyncio
import json

from gateway import motion_store
from gateway.events import Renderer
from gateway.motion_custody import MotionCustody
from gateway.record import TELEMETRY
from gateway.space import Limits
from gateway.trace import Trace, silent_sink
from shared import gateway_frames, waves, words
from tests.gateway.rig import FakePendant
from tests.gateway.test_custody import home

ALL = waves.KEPT | waves.ALL_PARTS


def run(tmp_path, body, pendant, **options):
    """Run body(home) with somebody who takes motion."""

    async def scenario():
        async with home(tmp_path, pendant, **options) as one:
            one.custody.motion = motion = MotionCustody(
                store=one.store, switch_on=1, known=await one.store.read(motion_store.known), trace=Trace(silent_sink)
            )
            return await body(one, motion)

    return asyncio.run(scenario())


async def send(one, pendant, frame):
    """A frame, and the acknowledgements that have come of it when the store has settled."""
    before = len(one.sent)
    one.custody.heard(-60, frame)
    for _ in range(3):
        await one.store.settled()
        await asyncio.sleep(0.01)
    return [pendant.read(air)[1] for air in one.sent[before:]]


def test_each_part_is_acknowledged_by_all_that_are_here(tmp_path):
    """1, 1 and 3, all; the last only when the window is on disk, in both places."""
    pendant = FakePendant()

    async def body(one, motion):
        said = [ack for part in (0, 2, 1) for ack in await send(one, pendant, pendant.wave(7, part))]
        records = await one.store.claim(TELEMETRY, 0, 10)
        return said, records, await one.store.read(motion_store.known), len(motion.parts)

    said, records, known, left = run(tmp_path, body, pendant)

    assert [(ack.boot, ack.seq, ack.status) for ack in said] == [(1, 7, waves.KEPT | bits) for bits in (1, 5, 7)]
    assert [(record.kind, record.boot, record.seq) for record in records] == [(words.WAVE, 1, 7)]
    assert (known, left) == ([(pendant.id, 1, 7)], 0)


def test_a_window_that_is_known_is_not_stored_again(tmp_path):
    """Its acknowledgement was lost: it gets another, also from a gateway that has started anew."""
    pendant = FakePendant()

    async def first(one, _motion):
        for part in range(3):
            await send(one, pendant, pendant.wave(7, part))

    async def again(one, _motion):
        acks = await send(one, pendant, pendant.wave(7, 1))
        return [ack.status for ack in acks], await one.store.claim(TELEMETRY, 0, 10)

    run(tmp_path, first, pendant)
    statuses, records = run(tmp_path, again, pendant)

    assert statuses == [ALL]
    assert len(records) == 1


def test_a_full_disk_refuses_it_and_the_pendant_gives_up(tmp_path):
    """No room for telemetry: the acknowledgement says so, and nothing is kept of it."""
    pendant = FakePendant()

    async def body(one, motion):
        acks = [ack for part in range(3) for ack in await send(one, pendant, pendant.wave(7, part))]
        return acks[-1].status, len(motion.parts), await one.store.read(motion_store.known)

    assert run(tmp_path, body, pendant, limits=Limits(200_000, 100_000)) == (words.REFUSED_FULL, 0, [])


def test_rubbish_under_the_right_seal_is_counted_and_stores_nothing(tmp_path):
    """A pendant's fault costs a count."""
    pendant = FakePendant()

    async def body(one, motion):
        acks = await send(one, pendant, pendant.frame(words.WAVE, bytes(50)))
        return acks, one.custody.counts["unreadable"], len(motion.parts)

    assert run(tmp_path, body, pendant) == ([], 1, 0)


def test_the_platform_gets_numbers_that_refer_to_the_fall(tmp_path):
    """One CloudEvent under an id of its own, far below the largest message."""
    pendant = FakePendant()

    async def body(one, _motion):
        samples = bytes([waves.code_of(-900), 0, waves.code_of(15_000)]) * waves.PART_SAMPLES
        for part in range(3):
            await send(one, pendant, pendant.wave(7, part, samples))
        return (await one.store.claim(TELEMETRY, 0, 10))[0]

    payload = Renderer("home", "gw", lambda switch_on: None).event(run(tmp_path, body, pendant))
    event = json.loads(payload)

    fall = gateway_frames.event_id(pendant.id, 1, 7)
    assert (event["type"], event["id"], event["data"]["refers_to"]) == ("tiexin.fall.motion", f"{fall}-motion", fall)
    assert event["data"]["x_mg"] == [-900] * 192 and event["data"]["z_mg"] == [14884] * 192
    assert "time" not in event
    assert len(payload) < 6_000
