"""What can go wrong between pendant and platform, one fault at a time, and nothing is lost."""

import pytest

from tests.journeys.conftest import HOLD_MS, Operator, ids, missing

pytestmark = pytest.mark.journey


def _call(home, number=1, within_s=20):
    """Hold the button and wait until the platform has that many calls."""
    home.pendants[0].press_for_ms(HOLD_MS)
    home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) >= number, within_s)
    home.clock.sleep(1)  # a finger that comes back at once only trembled


def test_the_internet_is_away_for_a_while(home):
    """What came meanwhile arrives in order when it is back, the alarms before everything else."""
    home = home(settings={"beat_s": 30})
    _call(home)
    home.internet.cut()
    before = len(home.platform.in_order())
    home.clock.sleep(70)  # two beats at least
    for _ in range(2):
        home.pendants[0].press_for_ms(HOLD_MS)
        home.clock.sleep(4)
    home.gateway.expect("stored", event=f"{home.pendants[0].mac.hex()}-1-4", within_s=10)
    home.internet.mend()
    home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) >= 3, 15)
    home.platform.expect(lambda one: one.order > before and one.type == "tiexin.beat", 15)
    late = home.platform.in_order()[before:]

    kinds = [one.type for one in late]
    assert kinds[:2] == ["tiexin.help.requested"] * 2
    alarms = [one.id for one in late if one.type == "tiexin.help.requested"]
    assert alarms == sorted(alarms)
    assert missing(home) == []


def test_a_third_of_the_air_is_lost(home):
    """With 30 % of all frames lost both ways, every call arrives and every answer is felt."""
    home = home(seed=7)
    Operator(home)
    home.air.lose(0.3)
    for number in range(1, 6):
        _call(home, number)
        home.platform.expect(lambda _, number=number: len(ids(home, "tiexin.answer.felt")) >= number, 20)
    home.air.lose(0)

    assert home.air.counters.lost > 0
    assert len(ids(home, "tiexin.help.requested")) == 5
    assert missing(home) == []


def test_the_bridge_is_pulled_out_and_put_back(home):
    """A call while the bridge is out is repeated until it is back; nobody has to restart anything."""
    home = home()
    _call(home)
    home.bridge.unplug()
    home.gateway.expect("trouble", about="bridge")
    home.pendants[0].press_for_ms(HOLD_MS)
    home.clock.sleep(15)
    assert len(ids(home, "tiexin.help.requested")) == 1
    home.bridge.plug()
    home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) >= 2, 40)

    assert missing(home) == []


def test_the_pendant_loses_its_power_before_it_was_heard(home):
    """An alarm that is on the pendant's flash outlives its battery."""
    home = home()
    home.gateway.kill()
    pendant = home.pendants[0]
    pendant.press_for_ms(HOLD_MS)
    home.clock.sleep(0.5)
    pendant.power_cut()
    home.gateway.start()
    home.gateway.expect("connected", since=len(home.gateway.steps))
    pendant.power_on()
    call = home.platform.expect(lambda one: one.type == "tiexin.help.requested", 20)

    boot = call.id.split("-")[1]
    assert boot == "1"  # in which it arose, not the one in which it was heard
    assert missing(home) == []
