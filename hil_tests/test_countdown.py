"""Between the suspicion and the alarm: what a press, a hold, and standing up do."""

import pytest

from hil_tests import motions
from hil_tests.rig.verbs import Recording
from tools.motion import synthesise


def fall(rig, number=0):
    """Let the wearer fall; the suspicion at the platform."""
    rig.motion.play(motions.fall(number))
    return rig.platform.expect("fall.suspected", within_s=20)


def test_a_short_press_cancels(rig):
    """The wearer is well: the platform hears it, and nothing is confirmed."""
    suspected = fall(rig)
    rig.sleep_s(1.5)
    rig.button.press(200)
    cancelled = rig.platform.expect("fall.cancelled", within_s=5)

    assert cancelled.data["refers_to"] == suspected.id
    assert rig.platform.events("fall.confirmed") == []


@pytest.mark.rig(settings={"countdown_s": 10})
def test_without_a_word_it_is_confirmed(rig):
    """Ten seconds on, lying still."""
    suspected = fall(rig)
    confirmed = rig.platform.expect("fall.confirmed", within_s=14)

    assert confirmed.data["refers_to"] == suspected.id
    assert 8.5 <= confirmed.at_s - suspected.at_s <= 11.5


def test_a_hold_during_the_countdown_sends_at_once(rig):
    """Three seconds of the button confirm the fall; no second alarm is opened."""
    suspected = fall(rig)
    rig.sleep_s(1.5)
    rig.button.press(4_000)
    confirmed = rig.platform.expect("fall.confirmed", within_s=4)

    assert confirmed.at_s - suspected.at_s < 9
    assert rig.platform.events("help.requested") == []


def test_standing_up_and_walking_is_recovery(rig):
    """The wearer gets up by herself."""
    motion = synthesise("fall_gets_up", seed=1)
    rig.motion.play(Recording("made fall_gets_up 1", motion.acc_mg, motion.fs_hz, motion.impact))
    rig.platform.expect("fall.suspected", within_s=20)
    rig.platform.expect("fall.recovered", within_s=15)
