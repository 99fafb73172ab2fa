"""Without this file there would be pages and nobody who serves them: the station page, as one task of the gateway.

Nothing here may hold an alarm up: what takes long runs in threads, every queue is bounded, and if the page cannot be
served (its port is taken, its certificate is gone) the gateway says so, goes on, and tries again.
"""

import asyncio
import ssl
from functools import partial

from aiohttp import web

from gateway.configuration.station import StationConfig
from gateway.errors import SetUpError
from gateway.station import door_pages
from gateway.station.book import NAME, Book
from gateway.station.doors import Door
from gateway.station.parts import PARTS, SCHEMAS
from gateway.station.station import STATION, Sources, Station
from gateway.trace import Trace

AGAIN_S = 5.0
TIDY_S = 60.0
_MOST_BODY = 1024 * 1024  # no route takes more; each has a smaller limit of its own


async def serve(config: StationConfig, sources: Sources, trace: Trace) -> None:
    """Serve the page for ever; back only if it cannot even be put together, which is said: it is begun anew."""
    book = Book(sources.data_dir / NAME, SCHEMAS, trace)
    try:
        await book.open()
        station = Station(config, sources, book, trace)
        try:
            await station.begin()
            await _serve_for_ever(station)
        finally:
            await station.end()
    except Exception as fault:  # whatever it is, the gateway must not end for it
        text = f"the station page cannot be put together: {type(fault).__name__}: {fault}; it is tried again"
        trace.trouble("station", text)
    finally:
        await book.close()


def make_app(station: Station) -> web.Application:
    """All pages behind one door."""
    door = Door(station.config, station.users, station.sessions, partial(door_pages.show_fault, station), station.trace)
    app = web.Application(middlewares=[door.middleware], client_max_size=_MOST_BODY)
    app[STATION] = station
    app.on_response_prepare.append(door.prepare)
    for part in PARTS:
        for route in part:
            app.router.add_route(route.method, route.path, door.guarded(route))
    return app


async def _serve_for_ever(station: Station) -> None:
    while True:
        station.stream.open()
        runner = web.AppRunner(make_app(station), access_log=None, handler_cancellation=True)
        try:
            await runner.setup()
            config = station.config
            # A station is closed with its streams: they end by themselves, nothing else takes long.
            site = web.TCPSite(runner, config.host, config.port, ssl_context=_tls(config))
            await site.start()
            station.trace.well("station", "the station page is served again")
            station.trace.step("station", address=config.address)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(station.board.run())
                tasks.create_task(_tidy_for_ever(station))
        except Exception as fault:  # whatever it is, the gateway must not end for it
            station.trace.trouble("station", f"the station page cannot be served: {fault}")
        finally:
            station.stream.close()
            await runner.cleanup()
        await asyncio.sleep(AGAIN_S)


async def _tidy_for_ever(station: Station) -> None:
    while True:
        await station.sessions.tidy()
        await asyncio.sleep(TIDY_S)


def _tls(config: StationConfig) -> ssl.SSLContext | None:
    if config.cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(config.cert_file, config.key_file)
    except (OSError, ssl.SSLError) as fault:
        raise SetUpError(f"{config.cert_file}: cannot be used as the page's certificate ({fault}).") from None
    return context
