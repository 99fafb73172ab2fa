"""The keys of a demo that is left running: everything is taken away, and comes back."""

import pytest

from tests.journeys.conftest import HOLD_MS, ids, missing
from tools.home.play import Keys
from tools.home.timeline import Timeline
from tools.motion import synthesise

pytestmark = pytest.mark.journey


def test_everything_is_taken_away_and_comes_back(home):
    """Internet, bridge and gateway gone; a call is made; all put back: the call arrives."""
    home = home(boards=("m5stickc_plus2", "m5stickc_plus2"))
    timeline = Timeline()
    keys = Keys(home, timeline, synthesise("fall_forward", seed=1))
    for key in "ibgl":
        keys.press(key)
    assert not home.gateway.is_running
    home.pendants[1].press_for_ms(HOLD_MS)
    for key in "lgbi?":
        keys.press(key)

    home.platform.expect(lambda one: one.type == "tiexin.help.requested", 40)
    keys.press("a")
    home.platform.expect(lambda one: one.type == "tiexin.answer.felt", 20)
    assert len(ids(home, "tiexin.help.requested")) == 1
    assert missing(home, 1) == []
    assert len(timeline.moments) == 9
