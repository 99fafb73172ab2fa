"""Without this file an installer would need a shell to see how the gateway is, and to ask somebody for help."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from aiohttp import web

from gateway import support, walk
from gateway.record import LANE_NAMES
from gateway.station import health_check, monitor_pages
from gateway.station.routes import Route, Visit, visit
from gateway.station.station import STATION, Station
from gateway.station.users import INSTALLER
from gateway.vitals import Sign, Vital

_MB = 1_000_000
_STEPS = ((86_400, "ins_days"), (3_600, "ins_hours"), (60, "ins_minutes"), (1, "ins_seconds"))


class Heard(NamedTuple):
    """One line of the radio table."""

    id: str
    name: str
    room: str
    ago: str
    up_dbm: int | None
    down_dbm: int | None
    verdict: str  # "" where nothing was heard


async def health(request: web.Request) -> web.StreamResponse:
    """How the gateway is, in words."""
    station, who = request.app[STATION], visit(request)
    vital = await monitor_pages.look(station)
    return await station.page(
        request,
        "installer.html",
        vital=vital,
        reasons=health_check.reasons(vital),
        ago=partial(lasting, who),
        lanes=_lanes(vital, who),
        heard=_heard(station, who, vital),
        refused={name: count for name, count in vital.counts.get("refused", {}).items() if count},
        now=station.times.now(),
        mb=_MB,
    )


async def bundle(request: web.Request) -> web.StreamResponse:
    """The zip file for whoever helps."""
    station, who = request.app[STATION], visit(request)
    vital = await monitor_pages.look(station)
    work = partial(
        support.bundle,
        config_path=station.sources.config_path,
        vital=vital.as_json(),
        counts=vital.counts,
        names=_names(station),
    )
    body = await asyncio.to_thread(work)
    station.note(who.name, "support-bundle", {"bytes": len(body)})
    name = f"tiexin-{station.sources.gateway}-{datetime.now().strftime('%Y%m%d-%H%M')}.zip"  # noqa: DTZ005 - the box's own
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type="application/zip", headers=head)


def lasting(who: Visit, seconds: float | None) -> str:
    """A time in one word: 5 s, 3 min, 2 h, 4 days."""
    if seconds is None:
        return "–"  # noqa: RUF001 - a dash
    whole = max(0, int(seconds))
    for size, key in _STEPS:
        if whole >= size:
            return who.say(key, n=whole // size)
    return who.say("ins_seconds", n=0)


def _lanes(vital: Vital, who: Visit) -> list[tuple[str, int, str]]:
    waiting: dict[str, Any] = vital.health.get("store", {}).get("waiting", {})
    return [(lane, waiting.get(lane, 0), lasting(who, vital.oldest_s.get(lane))) for lane in LANE_NAMES]


def _heard(station: Station, who: Visit, vital: Vital) -> list[Heard]:
    """Every pendant of the list, the weakest first, those that were never heard on top."""
    signs = {sign.pendant: sign for sign in vital.signs}
    found = [
        _line(who, pendant.id.hex(), pendant.name, pendant.room or "", signs.get(pendant.id.hex()))
        for pendant in station.sources.registry
        if not pendant.is_revoked
    ]
    return sorted(found, key=lambda line: (line.up_dbm is not None, line.up_dbm or 0, line.id))


def _line(who: Visit, identity: str, name: str, room: str, sign: Sign | None) -> Heard:
    if sign is None or sign.rssi_dbm is None:
        return Heard(identity, name, room, "", None, None, "")
    verdict = walk.verdict(sign.rssi_dbm, sign.downlink_rssi_dbm)
    ago = lasting(who, sign.heard_ago_s)
    return Heard(identity, name, room, ago, sign.rssi_dbm, sign.downlink_rssi_dbm, verdict)


def _names(station: Station) -> list[str]:
    """Of everybody and every place that the gateway knows: what must not leave it."""
    found = [user.name for user in station.users]
    for pendant in station.sources.registry:
        if pendant.name != pendant.id.hex():
            found.append(pendant.name)
        found += [text for text in (pendant.room, pendant.address, pendant.phone) if text]
    return found


ROUTES = (
    Route("GET", "/installer", health, role=INSTALLER),
    Route("POST", "/installer/bundle", bundle, role=INSTALLER),
)
