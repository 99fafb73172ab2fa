"""Without this file nobody could answer from here: one case as a page, and what a carer does about it."""

from functools import partial

from aiohttp import web

from gateway.case import HELPER_THERE, OUTCOMES, SIREN_OFF, Case
from gateway.station.case_views import outcome_key
from gateway.station.routes import Route, done, visit
from gateway.station.station import STATION, Station

VIA = "station"
_RECENT = 60


async def recent(request: web.Request) -> web.StreamResponse:
    """The newest cases, open and closed."""
    station = request.app[STATION]
    views = [station.board.view(case) for case in station.sources.cases.recent(None, _RECENT)]
    return await station.page(request, "cases.html", views=views)


async def show(request: web.Request) -> web.StreamResponse:
    """One case with its timeline."""
    station = request.app[STATION]
    since = station.stream.last_id
    view = station.board.view(_case(request, station))
    card = await station.board.render(partial(station.board.cards, [view], visit(request).language))
    return await station.page(request, "case.html", since, c=view, card=card)


async def answer(request: web.Request) -> web.StreamResponse:
    """Somebody takes it; the first one wins, and whoever is second learns who was."""
    station, who = request.app[STATION], visit(request)
    case = _case(request, station)
    case = await station.sources.cases.answer(case.id, who.name, None, VIA)
    is_mine = case.answered_by == who.name
    _note(station, who.name, "answer", case, "done" if is_mine else "too-late")
    key = "you_answered" if is_mine else "other_answered"
    said = who.say(key, name=case.answered_by or "")
    return done(request, f"/cases/{case.id}", said=said, mine=is_mine, by=case.answered_by)


async def helper_there(request: web.Request) -> web.StreamResponse:
    """Somebody is with the wearer."""
    station, who = request.app[STATION], visit(request)
    case = _case(request, station)
    case = await station.sources.cases.note(case.id, HELPER_THERE, who.name, "")
    _note(station, who.name, HELPER_THERE, case, "done")
    return done(request, f"/cases/{case.id}", said=who.say("noted_there"))


async def silence(request: web.Request) -> web.StreamResponse:
    """The siren is switched off for this alarm, which stays open."""
    station, who = request.app[STATION], visit(request)
    case = _case(request, station)
    if case.is_sounding:
        case = await station.sources.cases.note(case.id, SIREN_OFF, who.name, "")
    _note(station, who.name, "silence", case, "done")
    return done(request, f"/cases/{case.id}", said=who.say("noted_silence"))


async def outcome(request: web.Request) -> web.StreamResponse:
    """What it turned out to be; the case is closed."""
    station, who = request.app[STATION], visit(request)
    case, said = _case(request, station), str((await request.post()).get("outcome", ""))
    if said not in OUTCOMES:
        raise web.HTTPBadRequest
    case = await station.sources.cases.close(case.id, said, who.name)
    _note(station, who.name, "outcome", case, said)
    return done(request, f"/cases/{case.id}", said=who.say("noted_outcome", outcome=who.say(outcome_key(case, said))))


def _case(request: web.Request, station: Station) -> Case:
    case = station.sources.cases.get(request.match_info["case"])
    if case is None:
        raise web.HTTPNotFound
    return case


def _note(station: Station, who: str, what: str, case: Case, outcome: str) -> None:
    station.note(who, what, {"about": case.id, "outcome": outcome})


_ONE = "/cases/{case:[0-9a-f]{12}-[0-9]{1,8}-[0-9]{1,8}}"
ROUTES = (
    Route("GET", "/cases", recent),
    Route("GET", _ONE, show),
    Route("POST", _ONE + "/answer", answer),
    Route("POST", _ONE + "/there", helper_there),
    Route("POST", _ONE + "/silence", silence),
    Route("POST", _ONE + "/outcome", outcome),
)
