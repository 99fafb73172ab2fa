"""Without this file a carer would read volts: how many days a battery still lasts, from how it went down so far."""

from collections.abc import Sequence
from typing import NamedTuple

_DAY_S = 86_400
LEAST_S = 18 * 3_600  # a slope over less says nothing: a battery's percentage moves in jumps
LEAST_DROP = 2  # percent
LOOK_BACK_S = 10 * _DAY_S
_RISE = 3  # percent: more than noise is a charger
MOST_DAYS = 999


class Point(NamedTuple):
    """One hour of one battery."""

    at_s: int
    percent: int
    is_charging: bool


def days_left(points: Sequence[Point], now_s: float) -> int | None:
    """Whole days until it is empty, at the rate since it was last charged; None while no rate is known."""
    down = _since_charged([point for point in points if point.at_s > now_s - LOOK_BACK_S])
    if len(down) < 2 or down[-1].at_s - down[0].at_s < LEAST_S or down[0].percent - down[-1].percent < LEAST_DROP:
        return None
    slope = _slope(down)
    if slope >= 0:
        return None
    left_s = -down[-1].percent / slope - (now_s - down[-1].at_s)
    return max(0, min(MOST_DAYS, int(left_s / _DAY_S)))


def _since_charged(points: Sequence[Point]) -> Sequence[Point]:
    begin = 0
    for at in range(1, len(points)):
        if points[at].is_charging or points[at].percent - points[at - 1].percent >= _RISE:
            begin = at
    return points[begin:]


def _slope(points: Sequence[Point]) -> float:
    """Percent a second, by least squares."""
    middle_s = sum(point.at_s for point in points) / len(points)
    mean = sum(point.percent for point in points) / len(points)
    spread = sum((point.at_s - middle_s) ** 2 for point in points)
    return sum((point.at_s - middle_s) * (point.percent - mean) for point in points) / spread
