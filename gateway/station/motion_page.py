"""Without this file the picture of a fall would have no address: /cases/<id>/motion.svg, for who is signed in."""

from aiohttp import web

from gateway import motion_parts, motion_reading
from gateway.motion_reading import Reading
from gateway.record import event_parts
from gateway.station import motion_plot
from gateway.station.routes import Route, Visit, visit
from gateway.station.station import STATION, Station


async def picture(request: web.Request) -> web.StreamResponse:
    """The motion of one case; a picture that says so where none has come."""
    case_id = request.match_info["case"]
    if event_parts(case_id) is None:
        raise web.HTTPNotFound
    reading = await read(request.app[STATION], case_id)
    say = visit(request).say
    text = motion_plot.draw(reading, say) if reading else motion_plot.nothing(say)
    return web.Response(text=text, content_type="image/svg+xml")


async def in_words(station: Station, case_id: str, who: Visit) -> str:
    """The same in a sentence: what stands in alt="..."."""
    reading = await read(station, case_id)
    return motion_plot.sentence(reading, who.say) if reading else who.say("motion_none")


async def read(station: Station, case_id: str) -> Reading | None:
    """What the newest window of a case says; None if there is none."""
    shelf = station.sources.motion
    kept = await shelf.of_case(case_id) if shelf else None
    return motion_reading.read(motion_parts.axes(kept.body)) if kept else None


ROUTES = (Route("GET", "/cases/{case}/motion.svg", picture),)
