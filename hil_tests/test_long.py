"""What takes long: a flat battery, a night."""

import pytest


@pytest.mark.rig(settings={"beat_s": 60}, scale=12)
def test_a_low_battery_is_told_once(rig):
    """Below a fifth the platform hears of it, once, and goes on hearing beats; near its end it hears it once more."""
    rig.battery.set_mv(3_650)
    low = rig.platform.expect("battery.low", within_s=200)
    rig.sleep_s(130)
    assert len(rig.platform.events("battery.low")) == 1
    rig.battery.set_mv(3_400)
    critical = rig.platform.expect("battery.low", within_s=200)

    assert 20 >= low.data["battery_percent"] > 5 >= critical.data["battery_percent"]


@pytest.mark.night
@pytest.mark.rig(board="xiao_c3", scale=120)
def test_a_night_of_sleep(rig):
    """Eight hours on the bedside table: beats, almost no other wake, and then it still calls."""
    rig.motion.orient(0, 0, 1)
    rig.sleep_s(600)
    before = rig.sleep.wakes()
    rig.sleep_s(8 * 3_600)
    wakes = rig.sleep.wakes() - before
    beats = 8 * 3_600 // 300

    assert 0.8 * beats <= wakes <= 1.5 * beats
    assert len(rig.platform.events("beat")) >= 0.8 * beats
    assert rig.platform.missing() == []
