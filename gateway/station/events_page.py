"""Without this file an open page would never hear of an alarm: the stream of events as an HTTP answer."""

import asyncio
from contextlib import suppress
from http import HTTPStatus

from aiohttp import web

from gateway.station.routes import Route, visit
from gateway.station.station import STATION

_WRITE_S = 30.0  # a client that takes nothing for so long is gone
_LOOK_S = 60.0  # how often it is seen whether who listens may still listen


async def events(request: web.Request) -> web.StreamResponse:
    """What happens, for as long as the page is open and its session in force."""
    station, who = request.app[STATION], visit(request)
    if station.stream.is_full:
        raise web.HTTPServiceUnavailable
    last_id = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    answer = web.StreamResponse(
        status=HTTPStatus.OK,
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"},
    )
    answer.headers["Cache-Control"] = "no-store"
    await answer.prepare(request)
    loop = asyncio.get_running_loop()
    look_s = loop.time() + _LOOK_S
    with suppress(ConnectionError, TimeoutError):
        async for told in station.stream.listen(last_id[:64], who.language):
            async with asyncio.timeout(_WRITE_S):
                await answer.write(told)
            if loop.time() >= look_s:
                look_s = loop.time() + _LOOK_S
                if not await station.still_may(who):
                    break
    return answer


ROUTES = (Route("GET", "/events", events),)
