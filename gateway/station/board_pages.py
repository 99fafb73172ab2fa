"""Without this file a carer would have no front page: the open alarms, then everybody who wears a pendant."""

from functools import partial

from aiohttp import web

from gateway.station.routes import Route, visit
from gateway.station.station import STATION


async def board(request: web.Request) -> web.StreamResponse:
    """The whole page."""
    station, tongue = request.app[STATION], visit(request).language
    since = station.stream.last_id  # first: an alarm that comes while this page is made must not fall between
    alarms, wearers = station.board.alarms(), await station.board.wearers()
    cards = await station.board.render(partial(station.board.cards, alarms, tongue))
    rows = await station.board.render(partial(station.board.rows, wearers, tongue))
    return await station.page(request, "board.html", since, cards=cards, rows=rows, wearers=wearers)


async def alarms(request: web.Request) -> web.StreamResponse:
    """The cards alone, for a page that has lost the thread."""
    station, tongue = request.app[STATION], visit(request).language
    cards = partial(station.board.cards, station.board.alarms(), tongue)
    return web.Response(text=await station.board.render(cards), content_type="text/html")


async def wearers(request: web.Request) -> web.StreamResponse:
    """The rows alone."""
    station, tongue = request.app[STATION], visit(request).language
    rows = partial(station.board.rows, await station.board.wearers(), tongue)
    return web.Response(text=await station.board.render(rows), content_type="text/html")


async def counts(request: web.Request) -> web.StreamResponse:
    """What stands in the head."""
    return web.json_response(request.app[STATION].board.counts())


ROUTES = (
    Route("GET", "/", board),
    Route("GET", "/parts/alarms", alarms),
    Route("GET", "/parts/wearers", wearers),
    Route("GET", "/parts/counts", counts),
)
