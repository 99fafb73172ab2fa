"""How the gateway is, at one moment: in plain values, and never a name or a key."""

import asyncio
import json
from contextlib import asynccontextmanager

from gateway.clock import Clock
from gateway.hearings import Hearings
from gateway.pendant_state import PendantState
from gateway.record import TELEMETRY
from gateway.registry import Registry
from gateway.vitals import Vitals
from shared import words
from tests.gateway.helpers import a_beat, add, booked
from tests.gateway.rig import FakePendant, registry
from tests.gateway.test_hearings import BEAT, Then


@asynccontextmanager
async def looked_at(tmp_path, up):
    """The vitals of a small gateway whose links are as `up` says."""
    pendant = FakePendant()
    known = Registry(registry(tmp_path, pendant))
    known.refresh()
    async with booked(tmp_path) as book:
        heard = Hearings(lambda: book.stamp_ms, Then())
        heard.heard(known.get(pendant.id), -64, words.BEAT, BEAT)
        state = PendantState(
            pendant=pendant.id, presence="here", seen_unix_ms=None, seen_stamp_ms=book.stamp_ms, rssi_dbm=-64,
            battery_percent=80, battery_mv=3900, worn=True, still=False, charging=False, external_power=False,
            safe_mode=False, firmware="0.1.0", boot=1, uptime_s=100, beat_s=300, unheard_s=0,
        )  # fmt: skip
        clock = Clock(is_trusted=lambda: True, stamp_s=lambda: book.stamp_ms / 1_000)
        vitals = Vitals(
            store=book.store, clock=clock, registry=known, cases=book.cases, hearings=heard,
            states=lambda: [state], data_dir=tmp_path,
            switch_on=1, is_broker_up=lambda: up["broker"], is_bridge_up=lambda: up["bridge"], channel=lambda: 6,
            health=dict, counts=dict,
        )  # fmt: skip
        yield book, vitals


def test_it_says_what_waits_and_for_how_long(tmp_path):
    """The oldest record of a lane, the oldest unanswered alarm, the last of each pendant."""

    async def scene():
        async with looked_at(tmp_path, {"broker": True, "bridge": True}) as (book, vitals):
            await add(book.store, a_beat(1)._replace(heard_ms=book.stamp_ms))
            await book.say(words.HELP_REQUESTED)
            await book.until(book.cases.open)
            book.stamp_ms += 42_000
            return await vitals.look()

    vital = asyncio.run(scene())

    assert vital.oldest_s["telemetry"] == 42 and vital.store_answers and vital.store_takes_alarms
    assert (vital.open_alarms, vital.unanswered_alarms, vital.longest_unanswered_s) == (1, 1, 42)
    (sign,) = vital.signs
    assert (sign.pendant, sign.rssi_dbm, sign.battery_percent, sign.heard_ago_s) == ("a0b1c2d3e4f5", -64, 80, 42)
    assert (sign.downlink_rssi_dbm, sign.presence) == (-60, "here")
    said = json.dumps(vital.as_json())
    assert "000102030405060708090a0b0c0d0e0f" not in said and '"name"' not in said
    assert TELEMETRY == 2


def test_it_notices_how_long_a_link_is_gone(tmp_path):
    """The time begins anew with each change."""
    up = {"broker": True, "bridge": True}

    async def scene():
        async with looked_at(tmp_path, up) as (_, vitals):
            up["broker"] = False
            lost = await vitals.look()
            up["broker"] = True
            return lost, await vitals.look()

    lost, found = asyncio.run(scene())

    assert (lost.broker.is_up, found.broker.is_up) == (False, True)
    assert lost.broker.since_s < 5 and lost.bridge.is_up


def test_many_who_ask_at_once_cost_one_look(tmp_path):
    """A monitor that asks a hundred times a second is answered from memory."""

    async def scene():
        async with looked_at(tmp_path, {"broker": True, "bridge": True}) as (_, vitals):
            return await asyncio.gather(*(vitals.recent(60) for _ in range(50)))

    assert len({id(vital) for vital in asyncio.run(scene())}) == 1
