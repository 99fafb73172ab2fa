"""What happens around the pendant: the gateway, the internet, the air, the bridge, the clock."""

import pytest

ANY_HOLD_MS = 4_500  # where the exact moment does not matter


def call(rig, within_s=30):
    """Hold the button; the call at the platform."""
    rig.button.press(ANY_HOLD_MS)
    made = rig.platform.expect("help.requested", within_s=within_s)
    rig.sleep_s(1)
    return made


@pytest.mark.rig(scale=4)
def test_the_gateway_is_killed_and_comes_back(rig):
    """What was acknowledged is delivered, what was not is repeated."""
    call(rig)
    rig.gateway.kill()
    rig.button.press(ANY_HOLD_MS)
    rig.sleep_s(10)
    rig.gateway.start()
    rig.platform.expect("help.requested", within_s=60)

    assert len(rig.platform.events("help.requested")) == 2
    assert rig.platform.missing() == []


@pytest.mark.night
@pytest.mark.timeout(600)
@pytest.mark.rig(board="xiao_c3", scale=30)
def test_the_gateway_is_off_for_an_hour(rig):
    """A call in that hour is kept by the pendant and arrives; the wearer has felt that nobody could be reached."""
    rig.gateway.kill()
    down_s = rig.button.press(20_000)
    rig.vibration.expect("nobody", 600, down_s)
    rig.sleep_s(3_600)
    rig.gateway.start()
    made = rig.platform.expect("help.requested", within_s=900)

    assert made.data["age_ms"] > 3_000_000
    assert rig.platform.missing() == []


def test_a_third_of_the_air_is_lost(rig):
    """Every call arrives all the same, each once."""
    rig.radio.lose(0.3)
    for _ in range(3):
        call(rig)
    rig.radio.lose(0)

    assert len(rig.platform.events("help.requested")) == 3
    assert rig.platform.missing() == []


@pytest.mark.rig(scale=3)
def test_the_bridge_is_pulled_out_and_put_back(rig):
    """A call meanwhile is repeated until it is back; nobody restarts anything."""
    call(rig)
    rig.bridge.unplug()
    rig.button.press(ANY_HOLD_MS)
    rig.sleep_s(12)
    assert len(rig.platform.events("help.requested")) == 1
    rig.bridge.plug()
    rig.platform.expect("help.requested", within_s=90)

    assert rig.platform.missing() == []


@pytest.mark.rig(scale=2)
def test_the_internet_is_away(rig):
    """The wearer feels that it is stored; the platform hears of it when the line is back, alarms first."""
    rig.internet.cut()
    down_s = rig.button.press(ANY_HOLD_MS)
    rig.vibration.expect("stored", 10, down_s)
    assert rig.platform.events("help.requested") == []
    rig.internet.mend()
    rig.platform.expect("help.requested", within_s=60)

    assert rig.platform.missing() == []


def test_the_clock_of_the_gateway_jumps(rig):
    """An hour forth and a day back: events keep coming, dated by the clock of then, never 1970, never twice."""
    for jump_s in (3_600, -86_400):
        rig.gateway.jump_clock(jump_s)
        rig.sleep_s(1)
        made = call(rig)
        assert made.copies == 1
    assert all(not str(one.data["stored_at"]).startswith("1970") for one in rig.platform.events("help.requested"))
    assert rig.platform.missing() == []


@pytest.mark.rig(scale=3)
def test_the_gateway_is_updated_while_calls_come_in(rig):
    """Stopped and started between a press and its acknowledgement, twice: each call arrives, each once."""
    for number in range(1, 3):
        rig.button.down()
        rig.sleep_s(2)
        rig.gateway.stop()
        rig.sleep_s(2.5)  # the call is made while nobody listens
        rig.button.up()
        rig.gateway.start()
        rig.platform.expect("help.requested", within_s=60)
        assert len(rig.platform.events("help.requested")) == number
        rig.sleep_s(1)

    assert rig.platform.missing() == []


@pytest.mark.rig(scale=3, gateways=2, settings={"listen_ms": 500, "listen_more_ms": 500})
def test_a_pendant_roams_to_the_gateway_that_hears_it(rig):
    """Out of the first one's reach it is served by the second, and back again; the platform sees one id."""
    rig.radio.lose_between(0, 1.0)
    there = call(rig)
    rig.radio.lose_between(0, 0.0)
    rig.radio.lose_between(1, 1.0)
    back = call(rig)

    assert (there.gateway, back.gateway) == ("gateway2", "gateway1")
    assert len(rig.platform.events("help.requested")) == 2
    assert rig.platform.missing() == []
