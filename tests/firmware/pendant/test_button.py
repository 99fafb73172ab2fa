"""The button's promises, in virtual time."""

import pytest

from firmware.config import Settings
from firmware.pendant import button
from firmware.pendant.button import Button
from shared.compat import ticks_add

_WRAP = (1 << 30) - 1_500  # a press that begins here lasts across the wrap of the ticks


def told(presses, start=0, until_ms=8_000, look_ms=10):
    """Play presses, a list of (from_ms, to_ms); return [(at_ms, word, taps)] of what was told."""
    one = Button(Settings())
    said = []
    for at_ms in range(0, until_ms, look_ms):
        is_down = any(begin <= at_ms < end for begin, end in presses)
        word = one.update(is_down, ticks_add(start, at_ms))
        if word:
            said.append((at_ms, word, one.taps))
    return said


@pytest.mark.parametrize("start", [0, _WRAP])
def test_a_hold_of_three_seconds_fires_at_three_seconds(start):
    """Ticks at 1 s and 2 s, and the call at 3.0 s sharp, also when the clock wraps in the middle."""
    said = told([(100, 3_500)], start)

    assert said == [(1_100, button.TICKED, 0), (2_100, button.TICKED, 0), (3_100, button.HELD, 0)]


@pytest.mark.parametrize("start", [0, _WRAP])
def test_a_hold_of_2900_ms_never_fires(start):
    """Nearly is not a call, and not a tap either."""
    said = told([(100, 3_000)], start)

    assert said == [(1_100, button.TICKED, 0), (2_100, button.TICKED, 0)]


def test_a_trembling_hand_calls_all_the_same():
    """Releases shorter than 60 ms, again and again, do not break a hold."""
    presses = [(100 + 200 * i, 100 + 200 * i + 150) for i in range(20)]

    assert (3_100, button.HELD, 0) in told(presses)


def test_a_release_of_60_ms_breaks_a_hold():
    """Longer than a tremble is a release."""
    said = told([(100, 2_000), (2_060, 5_000)], until_ms=5_500)

    assert [word for _at, word, _taps in said].count(button.HELD) == 0


def test_contact_bounce_counts_from_the_first_touch():
    """A contact that chatters for 20 ms was pressed when it first closed."""
    bounces = [(100, 103), (106, 109), (112, 4_000)]
    said = told(bounces, look_ms=1)

    assert said[-1] == (3_100, button.HELD, 0)


def test_a_click_of_noise_is_nothing():
    """Shorter than 30 ms no finger presses."""
    assert told([(100, 120)]) == []


def test_taps_before_the_hold_choose_the_service():
    """Each tap is told with the count so far; the hold comes with all of them."""
    said = told([(100, 250), (600, 750), (1_200, 4_500)])

    assert [(word, taps) for _at, word, taps in said] == [
        (button.TAPPED, 1),
        (button.TAPPED, 2),
        (button.TICKED, 2),
        (button.TICKED, 2),
        (button.HELD, 2),
    ]


def test_taps_are_forgotten_after_the_gap():
    """A tap of a minute ago does not turn a call for rescue into a shopping list."""
    said = told([(100, 250), (2_000, 5_500)])

    assert said[-1] == (5_000, button.HELD, 0)


def test_a_hold_is_told_once_however_long_it_lasts():
    """One hold, one call; then, after 30 s, that the button is stuck, once."""
    said = told([(100, 90_000)], until_ms=95_000)

    assert [(at_ms, word) for at_ms, word, _taps in said if word != button.TICKED] == [
        (3_100, button.HELD),
        (30_100, button.STUCK),
    ]


def test_two_holds_are_two_calls():
    """After a release the button is as new."""
    said = told([(100, 3_500), (4_000, 7_500)])

    assert [at_ms for at_ms, word, _taps in said if word == button.HELD] == [3_100, 7_000]


def test_it_says_how_long_it_may_be_left_alone():
    """Pressed: a few milliseconds; after a tap: until the gap is over; else until somebody presses."""
    one = Button(Settings())

    assert one.next_ms(0) == -1
    one.update(True, 0)
    assert one.next_ms(0) == 10
    one.update(False, 100)
    one.update(False, 160)
    assert one.taps == 1
    assert one.next_ms(160) == 1_141
