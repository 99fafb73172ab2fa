"""Without this file nobody could come in: signing in and out, the switch of languages, the pages of faults."""

import hmac
import math
import secrets
from http import HTTPStatus

from aiohttp import web

from gateway.configuration.station import LANGUAGES
from gateway.station import doors, language, passwords
from gateway.station.routes import ANYBODY, Route, visit, wants_page
from gateway.station.sessions import LONGEST_S
from gateway.station.station import STATION, Station
from gateway.station.users import MOST_NAME, plain

FORM_COOKIE = "tiexin-form"
_YEAR_S = 365 * 86_400


async def show(request: web.Request) -> web.StreamResponse:
    """The form, or on to the board for who is in already."""
    if visit(request).is_signed_in:
        return web.Response(status=303, headers={"Location": _next(request)})
    return _form(request, HTTPStatus.OK)


async def take(request: web.Request) -> web.StreamResponse:
    """A name and a password."""
    station, said = request.app[STATION], await request.post()
    name, password = plain(str(said.get("name", "")))[:MOST_NAME], str(said.get("password", ""))
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), str(said.get(doors.TOKEN_FIELD, "")).encode()):
        return _form(request, HTTPStatus.FORBIDDEN, "sign_in_old", name)
    address = visit(request).address
    wait_s = math.ceil(station.sign_ins.attempts.wait_s(name, address))
    if wait_s or station.sign_ins.is_full:
        return _form(request, HTTPStatus.TOO_MANY_REQUESTS, "sign_in_wait" if wait_s else "sign_in_busy", name, wait_s)
    # Counted before it is tried: a hundred tries at once are a hundred tries.
    station.sign_ins.attempts.wrong(name, address)
    user = station.users.get(name)
    is_right = len(password) <= passwords.MOST_CHARACTERS and await station.sign_ins.is_right(
        password, user.password if user else None
    )
    if user is None or not is_right:
        station.note(name, "sign-in", {"outcome": "refused", "address": address})
        return _form(request, HTTPStatus.FORBIDDEN, "sign_in_wrong", name)
    station.sign_ins.attempts.right(name, address)
    answer = web.Response(status=303, headers={"Location": _next(request)})
    doors.set_cookie(answer, station.config, doors.SESSION_COOKIE, await station.sessions.begin(user), LONGEST_S)
    answer.del_cookie(FORM_COOKIE, path="/")
    station.note(user.name, "sign-in", {"address": address})
    return answer


async def leave(request: web.Request) -> web.StreamResponse:
    """Sign out."""
    who = visit(request)
    if who.session:
        await request.app[STATION].sessions.end(who.session)
        request.app[STATION].note(who.name, "sign-out", {})
    answer = web.Response(status=303, headers={"Location": "/sign-in"})
    answer.del_cookie(doors.SESSION_COOKIE, path="/")
    return answer


async def switch_language(request: web.Request) -> web.StreamResponse:
    """Another language, from now on in this browser."""
    chosen = request.match_info["language"]
    if chosen not in LANGUAGES:
        raise web.HTTPNotFound
    answer = web.Response(status=303, headers={"Location": _next(request)})
    doors.set_cookie(answer, request.app[STATION].config, language.COOKIE, chosen, _YEAR_S)
    return answer


async def static(request: web.Request) -> web.StreamResponse:
    """Style and script."""
    return await request.app[STATION].pages.static(request)


def show_fault(station: Station, request: web.Request, status: int) -> web.StreamResponse:
    """One sentence about what went wrong."""
    who = visit(request)
    key = f"fault_{status}" if status in {400, 401, 403, 404, 405, 409, 413, 429, 503, 507} else "fault_500"
    if wants_page(request):
        return station.pages.page("fault.html", who, status, text=who.say(key))
    return web.json_response({"fault": who.say(key)}, status=status)


def _form(request: web.Request, status: int, fault: str = "", name: str = "", wait_s: int = 0) -> web.StreamResponse:
    station, who = request.app[STATION], visit(request)
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    answer = station.pages.page(
        "sign_in.html",
        who,
        status,
        token=token,
        name=name,
        next=_next(request),
        config=station.gateway_config_name,
        fault=who.say(fault, seconds=wait_s) if fault else "",
        is_old=fault == "sign_in_old",
        nobody=not len(station.users),
    )
    doors.set_cookie(answer, station.config, FORM_COOKIE, token, None)
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _next(request: web.Request) -> str:
    """Where to go on: a page of ours, never another site's."""
    to = request.query.get("next", "/")
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and len(to) < 200
    return to if is_ours and "\\" not in to else "/"


ROUTES = (
    Route("GET", "/sign-in", show, ANYBODY),
    Route("POST", "/sign-in", take, ANYBODY),
    Route("POST", "/sign-out", leave),
    Route("GET", "/language/{language}", switch_language, ANYBODY),
    Route("GET", "/static/{name}", static, ANYBODY),
)
