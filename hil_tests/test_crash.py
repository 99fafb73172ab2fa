"""Firmware that crashes or hangs is not the end: the button still works, and the platform hears of it."""

import pytest

SAFE_MODE = 6  # a fault's number, docs/mqtt.md
SPOILT = "firmware/pendant/motion.py"  # found before the compiled one beside it
CRASH = b"raise ValueError('made to crash')\n"
HANG = b"import time\nwhile True:\n    time.sleep_ms(100)\n"


@pytest.mark.parametrize("fault", [CRASH, pytest.param(HANG, marks=pytest.mark.night)])
@pytest.mark.rig(settings={"watchdog_s": 5}, scale=3)
def test_three_crashes_lead_to_safe_mode_in_which_the_button_works(rig, fault):
    """Three in a row, by an exception or by the watchdog; then it calls all the same; mended, it is whole again."""
    rig.flash.put(SPOILT, fault)
    rig.platform.expect("fault.raised", within_s=90, fault=SAFE_MODE)
    rig.button.press(4_500)
    rig.platform.expect("help.requested", within_s=20)
    rig.flash.remove(SPOILT)
    rig.flash.remove("crashes")
    started = [one.id for one in rig.platform.events("pendant.started")]
    assert rig.wait(lambda: len(rig.platform.events("pendant.started")) > len(started), 30)

    assert rig.platform.missing() == []
