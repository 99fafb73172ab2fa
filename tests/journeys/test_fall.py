"""The fall, the whole way: impact, suspicion, disk, platform, answer, and what the wearer feels."""

import numpy as np
import pytest

from tests.journeys.conftest import LATE_MS, Operator, ids, missing
from tests.journeys.motion_match import worst_mg
from tools.home import feelings
from tools.home.observer import Observer
from tools.home.timeline import Timeline
from tools.motion import synthesise

pytestmark = pytest.mark.journey

CLOCKS_MS = 20  # what the pendant's own account and the gateway's clock may differ by


def test_a_fall_is_identified_within_a_second_and_answered(home):
    """At real speed: suspected on the pendant within 1.0 s of the impact, stored and at the platform soon after."""
    home = home(scale=1)
    motion = synthesise("fall_forward", seed=1)
    pendant = home.pendants[0]
    with Observer(home, Timeline()) as observer:
        Operator(home)
        began_s = pendant.play(motion.acc_mg, motion.fs_hz)
        observer.cause(pendant, "fall", home.clock.unix_s(began_s + motion.impact / motion.fs_hz))
        suspected = home.platform.expect(lambda one: one.type == "tiexin.fall.suspected", 20)
        home.platform.expect(lambda one: one.type == "tiexin.answer.felt", 10)
        pendant.wait_for(lambda _: observer.rows()[0].is_complete, 20)
        row = observer.rows()[0]
        moved = home.platform.expect(lambda one: one.type == "tiexin.fall.motion", 10)

    assert suspected.event["data"]["delay_ms"] <= 1_000 + LATE_MS
    assert row.after_ms("raised") <= row.after_ms("stored") + CLOCKS_MS
    assert row.after_ms("stored") <= row.after_ms("felt by the wearer")
    assert row.after_ms("at the platform") < 3_000  # a second for the detector, the rest for a busy machine
    assert missing(home) == []
    check_motion(moved, suspected, motion)


def check_motion(moved, suspected, played):
    """The motion came behind the alarm, under its name: right within its rounding, the impact in its place."""
    data = moved.event["data"]
    window = np.array([data["x_mg"], data["y_mg"], data["z_mg"]]).T
    sizes = np.linalg.norm(window, axis=1)
    roundings = np.linalg.norm(np.sqrt(np.abs(window)), axis=1)  # an axis travels as its root, see shared/waves.py

    assert data["refers_to"] == suspected.id
    assert moved.at_s > suspected.at_s
    assert sizes.max() - sizes[data["impact_index"]] <= 2 * roundings.max()  # of two that are as large rounding decides
    assert worst_mg(played.acc_mg, window) < 25  # the sensor's noise is 3 mg


def test_a_fall_that_nobody_cancels_is_confirmed(home):
    """Suspected, counted down, confirmed: two events, the second names the first."""
    home = home(settings={"countdown_s": 10})
    motion = synthesise("fall_back", seed=2)
    home.pendants[0].play(motion.acc_mg, motion.fs_hz)

    suspected = home.platform.expect(lambda one: one.type == "tiexin.fall.suspected", 20)
    confirmed = home.platform.expect(lambda one: one.type == "tiexin.fall.confirmed", 20)

    assert confirmed.event["data"]["refers_to"] == suspected.id
    assert missing(home) == []


def test_a_short_press_cancels_and_is_felt(home):
    """I am well, says the button: the platform hears that the fall is cancelled, and nothing is confirmed later."""
    home = home(scale=1, settings={"countdown_s": 10})  # what is felt is read to the tenth of a second
    motion = synthesise("fall_side", seed=3)
    pendant = home.pendants[0]
    pendant.play(motion.acc_mg, motion.fs_hz)
    home.platform.expect(lambda one: one.type == "tiexin.fall.suspected", 20)
    pendant.press_for_ms(300)

    home.platform.expect(lambda one: one.type == "tiexin.fall.cancelled", 10)
    home.clock.sleep(12)
    felt = feelings.read(pendant.felt, home.clock.now_s())

    assert "cancelled" in [one.name for one in felt], felt
    assert ids(home, "tiexin.fall.confirmed") == []


def test_daily_life_calls_nobody(home):
    """Walking, sitting down hard and lying down leave the platform in peace."""
    home = home(scale=6)
    for scene in ("walking", "sit_down_hard", "lie_down"):
        motion = synthesise(scene, seed=1)
        home.pendants[0].play(motion.acc_mg, motion.fs_hz)
        home.clock.sleep(len(motion.acc_mg) / motion.fs_hz)
    home.clock.sleep(3)

    assert [one.type for one in home.platform.in_order() if "fall" in one.type or "help" in one.type] == []
