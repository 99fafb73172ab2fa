"""What the demo says about a pendant's sleep is what its virtual board has lived."""

import time
from types import SimpleNamespace

from hil_tests.virtual.chip_endings import Ending, Sleep
from hil_tests.virtual.stand_ins import wire
from tools.home.sleepers import Sleepers
from tools.home.timeline import Timeline


def until(condition, within_s=5):
    """Wait for another thread."""
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_a_deep_sleep_is_told_when_it_has_lasted_and_when_it_ends():
    """Off since second 3, woken at second 9 by a pin; a short lesson before it is not worth a word."""
    lesson = SimpleNamespace(ending=Ending("deepsleep", 300), end_s=2.0)
    pendant = SimpleNamespace(mac=b"\1\2\3\4\5\6", lives=[lesson], sleeps=[])
    now = SimpleNamespace(s=2.1)
    home = SimpleNamespace(pendants=[pendant], clock=SimpleNamespace(now_s=lambda: now.s, unix_s=lambda at_s: at_s))
    timeline = Timeline()
    with Sleepers(home, timeline) as sleepers:
        assert not sleepers.wait_until_asleep(pendant, 0.2)
        pendant.lives.append(SimpleNamespace(ending=Ending("deepsleep", 300_000), end_s=3.0))
        now.s = 5.0
        assert sleepers.wait_until_asleep(pendant, 5)
        pendant.sleeps.append(Sleep("deep", 3.0, 9.0, 300_000, wire.WOKEN_BY_GPIO))
        pendant.lives.append(SimpleNamespace(ending=None, end_s=None))
        now.s = 9.1
        until(lambda: len(timeline.moments) == 2)

    assert [(one.at_s, one.who, one.what) for one in timeline.moments] == [
        (3.0, "pendant 1", "sleeps deeply: all off but its sensor"),
        (9.0, "pendant 1", "a pin wakes it: an impact, or the button"),
    ]
