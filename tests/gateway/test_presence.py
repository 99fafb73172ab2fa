"""The last known state of a pendant."""

import json
from types import SimpleNamespace

from gateway.clock import Clock
from gateway.presence import Presence
from gateway.topics import Topics
from shared import frames, words

P = bytes.fromhex("a0b1c2d3e4f5")


def presence(now):
    """A presence under a clock that the test moves, and what it has told."""
    told = []
    clock = Clock(is_trusted=lambda: now["trusted"], wall_s=lambda: 1_795_348_800.0, stamp_s=lambda: now["s"])
    made = Presence(
        clock=clock, topics=Topics("tiexin", "home", "gw"), common={"site": "home", "gateway": "gw"}, run="g-1",
        put_state=lambda topic, render: told.append((topic, json.loads(render()))),
    )  # fmt: skip
    return made, told


def test_a_beat_is_the_state():
    """Battery, worn, firmware, strength, last seen."""
    made, told = presence({"s": 10.0, "trusted": True})
    beat = frames.Beat(3, 0x800001, 3900, 80, -60, 1, words.WORN, (0, 2, 0), 100)
    made.heard(SimpleNamespace(id=P), -48, words.BEAT, beat)
    topic, state = told[0]

    assert topic == "tiexin/home/gw/state/a0b1c2d3e4f5"
    assert (state["type"], state["time"]) == ("tiexin.pendant.state", "2026-11-22T12:00:00.000Z")
    assert state["data"]["battery_percent"] == 80
    assert (state["data"]["worn"], state["data"]["rssi_dbm"], state["data"]["boot"]) == (True, -48, 3)


def test_polls_do_not_flood():
    """A pendant that asks every 2 s changes its state every 30 s."""
    now = {"s": 0.0, "trusted": True}
    made, told = presence(now)
    for second in range(0, 62, 2):
        now["s"] = float(second)
        made.heard(SimpleNamespace(id=P), -48, words.POLL, frames.Poll(1, 1))

    assert len(told) == 3


def test_without_the_time_it_is_not_dated():
    """Never 1970."""
    made, told = presence({"s": 10.0, "trusted": False})
    made.heard(SimpleNamespace(id=P), -48, words.POLL, frames.Poll(1, 1))

    assert "time" not in told[0][1]
    assert told[0][1]["data"]["last_seen"] is None
