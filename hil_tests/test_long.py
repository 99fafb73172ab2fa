"""What takes long: a flat battery, a night."""

from itertools import pairwise

import pytest

BEAT_S = 300
MISSING_AFTER_S = 3 * BEAT_S + 60


@pytest.mark.rig(settings={"beat_s": 30}, scale=5)
def test_a_low_battery_is_told_once(rig):
    """Below a fifth the platform hears of it, once, and goes on hearing beats; near its end it hears it once more."""
    rig.battery.set_mv(3_650)
    low = rig.platform.expect("battery.low", within_s=90)
    rig.sleep_s(65)
    assert len(rig.platform.events("battery.low")) == 1
    rig.battery.set_mv(3_400)
    critical = rig.platform.expect("battery.low", within_s=90)

    assert 20 >= low.data["battery_percent"] > 5 >= critical.data["battery_percent"]


@pytest.mark.night
@pytest.mark.timeout(900)
@pytest.mark.rig(board="xiao_c3", settings={"listen_ms": 500, "listen_more_ms": 500})
def test_a_night_of_sleep(rig):
    """Eight hours on the bedside table: beats, almost no other wake, and then it still calls."""
    rig.motion.orient(0, 0, 1)
    rig.doze(600)
    before = rig.sleep.wakes()
    rig.doze(8 * 3_600)
    wakes = rig.sleep.wakes() - before
    beats = 8 * 3_600 // BEAT_S
    heard_s = [one.at_s for one in rig.platform.events("beat")]

    assert beats - 3 <= wakes <= beats + 3
    assert max(later - earlier for earlier, later in pairwise(heard_s)) < MISSING_AFTER_S
    rig.button.press(5_000)
    rig.platform.expect("help.requested", within_s=20)
    assert rig.platform.missing() == []
