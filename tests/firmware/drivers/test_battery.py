"""Volts to percent, percent to days."""

from firmware.drivers import battery

_DAY_MS = 86_400_000


class _Adc:
    def read_uv(self):
        """Half of 3.9 V."""
        return 1_950_000


def test_the_divider_is_undone():
    """The pin sees half of the cell."""
    assert battery.Battery(_Adc()).read_mv() == 3_900


def test_the_curve_falls_and_stays_between_0_and_100():
    """Never rises as the voltage falls; full above, empty below."""
    percents = [battery.percent_of(mv) for mv in range(4_400, 2_900, -10)]

    assert percents == sorted(percents, reverse=True)
    assert (percents[0], percents[-1]) == (100, 0)
    assert battery.percent_of(3_700) == 20


def test_days_left_go_by_recent_use():
    """Ten percent in two days: sixty percent last twelve; nobody knows without use; it never overflows a byte."""
    assert battery.days_left(60, 10, 2 * _DAY_MS) == 12
    assert battery.days_left(60, 0, _DAY_MS) == battery.DAYS_UNKNOWN
    assert battery.days_left(100, 1, 100 * _DAY_MS) == 254
