"""Gateways knock again, soon with an alarm, patiently without, and never all at once."""

import random
from collections import Counter

from gateway.backoff import MOST_S, REFUSED_MOST_S, URGENT_MOST_S, Backoff
from tools.reconnect_storm import simulate


def test_it_grows_to_its_most():
    """Each pause is at most twice the one before, the longest is MOST_S."""
    backoff = Backoff(random.Random(1))
    pauses = [backoff.next_s(is_urgent=False) for _ in range(20)]

    assert pauses[0] <= 0.5
    assert max(pauses) <= MOST_S
    assert min(pauses[10:]) >= MOST_S / 2


def test_an_alarm_does_not_wait_long():
    """With an alarm waiting no pause is longer than URGENT_MOST_S, however long the platform has been away."""
    backoff = Backoff(random.Random(1))
    for _ in range(50):
        backoff.next_s(is_urgent=False)

    assert backoff.next_s(is_urgent=True) <= URGENT_MOST_S


def test_a_refused_login_is_tried_rarely():
    """A wrong password does not become right by asking often."""
    backoff = Backoff(random.Random(1))
    pauses = [backoff.next_s(is_urgent=True, is_refused=True) for _ in range(20)]

    assert REFUSED_MOST_S / 2 <= pauses[-1] <= REFUSED_MOST_S


def test_after_success_it_begins_again():
    """The first failure after a success is a first failure."""
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.next_s(is_urgent=False)
    backoff.reset()

    assert backoff.next_s(is_urgent=False) <= 0.5


def test_no_two_gateways_agree():
    """A thousand gateways that lose the platform together spread over the whole pause."""
    backoffs = [Backoff(random.Random(seed)) for seed in range(1000)]
    for backoff in backoffs:
        for _ in range(8):
            backoff.next_s(is_urgent=False)
    pauses = [backoff.next_s(is_urgent=False) for backoff in backoffs]

    assert max(pauses) - min(pauses) > MOST_S * 0.45


def test_five_thousand_gateways_do_not_come_back_in_the_same_second():
    """After ten minutes without the platform: spread over half a minute, those with an alarm within 2 s."""
    knocks, waits_s, alarm_waits_s = simulate(5_000, 600.0, 0.01, 1)
    busiest = max(Counter(int(wait_s) for wait_s in waits_s).values())

    assert len(waits_s) == 5_000
    assert busiest < 5_000 / 10
    assert max(knocks[second] for second in range(300, 600)) < 500
    assert max(alarm_waits_s) < 2.0
