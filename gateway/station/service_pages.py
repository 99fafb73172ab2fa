"""Without this file an ordered meal would be an alarm among alarms: requests to take and close, meals to print."""

from datetime import date, timedelta
from functools import partial

from aiohttp import web

from gateway.station import case_views, meals
from gateway.station.routes import Route, visit
from gateway.station.station import STATION, Station

_RECENT = 40
_MOST_ORDERS = 2_000
_MOST_DAYS = 31


async def services(request: web.Request) -> web.StreamResponse:
    """Open requests, then the last closed ones."""
    station = request.app[STATION]
    since = station.stream.last_id
    cards = await _cards(station, visit(request).language)
    closed = [case for case in station.sources.cases.calls(case_views.SERVICES, _RECENT) if not case.is_open]
    views = [station.board.view(case) for case in closed]
    return await station.page(request, "services.html", since, cards=cards, closed=views, tomorrow=_tomorrow(station))


async def open_requests(request: web.Request) -> web.StreamResponse:
    """The open ones alone."""
    cards = await _cards(request.app[STATION], visit(request).language)
    return web.Response(text=cards, content_type="text/html")


async def meal_list(request: web.Request) -> web.StreamResponse:
    """The meals of one day, as a list to print."""
    station = request.app[STATION]
    day = _day(request, station)
    found = meals.orders(station.sources.cases.calls({case_views.MEALS}, _MOST_ORDERS), station.times.local, day)
    views = sorted((station.board.view(case) for case in found), key=lambda view: (view.address, view.room, view.name))
    return await station.page(
        request,
        "meals.html",
        orders=[(view, (meals.ordered_unix_ms(view.case) or 0) / 1000) for view in views],
        of=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        is_open=station.times.now().date() < day - timedelta(days=1) or _is_before_cut_off(station, day),
    )


async def _cards(station: Station, tongue: str) -> str:
    return await station.board.render(partial(station.board.requests, station.board.services(), tongue))


def _tomorrow(station: Station) -> date:
    return station.times.now().date() + timedelta(days=1)


def _is_before_cut_off(station: Station, day: date) -> bool:
    now = station.times.now()
    return now.date() == day - timedelta(days=1) and now.time() < meals.CUT_OFF


def _day(request: web.Request, station: Station) -> date:
    asked = request.query.get("day")
    if asked is None:
        return _tomorrow(station)
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise web.HTTPNotFound from None
    if abs((day - station.times.now().date()).days) > _MOST_DAYS:
        raise web.HTTPNotFound
    return day


ROUTES = (
    Route("GET", "/services", services),
    Route("GET", "/parts/services", open_requests),
    Route("GET", "/services/meals", meal_list),
)
