"""So many messages in any sixty minutes, and no more."""

from gateway.second_way.allowance import HOUR_MS, Allowance


def test_an_hour_slides():
    """What has gone an hour ago is free again, not before."""
    now_ms = 0
    allowance = Allowance(3, lambda: now_ms)
    allowance.spend(2)
    now_ms = 1_000
    allowance.spend()

    assert allowance.left == 0
    now_ms = HOUR_MS - 1
    assert allowance.left == 0
    now_ms = HOUR_MS
    assert allowance.left == 2
    now_ms = HOUR_MS + 1_000
    assert allowance.left == 3


def test_a_long_text_may_overdraw_it_but_not_twice():
    """It is never negative."""
    allowance = Allowance(1, lambda: 5)
    allowance.spend(4)

    assert allowance.left == 0
