"""Without this file a carer could see that a battery is low, but not since when: one wearer's page."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from aiohttp import web

from gateway.registry import Pendant
from gateway.station import curves, history
from gateway.station.battery import Point
from gateway.station.history import Happening, Hour
from gateway.station.routes import Route, Visit, visit
from gateway.station.station import STATION, Station
from shared import frames, words

_DAYS = 31
_EVENTS = 60
_HOURS_SHOWN = 48


class Line(NamedTuple):
    """One line of the timeline: a case, or an event that is none."""

    at_s: float
    case: Any  # a CaseView, or None
    key: str  # of the words
    facts: dict[str, object]


async def show(request: web.Request) -> web.StreamResponse:
    """Who, how, what happened, beats, battery."""
    station, who = request.app[STATION], visit(request)
    pendant = _pendant(request, station)
    now = station.times.now()
    since_s = (now - timedelta(days=_DAYS)).timestamp()
    hours: list[Hour] = []
    hours = await station.book.do(partial(history.hours, pendant=pendant.id, since_s=since_s), hours)
    events: list[Happening] = []
    events = await station.book.do(partial(history.happenings, pendant=pendant.id, limit=_EVENTS), events)
    row = station.board.wearer(pendant.id)
    return await station.page(
        request,
        "wearer.html",
        w=row,
        pendant=pendant,
        now_=station.sources.presence.state(pendant.id),
        curve=_curve(station, who, hours, now),
        size=(curves.WIDTH, curves.HEIGHT),
        strip=_strip(station, hours, now),
        lines=_timeline(station, pendant, events),
    )


def _pendant(request: web.Request, station: Station) -> Pendant:
    pendant = station.sources.registry.get(bytes.fromhex(request.match_info["pendant"]))
    if pendant is None or pendant.is_revoked:
        raise web.HTTPNotFound
    return pendant


def _curve(station: Station, who: Visit, hours: list[Hour], now: datetime) -> str:
    """Empty while nothing is known."""
    points = [
        Point(hour.hour * history.HOUR_S, hour.percent, bool(hour.flags & words.CHARGING))
        for hour in hours
        if hour.percent is not None
    ]
    if not points:
        return ""
    first = station.times.local(points[0].at_s)
    begin = max(now - timedelta(days=_DAYS), min(first, now - timedelta(days=1)))
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    span = (now - begin).days + 1
    every = max(1, span // 8)
    marks = [midnight + timedelta(days=number) for number in range(1, span + 1, every)]
    named = [(mark, f"{mark.month}-{mark.day:02d}") for mark in marks if mark < now]
    return curves.battery(points, begin, now, named)


def _strip(station: Station, hours: list[Hour], now: datetime) -> list[tuple[int, int]]:
    """(hour of the day, beats) of the last two days, the oldest first."""
    beats = {hour.hour: hour.beats for hour in hours}
    last = int(now.timestamp()) // history.HOUR_S
    return [
        (station.times.local(hour * history.HOUR_S).hour, beats.get(hour, 0))
        for hour in range(last - _HOURS_SHOWN + 1, last + 1)
    ]


def _timeline(station: Station, pendant: Pendant, events: list[Happening]) -> list[Line]:
    lines = []
    for case in station.sources.cases.recent(pendant.id, _EVENTS):
        view = station.board.view(case)
        lines.append(Line((case.happened_unix_ms or 0) / 1000, view, view.what, {}))
    lines += [_line(event) for event in events if event.code not in words.ALARM_CODES]
    return sorted(lines, key=lambda line: -line.at_s)[:_EVENTS]


_KEYS = {
    words.TEST_PASSED: "event_test_passed",
    words.STARTED: "event_started",
    words.COMMAND_DONE: "event_command_done",
    words.BATTERY_LOW: "event_battery_low",
    words.FAULT: "event_fault",
    words.ANSWER_FELT: "event_felt",
}


def _line(event: Happening) -> Line:
    return Line(event.at_s, None, _KEYS.get(event.code, "event_other"), {"arg": event.arg})


_PENDANT = f"[0-9a-f]{{{2 * frames.ID_SIZE}}}"
ROUTES = (Route("GET", f"/wearers/{{pendant:{_PENDANT}}}", show),)
