"""A home with several gateways: one alarm stays one alarm, has a room, and outlives any gateway."""

import time

import pytest

from hil_tests.virtual.clock import Clock
from tests.journeys.conftest import FAST, HOLD_MS, ids, missing, settings_file
from tools.home.wing import Wing

pytestmark = pytest.mark.journey

_CALL = "tiexin.help.requested"
_FELT = "tiexin.answer.felt"


# The gateways' time does not run faster, only the boards': a busy machine must still answer in a window.
_PATIENT = settings_file({"listen_ms": 500, "listen_more_ms": 500})


@pytest.fixture(scope="module")
def near(tmp_path_factory):
    """Three gateways within earshot, two pendants."""
    directory, boards = tmp_path_factory.mktemp("near"), ("m5stickc_plus2", "m5stickc_plus2")
    with Wing(directory, (6, 6, 6), boards=boards, clock=Clock(FAST), extra_files=_PATIENT) as home:
        home.power_on()
        yield home


@pytest.fixture
def far(tmp_path):
    """A gateway nearby, and one on another channel."""
    with Wing(tmp_path, (6, 11), clock=Clock(FAST), extra_files=_PATIENT) as home:
        home.power_on()
        yield home


def call(home, pendant=0, within_s=20):
    """A hold; the call at the platform."""
    known = set(ids(home, _CALL))
    home.pendants[pendant].press_for_ms(HOLD_MS)
    home.clock.sleep(1)  # a finger that comes back at once only trembled
    return home.platform.expect(lambda one: one.type == _CALL and one.id not in known, within_s)


def settled(home, arrival, copies, within_s=10):
    """What the platform's rule says of an event when that many copies of it have come."""
    until_s = time.monotonic() + within_s
    while home.platform.rooms.of(arrival.id).copies < copies:
        assert time.monotonic() < until_s, home.platform.rooms.of(arrival.id)
        time.sleep(0.02)
    return home.platform.rooms.of(arrival.id)


def felt(home, arrival, within_s=20):
    """The answer to a call has been felt; the event that says so."""
    return home.platform.expect(
        lambda one: one.type == _FELT and one.event["data"]["refers_to"] == arrival.id, within_s
    )


def test_an_alarm_that_three_gateways_hear_is_one_from_the_nearest_room(near):
    """Three copies under one id, rung once, the strongest gateway named; an answer given there is felt, once."""
    near.place(0, -71, -48, -66)
    near.place(1, -80, -70, -45)
    before, felt_before = ids(near, _CALL), ids(near, _FELT)
    calls = []
    for pendant, nearest in ((0, "gateway2"), (1, "gateway3")):
        calls.append(call(near, pendant))
        heard = settled(near, calls[-1], copies=3)
        assert heard.gateway == nearest
        near.platform.answer(calls[-1].id, heard.gateway)
        felt(near, calls[-1])

    assert ids(near, _CALL) == [*before, *(one.id for one in calls)]
    assert len(ids(near, _FELT)) == len(felt_before) + 2
    assert missing(near) == missing(near, 1) == []


def test_a_gateway_that_dies_with_an_alarm_in_its_store_rings_nobody_twice(near):
    """Cut off from the platform all store it; one dies, another delivers it, and the dead one's copy comes later."""
    near.place(0, -45, -70, -75)
    before = ids(near, _CALL)
    told = [len(gateway.steps) for gateway in near.gateways]
    near.internet.cut()
    near.pendants[0].press_for_ms(HOLD_MS)
    for gateway, since in zip(near.gateways, told, strict=True):
        gateway.expect("stored", since=since, within_s=30)
    near.gateways[0].kill()
    near.internet.mend()
    arrival = near.platform.expect(lambda one: one.type == _CALL and one.id not in before, 30)
    assert settled(near, arrival, copies=2).gateway == "gateway2"
    near.gateways[0].start()
    settled(near, arrival, copies=3, within_s=30)

    assert ids(near, _CALL) == [*before, arrival.id]
    assert missing(near) == []


def test_when_a_gateway_dies_in_the_middle_of_an_alarm_another_one_takes_it(far):
    """Nobody answers any more; the pendant finds the other one, on another channel, and its answer is felt."""
    first = call(far)
    assert far.platform.rooms.of(first.id).gateway == "gateway1"
    far.gateways[0].kill()
    second = call(far, within_s=40)
    heard = far.platform.rooms.of(second.id)
    far.platform.answer(second.id, heard.gateway)
    felt(far, second, within_s=40)

    assert (heard.gateway, heard.copies) == ("gateway2", 1)
    assert ids(far, _CALL) == [first.id, second.id]
    assert missing(far) == []
