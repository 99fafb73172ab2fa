"""Without this file a battery's last month would be a column of numbers: its curve as a small SVG, drawn here."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.station.battery import Point
from gateway.station.history import HOUR_S

WIDTH, HEIGHT = 840, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 36
_GAP_S = 6 * HOUR_S  # a longer silence tears the line
_DAY_S = 86_400


def battery(points: Sequence[Point], begin: datetime, end: datetime, days: Sequence[tuple[datetime, str]]) -> str:
    """The inside of an <svg viewBox="0 0 WIDTH HEIGHT">: no text of a person, only numbers and the names of days."""
    begin_s, end_s = begin.timestamp(), end.timestamp()

    def x(at_s: float) -> float:
        return round(_LEFT + (at_s - begin_s) / (end_s - begin_s) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(percent: float) -> float:
        return round(_TOP + (100 - percent) / 100 * (HEIGHT - _TOP - _BOTTOM), 1)

    parts = [_grid(y)]
    for day, name in days:
        at = x(day.timestamp())
        parts.append(f'<path d="M{at} {_TOP}V{HEIGHT - _BOTTOM}" stroke="#e3ddcf"/>')
        parts.append(
            f'<text x="{at}" y="{HEIGHT - 12}" text-anchor="middle" font-size="14" fill="#34494e">{name}</text>'
        )
    for piece in _pieces([point for point in points if point.at_s >= begin_s]):
        line = " ".join(f"{x(point.at_s)},{y(point.percent)}" for point in piece)
        if len(piece) == 1:
            parts.append(f'<circle cx="{x(piece[0].at_s)}" cy="{y(piece[0].percent)}" r="3" fill="#12343b"/>')
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="#12343b" stroke-width="3" stroke-linejoin="round"/>'
        )
        parts += [
            f'<circle cx="{x(point.at_s)}" cy="{y(point.percent)}" r="4" fill="#ffb454" stroke="#12343b"/>'
            for point in piece
            if point.is_charging
        ]
    return "".join(parts)


def _grid(y: Callable[[float], float]) -> str:
    lines = []
    for percent in (0, 25, 50, 75, 100):
        lines.append(f'<path d="M{_LEFT} {y(percent)}H{WIDTH - _RIGHT}" stroke="#d6d0c2"/>')
        place = f'x="{_LEFT - 8}" y="{y(percent) + 5}" text-anchor="end" font-size="14"'
        lines.append(f'<text {place} fill="#34494e">{percent} %</text>')
    return "".join(lines)


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    pieces: list[list[Point]] = []
    for point in points:
        if not pieces or point.at_s - pieces[-1][-1].at_s > _GAP_S:
            pieces.append([])
        pieces[-1].append(point)
    return pieces
