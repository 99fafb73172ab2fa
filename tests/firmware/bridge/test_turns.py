"""Whose alarm goes next, and who gives way when there is no room."""

from firmware.bridge.turns import MOST, REPEAT_MS, Turns
from shared.compat import ticks_add

_WRAP = (1 << 30) - 1_000


def served(turns, now_ms):
    """All that wait, in the order of their turns."""
    return [turns.take(now_ms) for _ in range(len(turns))]


def test_one_of_each_and_the_newest():
    """A second alarm of a pendant takes the first one's place, not another turn."""
    turns = Turns()
    for pendant, alarm in (("a", "a1"), ("b", "b1"), ("a", "a2")):
        assert turns.keep(pendant, alarm, 0)

    assert turns.first() == "a2"
    assert served(turns, 0) == ["a2", "b1"]


def test_repeats_go_behind_first_calls_also_when_the_ticks_wrap():
    """Whoever had a turn within three seconds waits for those who had none."""
    turns = Turns()
    turns.keep("a", "a1", _WRAP)
    assert served(turns, _WRAP) == ["a1"]
    later_ms = ticks_add(_WRAP, REPEAT_MS - 1)
    turns.keep("a", "a2", later_ms)
    turns.keep("b", "b1", later_ms)
    assert served(turns, later_ms) == ["b1", "a2"]
    long_after_ms = ticks_add(later_ms, REPEAT_MS)
    turns.keep("a", "a3", long_after_ms)
    turns.keep("b", "b2", long_after_ms)

    assert served(turns, long_after_ms) == ["a3", "b2"]


def test_who_called_a_week_ago_is_not_repeating_himself():
    """Ticks go round in 12.4 days: from the seventh on an old turn looks like one that is still to come."""
    turns = Turns()
    turns.keep("a", "a1", 0)
    assert served(turns, 0) == ["a1"]
    week_later_ms = 7 * 86_400_000
    turns.keep("a", "a2", week_later_ms)
    turns.keep("b", "b1", week_later_ms)

    assert served(turns, week_later_ms) == ["a2", "b1"]


def test_without_room_a_repeat_gives_way_to_a_first_call_and_to_nothing_else():
    """The newest repeat goes; when only first calls wait, the newcomer is the one that must come again."""
    turns = Turns()
    for number in range(MOST):
        turns.keep(number, ("first", number), 0)
    assert served(turns, 0) == [("first", number) for number in range(MOST)]
    for number in range(MOST):
        assert turns.keep(number, ("again", number), 1)
    assert not turns.keep("new", "new", 1)
    assert not turns.keep(0, ("again", 0, 2), 2) or len(turns) == MOST
    assert turns.first() == "new"
    for number in range(1, MOST):
        turns.keep(("more", number), number, 2)
    assert not turns.keep("late", "late", 3)

    waiting = served(turns, 3)
    assert waiting[0] == "new"
    assert len(waiting) == MOST
    assert "late" not in waiting


def test_memory_of_who_was_served_is_bounded():
    """Ten thousand pendants in a second: what it remembers does not grow with them."""
    turns = Turns()
    for number in range(10_000):
        turns.keep(number, number, number // 10)
        turns.take(number // 10)

    assert len(turns._passed) <= 512
