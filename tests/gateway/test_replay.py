"""A frame is believed once."""

import random

from gateway.replay import ReplayWindow


def test_each_counter_once():
    """In any order within the window, each exactly once."""
    counters = list(range(1, 40)) * 2
    random.Random(1).shuffle(counters)
    window = ReplayWindow()

    assert sorted(c for c in counters if window.accept(1, c)) == list(range(1, 40))


def test_too_far_behind_is_too_late():
    """What the window no longer remembers is refused: the pendant repeats with a fresh counter."""
    window = ReplayWindow()
    window.accept(1, 1000)

    assert window.accept(1, 937)
    assert not window.accept(1, 936)


def test_an_earlier_boot_is_over():
    """After a restart of the pendant nothing of before is believed."""
    window = ReplayWindow()

    assert window.accept(5, 9)
    assert window.accept(6, 1)
    assert not window.accept(5, 10)


def test_a_leap_forgets_the_past():
    """A leap beyond the window leaves only the newest as taken."""
    window = ReplayWindow()
    window.accept(1, 1)
    window.accept(1, 500)

    assert window.accept(1, 499)
    assert not window.accept(1, 500)
    assert not window.accept(1, 1)


def test_after_a_restart_of_the_gateway_only_news_counts():
    """Everything up to the newest stored frame is refused, whatever was seen of it."""
    window = ReplayWindow(3, 100)

    assert not window.accept(3, 100)
    assert not window.accept(3, 99)
    assert window.accept(3, 101)
    assert not window.accept(2, 200)
