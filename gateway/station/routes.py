"""Without this file each page would guard itself, and one would forget to: what a page of the station is.

A module of pages has a tuple `ROUTES`; app.py lists the modules. Whoever adds a page says who may see it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from aiohttp import web

from gateway.station import words
from gateway.station.sessions import Session
from gateway.station.users import CARER, INSTALLER

ANYBODY = "anybody"  # without signing in: the door itself, its style sheet, /healthz
VISIT: web.RequestKey["Visit"] = web.RequestKey("visit")


@dataclass
class Visit:
    """Who asks for a page, and how to speak with them."""

    language: str
    here: str = "/"
    name: str = ""  # of who is signed in
    role: str = ""
    token: str = ""  # what their forms carry
    address: str = ""
    session: Session | None = field(default=None, repr=False)

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is."""
        return bool(self.name)

    def may(self, role: str) -> bool:
        """Whether they may see what that role sees: an installer sees what a carer sees, not the other way round."""
        return role in {ANYBODY, self.role} or (self.role == INSTALLER and role == CARER)

    @property
    def say(self) -> Callable[..., str]:
        """Words in their language."""
        return partial(words.say, language=self.language)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Route(NamedTuple):
    """One page or one action."""

    method: str
    path: str
    handler: Handler
    role: str = CARER
    most_bytes: int = 16_384  # of what may be sent to it

    @property
    def is_action(self) -> bool:
        """Whether it changes something: then it wants the token of a form."""
        return self.method not in {"GET", "HEAD"}


def visit(request: web.Request) -> Visit:
    """Who asks."""
    return request[VISIT]


def wants_page(request: web.Request) -> bool:
    """Whether a browser shows the answer itself (a link, a form); scripts ask for something else."""
    return "text/html" in request.headers.get("Accept", "")


def done(request: web.Request, to: str, **facts: Any) -> web.StreamResponse:
    """After an action: a form goes on to a page, a script gets the facts."""
    if wants_page(request):
        return web.Response(status=303, headers={"Location": to})
    return web.json_response({"to": to, **facts})
