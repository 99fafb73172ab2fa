"""Without this file an installer would leave a home and hope: the test to the platform and back, step by step."""

from aiohttp import web

from gateway import probe
from gateway.probe import Timed
from gateway.station.routes import Route, visit
from gateway.station.station import STATION
from gateway.station.users import INSTALLER


async def show(request: web.Request) -> web.StreamResponse:
    """What it is."""
    return await _page(request, [])


async def run(request: web.Request) -> web.StreamResponse:
    """Do it; takes as long as it takes, half a minute at most."""
    station, who = request.app[STATION], visit(request)
    test = station.sources.probe
    if test is None:
        raise web.HTTPServiceUnavailable
    if test.is_running:
        return await _page(request, [], is_busy=True)
    steps = await test.run()
    outcome = "done" if probe.made(steps) else "failed"
    station.note(who.name, "test-to-platform", {"outcome": outcome, **{step.name: step.ms for step in steps}})
    return await _page(request, steps)


async def _page(request: web.Request, steps: list[Timed], *, is_busy: bool = False) -> web.StreamResponse:
    missing = next((step.name for step in steps if step.ms is None), "")
    return await request.app[STATION].page(
        request, "installer_test.html", steps=steps, missing=missing, is_busy=is_busy
    )


ROUTES = (
    Route("GET", "/installer/test", show, role=INSTALLER),
    Route("POST", "/installer/test", run, role=INSTALLER),
)
