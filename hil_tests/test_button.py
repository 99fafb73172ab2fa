"""Held for three seconds it calls; shorter it does not; a trembling hand is still a hand."""

import pytest

SERVICES = ("rescue", "shopping", "meals", "medical", "cleaning", "transport")
TAP_MS = 150
BETWEEN_TAPS_S = 0.25
RELEASE_S = 0.045  # by this computer's clock; 60 ms by the pendant's is a release, and it looks every 10 ms


def test_held_for_three_seconds_it_calls_and_the_answer_is_felt(rig):
    """Ticks at 1 s and 2 s, sent at 3 s, stored, answered: each felt."""
    for _ in range(1 if rig.kind == "bench" else 3):
        call, felt = held_and_answered(rig)
        ticks = [one.name for one in felt[:3]]
        if ticks == ["tick", "tick", "sent"] and call.data["delay_ms"] <= 3_100:
            break  # a busy machine runs a virtual board late by chance; what is wrong is so each time

    assert ticks == ["tick", "tick", "sent"]
    assert "stored" in [one.name for one in felt]
    assert 2_950 <= call.data["delay_ms"] <= 3_100
    assert felt[-1].at_s - call.at_s < 10
    assert rig.platform.missing() == []


def held_and_answered(rig):
    """A hold of 3.3 s: the call, and what was felt from the press to the answer."""
    down_s = rig.button.press(3_300, bounce_ms=8)
    call = rig.platform.expect("help.requested", within_s=5, service="rescue")
    rig.vibration.expect("sent", 3, down_s)
    rig.platform.answer(call)
    answered = rig.vibration.expect("answered", 12, down_s)
    return call, [one for one in rig.vibration.felt() if down_s <= one.at_s <= answered.at_s]


def test_held_for_less_it_does_not(rig):
    """2.9 s on the finger's clock: nobody is called."""
    calls = []
    for pressed in range(1 if rig.kind == "bench" else 3):
        rig.button.press(2_900)
        rig.sleep_s(4)
        calls = rig.platform.events("help.requested")
        if len(calls) <= pressed:  # a busy machine lets go late by chance; a pendant that calls does so each time
            break

    assert len(calls) <= pressed


def test_a_tremble_does_not_break_a_hold(rig):
    """The finger leaves the button for 30 ms at 1.5 s."""
    away_s = trembling_hold(rig)
    while away_s > RELEASE_S and rig.kind == "virtual":  # a busy machine lifts it for longer, and that is a release
        rig.sleep_s(5)
        away_s = trembling_hold(rig)

    rig.platform.expect("help.requested", within_s=5)


def trembling_hold(rig):
    """For 3.4 s in all; for how long the finger was away, at most."""
    rig.button.down()
    rig.sleep_s(1.5)
    up_s = rig.now_s()
    rig.button.up()
    rig.sleep_s(0.03)
    rig.button.down()
    away_s = rig.now_s() - up_s
    rig.sleep_s(1.9)
    rig.button.up()
    return away_s


@pytest.mark.parametrize("taps", [1, 2, 5])
def test_taps_before_the_hold_choose_the_service(rig, taps):
    """One tap and a hold is shopping, two are meals, five are transport."""
    for _ in range(1 if rig.kind == "bench" else 3):
        call = tapped_and_held(rig, taps)
        if call.data["service"] == SERVICES[taps]:  # a busy machine taps late by chance; a wrong count is so each time
            break

    assert call.data["service"] == SERVICES[taps]


def tapped_and_held(rig, taps):
    """The call for a service."""
    rig.sleep_s(1.5)  # what was held before has ended, or its end would be the first tap's beginning
    for _ in range(taps):
        rig.button.press(TAP_MS)
        rig.sleep_s(BETWEEN_TAPS_S)
    rig.button.press(4_000)
    return rig.platform.expect("help.requested", within_s=5)
