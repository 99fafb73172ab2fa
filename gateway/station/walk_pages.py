"""Without this file an installer would walk through a home with a laptop and a cable: the walk test as a page."""

from typing import Any

from aiohttp import web

from gateway.station.routes import Route, Visit, done, visit
from gateway.station.station import STATION, Station
from gateway.station.users import INSTALLER
from gateway.walk import Walk


async def show(request: web.Request) -> web.StreamResponse:
    """Which pendant, and every press so far."""
    station = request.app[STATION]
    pendants = sorted((one for one in station.sources.registry if not one.is_revoked), key=lambda one: one.name)
    rows = _rows(station, visit(request))
    return await station.page(request, "installer_walk.html", pendants=pendants, rows=rows, **_facts(station))


async def rows(request: web.Request) -> web.StreamResponse:
    """The lines alone, for the page that is open."""
    station, who = request.app[STATION], visit(request)
    text = station.pages.text("installer_walk_rows.html", who.language, rows=_rows(station, who), visit=who)
    return web.Response(text=text, content_type="text/html")


async def begin(request: web.Request) -> web.StreamResponse:
    """A walk with the pendant that was chosen."""
    station, who, walk = request.app[STATION], visit(request), _walk(request.app[STATION])
    chosen = str((await request.post()).get("pendant", ""))
    pendant = next((one for one in station.sources.registry if one.id.hex() == chosen), None)
    if pendant is None:
        raise web.HTTPNotFound
    try:
        walk.begin(pendant.id)
    except RuntimeError:
        raise web.HTTPServiceUnavailable from None
    station.note(who.name, "walk-test", {"about": chosen})
    return done(request, "/installer/walk")


async def end(request: web.Request) -> web.StreamResponse:
    """Enough."""
    _walk(request.app[STATION]).end()
    return done(request, "/installer/walk")


async def note(request: web.Request) -> web.StreamResponse:
    """Where a press was."""
    said = await request.post()
    number = str(said.get("number", ""))
    is_there = number.isdecimal() and len(number) < 9
    if not is_there or not _walk(request.app[STATION]).note(int(number), str(said.get("note", ""))):
        raise web.HTTPNotFound
    return done(request, "/installer/walk")


def _walk(station: Station) -> Walk:
    if station.walk is None:
        raise web.HTTPServiceUnavailable
    return station.walk


def _facts(station: Station) -> dict[str, Any]:
    walk = station.walk
    pendant = station.sources.registry.get(walk.pendant) if walk and walk.pendant else None
    return {"is_on": bool(walk and walk.is_on), "with_whom": pendant}


def _rows(station: Station, who: Visit) -> list[dict[str, Any]]:
    """The newest on top."""
    if station.walk is None:
        return []
    offset_ms = station.sources.clock.offset_ms()
    return [
        {
            "number": press.number,
            "when": station.times.moment(
                None if offset_ms is None else (press.stamp_ms + offset_ms) / 1_000, who.language
            ),
            "up": press.rssi_dbm,
            "down": press.downlink_rssi_dbm,
            "verdict": press.verdict,
            "note": press.note,
        }
        for press in reversed(station.walk.presses)
    ]


ROUTES = (
    Route("GET", "/installer/walk", show, role=INSTALLER),
    Route("GET", "/parts/walk", rows, role=INSTALLER),
    Route("POST", "/installer/walk/begin", begin, role=INSTALLER),
    Route("POST", "/installer/walk/end", end, role=INSTALLER),
    Route("POST", "/installer/walk/note", note, role=INSTALLER),
)
