"""A pendant runs out of power, a bridge is pulled: each is one event, and each is found again. In fast time."""

import sys
import time
from pathlib import Path

import pytest

from gateway.roll_call import DEFAULT_BEAT_MS, Track
from tests.journeys.conftest import FAST

pytestmark = pytest.mark.journey

GATEWAY = 80  # gateway seconds in each real one: a beat of 10 bench seconds, on the charger, comes every 267 of them
PROGRAM = str(Path(__file__).with_name("fast_gateway.py"))
NEWS = {
    f"tiexin.{kind}"
    for kind in (
        "pendant.missing", "pendant.found", "bridge.missing", "bridge.found", "radio.silent", "radio.heard",
    )
}  # fmt: skip


def news(home):
    """What was told of who is there: (type, subject)."""
    return [(one.type, one.event["subject"]) for one in home.platform.in_order() if one.type in NEWS]


def test_who_is_missed_and_who_is_not(home):
    """The real firmware on virtual boards, a real gateway, a real broker."""
    home = home(boards=("xiao_c3", "xiao_c3"), scale=FAST, settings={"beat_s": 30, "beat_powered_s": 10})
    for pendant in home.pendants:
        pendant.charger = True
    lost = home.pendants[0]
    home.gateway.stop()
    since = len(home.gateway.steps)
    home.gateway.start([sys.executable, PROGRAM, str(GATEWAY), *home.gateway.command()[3:]])
    home.gateway.expect("bridge", within_s=20, since=since)
    heard = set()
    home.platform.expect(lambda one: one.type == "tiexin.beat" and (heard.add(one.pendant) or len(heard) == 2), 40)
    before = len(news(home))  # ten seconds of this clock are 125 ms: a bridge's first hello may take longer

    lost.power_cut()
    home.platform.expect(lambda one: one.type == "tiexin.pendant.missing", 60)
    lost.power_on()
    home.platform.expect(lambda one: one.type == "tiexin.pendant.found", 30)
    home.bridge.unplug()
    home.platform.expect(lambda one: one.type == "tiexin.bridge.missing", 30)
    time.sleep(Track(0).missing_after_ms / 1_000 / GATEWAY / 2)
    home.bridge.plug()
    home.platform.expect(lambda one: one.type == "tiexin.bridge.found", 30)

    assert DEFAULT_BEAT_MS == 300_000
    assert news(home)[before:] == [
        ("tiexin.pendant.missing", lost.mac.hex()), ("tiexin.pendant.found", lost.mac.hex()),
        ("tiexin.bridge.missing", home.gateway.name), ("tiexin.bridge.found", home.gateway.name),
    ]  # fmt: skip
