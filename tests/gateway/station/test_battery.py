"""Days, not volts: from how a battery went down since it was last charged."""

import pytest

from gateway.station.battery import MOST_DAYS, Point, days_left

DAY_S = 86_400
NOW_S = 1_795_000_000


def falling(days, a_day, begin=100, until_s=NOW_S, charging=()):
    """One point an hour, ending at until_s."""
    hours = int(24 * days)
    at_hour = range(hours + 1)
    percent = [max(0, int(begin - a_day * at / 24)) for at in at_hour]
    return [Point(until_s - 3600 * (hours - at), percent[at], at in charging) for at in at_hour]


@pytest.mark.parametrize(("a_day", "days"), [(1.0, 94), (5.0, 14), (20.0, 1)])
def test_a_steady_battery(a_day, days):
    """Four or five days down, so many to go."""
    left = days_left(falling(min(6, 80 / a_day), a_day), NOW_S)

    assert abs(left - days) <= 2


def test_only_what_came_after_the_charger_counts():
    """A rise is a charger, whether it said so or not."""
    points = falling(4, 20, until_s=NOW_S - 5 * DAY_S) + falling(5, 2)

    assert 42 <= days_left(points, NOW_S) <= 47


def test_a_battery_on_the_charger_has_no_days():
    """Nor has one that was charged a moment ago."""
    assert days_left(falling(5, 2, charging=range(110, 130)), NOW_S) is None


@pytest.mark.parametrize("points", [[], falling(0.5, 2), falling(6, 0.1), [Point(NOW_S, 50, False)]])
def test_too_little_is_known(points):
    """No points, too short, too flat: nobody pretends to know."""
    assert days_left(points, NOW_S) is None


def test_what_is_old_does_not_count_and_nothing_is_negative():
    """Points of last month are no rate of today; an overdue battery has 0 days."""
    assert days_left(falling(5, 2, until_s=NOW_S - 30 * DAY_S), NOW_S) is None
    assert days_left(falling(5, 19.9, until_s=NOW_S - 4 * DAY_S), NOW_S) == 0
    assert MOST_DAYS == 999
