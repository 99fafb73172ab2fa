"""Without this file monitors would have to sign in like people: /healthz for everybody, /metrics for those who may.

/healthz says whether the gateway is fit, and nothing else, to whoever asks. /metrics is for the machine itself, or for
who brings the token of [station] metrics_token_file; behind a proxy everybody looks like the machine itself, so there
only the token counts.
"""

import asyncio
import hmac
import ipaddress
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.station import health_check, metrics
from gateway.station.routes import ANYBODY, Route
from gateway.station.station import STATION, Station
from gateway.vitals import Vital

_KEPT_S = 1.0  # one look serves all who ask within a second: asking often costs nothing
_FORWARDED = ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")


async def healthz(request: web.Request) -> web.StreamResponse:
    """200 or 503, and why."""
    vital = await look(request.app[STATION])
    why = health_check.reasons(vital)
    status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
    return web.json_response({"status": "failing" if why else "ok", "reasons": why}, status=status)


async def exposition(request: web.Request) -> web.StreamResponse:
    """Everything, in Prometheus' text format."""
    station = request.app[STATION]
    if not _may_see(request, station):
        raise web.HTTPForbidden
    vital = await look(station)
    body = await asyncio.to_thread(metrics.text, vital)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def look(station: Station) -> Vital:
    """How the gateway is, at most a second old; 503 where nobody can tell, for that is not well."""
    if station.sources.vitals is None:
        raise web.HTTPServiceUnavailable
    return await station.sources.vitals.recent(_KEPT_S)


def _may_see(request: web.Request, station: Station) -> bool:
    token = station.config.metrics_token
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(said.strip().encode(), token.encode()):
        return True
    is_forwarded = station.config.behind_proxy or any(name in request.headers for name in _FORWARDED)
    return not is_forwarded and _is_loopback(request.remote) and _host(request) in _OWN_NAMES


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _host(request: web.Request) -> str:
    """The name that was asked for: a page of elsewhere whose name points here asks for its own."""
    host = request.host
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


ROUTES = (
    Route("GET", "/healthz", healthz, role=ANYBODY),
    Route("GET", "/metrics", exposition, role=ANYBODY),
)
