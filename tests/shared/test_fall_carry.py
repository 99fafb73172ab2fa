"""A blow speaks for the next one, for two seconds; what is long ago says nothing."""

from shared.fall_carry import CARRY_LEAST, CARRY_MOST, CARRY_SHARE, CARRY_SPAN, Carry


def test_the_first_blow_stands_alone():
    """Wherever in the ring it lies."""
    for place in (0, 5, 511):
        assert Carry().add(-300, place) == -300


def test_a_share_of_the_last_score_is_added():
    """Within bounds, and never less than nothing."""
    for score in (-9_000, CARRY_LEAST, -400, 0, CARRY_MOST, 9_000):
        carry = Carry()
        carry.add(score, 400)
        added = carry.add(-100, 450) + 100
        assert added == (max(CARRY_LEAST, min(CARRY_MOST, score)) - CARRY_LEAST) * CARRY_SHARE // 256


def test_only_the_next_blow_and_only_soon():
    """The own score is carried, not what was added to it; CARRY_SPAN samples later is soon, one more is not."""
    carry = Carry()
    carry.add(400, 500)
    carry.add(CARRY_LEAST, 20)  # round the ring
    assert carry.add(-50, 60) == -50

    for later, is_added in ((CARRY_SPAN, True), (CARRY_SPAN + 1, False)):
        carry = Carry()
        carry.add(0, 100)
        assert (carry.add(0, (100 + later) & 511) > 0) == is_added


def test_what_is_old_is_forgotten_before_the_ring_comes_round():
    """Looked at every 128 samples, a blow is out of mind before its place is written again."""
    for first in range(0, 512, 7):
        carry = Carry()
        carry.add(300, first)
        for at in range((first // 128 + 1) * 128, first + 513, 128):
            carry.age(at & 511)
        assert carry.add(0, (first + 512) & 511) == 0


def test_a_blow_two_seconds_later_is_judged_before_the_first_is_forgotten():
    """That is 0.9 s after it, and the ring may be looked at on that very sample."""
    for first in range(512):
        carry = Carry()
        carry.add(300, first)
        carry.age((first + CARRY_SPAN + 90) & 511)
        assert carry.add(0, (first + CARRY_SPAN) & 511) > 0


def test_what_was_told_to_be_forgotten_is():
    """After samples that nobody read."""
    carry = Carry()
    carry.add(300, 10)
    carry.forget()
    assert carry.add(0, 20) == 0
