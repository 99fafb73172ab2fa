"""Without this file the page would be open to the whole network: who may pass, and what every answer's head says."""

import asyncio
import hmac
import sqlite3
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from gateway.configuration.station import StationConfig
from gateway.errors import CommandRefused
from gateway.station import language
from gateway.station.routes import ANYBODY, VISIT, Handler, Route, Visit, wants_page
from gateway.station.sessions import Sessions
from gateway.station.users import Users
from gateway.trace import Trace

SESSION_COOKIE = "tiexin-session"
TOKEN_FIELD = "token"  # noqa: S105 - the name of a field
TOKEN_HEADER = "X-Tiexin-Token"  # noqa: S105 - the name of a header
_YEAR_S = 365 * 86_400
_CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Server": "tiexin",
    "Content-Security-Policy": _CONTENT,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
Answer = web.StreamResponse
ShowFault = Callable[[web.Request, int], Answer]


class Door:
    """Stands before every page."""

    def __init__(
        self, config: StationConfig, users: Users, sessions: Sessions, show_fault: ShowFault, trace: Trace
    ) -> None:
        self._config = config
        self._users = users
        self._sessions = sessions
        self._show_fault = show_fault
        self._trace = trace
        self._under_way: set[asyncio.Future[Answer]] = set()

    def guarded(self, route: Route) -> Handler:
        """The route's handler, reached only by those who may."""

        async def handle(request: web.Request) -> Answer:
            who = request[VISIT]
            if not who.may(route.role):
                return self._turn_away(request)
            if (request.content_length or 0) > route.most_bytes:
                return self._show_fault(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            if route.is_action and route.role != ANYBODY and not await _has_token(request):
                return self._show_fault(request, HTTPStatus.FORBIDDEN)
            if who.session:
                await self._sessions.use(who.session)
            return await (self._to_the_end(route, request) if route.is_action else route.handler(request))

        return handle

    async def _to_the_end(self, route: Route, request: web.Request) -> Answer:
        """An action that was begun is finished, also if the tablet loses its Wi-Fi: half an answer is none."""
        task = asyncio.ensure_future(route.handler(request))
        self._under_way.add(task)  # or nobody would hold it, once who asked is gone
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Answer:
        """Round every request, also to what does not exist."""
        request[VISIT] = self._visit(request)
        try:
            answer: Answer = await handler(request)
        except web.HTTPException as fault:
            answer = self._show_fault(request, fault.status)
        except CommandRefused:
            answer = self._show_fault(request, HTTPStatus.CONFLICT)
        except sqlite3.Error:
            answer = self._show_fault(request, HTTPStatus.INSUFFICIENT_STORAGE)
        except Exception as fault:  # one page that fails: the others, and the gateway, do not care
            self._tell(request, fault)
            answer = self._show_fault(request, HTTPStatus.INTERNAL_SERVER_ERROR)
        if not answer.prepared:
            self._put_headers(answer)
        return answer

    async def prepare(self, request: web.Request, answer: Answer) -> None:
        """Just before an answer goes out: no answer without its headers, streams included."""
        self._put_headers(answer)

    def _tell(self, request: web.Request, fault: Exception) -> None:
        """Which page, and where in it; no address and no text, for names may be in them."""
        last = traceback.extract_tb(fault.__traceback__)[-1:]
        where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in last]
        route = request.match_info.route.resource
        page = route.canonical if route else "?"
        self._trace.step("station-fault", page=page, fault=type(fault).__name__, where="".join(where))

    def _visit(self, request: web.Request) -> Visit:
        cookie = request.cookies.get(SESSION_COOKIE, "")
        session = self._sessions.find(cookie)
        user = self._users.get(session.user) if session else None
        who = Visit(language.choose(request, self._config.language), request.path, address=self._address(request))
        if session and user:
            who.name, who.role, who.session = user.name, user.role, session
            who.token = session.form_token(cookie)
        return who

    def _address(self, request: web.Request) -> str:
        if self._config.behind_proxy:  # the last entry is the proxy's own word; those before it anybody may write
            return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:64] or "proxy"
        return request.remote or ""

    def _turn_away(self, request: web.Request) -> Answer:
        if request[VISIT].is_signed_in:
            return self._show_fault(request, HTTPStatus.FORBIDDEN)
        if request.method == "GET" and wants_page(request):
            to = "/sign-in" if request.path == "/" else f"/sign-in?next={quote(request.path)}"
            return web.Response(status=303, headers={"Location": to})
        return self._show_fault(request, HTTPStatus.UNAUTHORIZED)

    def _put_headers(self, answer: Answer) -> None:
        for name, value in HEADERS.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        if self._config.is_secure:
            answer.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")


def set_cookie(answer: Answer, config: StationConfig, name: str, value: str, longest_s: int | None) -> None:
    """A cookie that no script reads and no other site sends."""
    answer.set_cookie(
        name, value, max_age=longest_s, path="/", httponly=True, samesite="Strict", secure=config.is_secure
    )


async def _has_token(request: web.Request) -> bool:
    """Whether the token of the session came with it: in a header from our script, in a field from a form."""
    said = request.headers.get(TOKEN_HEADER)
    if said is None:
        said = str((await request.post()).get(TOKEN_FIELD, ""))
    return bool(request[VISIT].token) and hmac.compare_digest(said.encode(), request[VISIT].token.encode())
