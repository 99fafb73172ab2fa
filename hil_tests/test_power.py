"""The battery goes at any moment; what was on flash is not lost, and no id comes twice with another meaning."""

import random

import pytest

CUTS = 200
QUICK = 4
PATIENCE_S = 120  # an event is repeated after 10 s and 60 s
AT_ONCE = 20  # moments of one test: a home lives through so many
ROUNDS = [pytest.param(n, marks=() if n == 0 else pytest.mark.night) for n in range(CUTS // AT_ONCE)]


@pytest.mark.timeout(600)
@pytest.mark.rig(scale=3)
@pytest.mark.parametrize("turn", ROUNDS)
def test_a_call_outlives_the_battery(rig, turn):
    """Cut at a moment of chance between the press and the answer, again and again: each sent call arrives, once."""
    chance = random.Random(turn)
    calls = 0
    for _ in range(QUICK if turn == 0 else AT_ONCE):
        rig.power.on()
        rig.platform.expect("pendant.started", within_s=PATIENCE_S)
        down_s = rig.button.press(3_400)
        rig.sleep_s(chance.uniform(0, 1.5))
        felt = rig.vibration.felt()
        rig.power.cut()
        if any(one.name == "sent" and one.is_sure and one.at_s >= down_s for one in felt):
            calls += 1
            rig.power.on()
            assert rig.wait(lambda: len(rig.platform.events("help.requested")) >= calls, PATIENCE_S), "the call is lost"  # noqa: B023
            rig.power.cut()
    rig.power.on()
    rig.platform.expect("pendant.started", within_s=PATIENCE_S)

    ids = [one.id for one in rig.platform.events()]
    assert len(ids) == len(set(ids))
    assert rig.platform.missing() == []
