"""A station page for tests: served on a free port of 127.0.0.1, with a carer and an installer who may sign in."""

import asyncio
import re
from contextlib import asynccontextmanager
from functools import cache
from zoneinfo import ZoneInfo

import aiohttp

from gateway.audit import Audit
from gateway.clock import Clock
from gateway.configuration.station import StationConfig
from gateway.pendant_state import UNKNOWN, PendantState
from gateway.registry import Registry
from gateway.station import passwords, users
from gateway.station.app import make_app
from gateway.station.book import Book
from gateway.station.parts import SCHEMAS
from gateway.station.station import Sources, Station
from gateway.trace import Trace, silent_sink

PASSWORD = "correct horse"
CARER, INSTALLER = "Chen Li", "Wang Gong"
HTML = {"Accept": "text/html"}


@cache
def hash_of_password():
    """One hash for all users of all tests: it takes a tenth of a second."""
    return passwords.make_hash(PASSWORD)


def config(directory, **changes):
    """A [station] as the file would give it."""
    values = {
        "host": "127.0.0.1", "port": 0, "cert_file": None, "key_file": None, "behind_proxy": False,
        "zone": ZoneInfo("Asia/Shanghai"), "language": "en", "users_file": directory / "users.jsonl",
    }  # fmt: skip
    return StationConfig(**{**values, **changes})


def add_users(directory, **more):
    """A carer and an installer, and who else is named (name=role)."""
    listed = [users.User(name, role, hash_of_password(), 1) for name, role in
              {CARER: "carer", INSTALLER: "installer", **more}.items()]  # fmt: skip
    path = directory / "users.jsonl"
    path.touch(0o600)
    users._change(path, lambda _: listed)


class NoCases:
    """A house in which nothing has happened."""

    def open(self):
        """Nobody needs help."""
        return []

    def get(self, case_id):
        """There is none."""
        return

    def recent(self, pendant, limit):
        """Nor was there."""
        return []

    def calls(self, services, limit):
        """Nor a request."""
        return []

    def watch(self, callback):
        """It stays so."""
        return lambda: None


class NobodyHeard:
    """Presence in a house in which nobody was ever heard."""

    def watch(self, callback):
        """It stays so."""
        return lambda: None

    def state(self, pendant):
        """Nothing is known of it."""
        return PendantState(pendant, UNKNOWN, *[None] * 13, 300, None)

    def summary(self):
        """The bridge is well."""
        return {"bridge": "here", "radio": "well"}


def sources(directory, **changes):
    """What a gateway would lend."""
    path = directory / "pendants.jsonl"
    path.touch(0o600)
    registry = Registry(path)
    registry.refresh()
    clock = Clock(is_trusted=lambda: True)
    values = {
        "config_path": directory / "gateway.toml", "site": "home", "gateway": "gw", "data_dir": directory,
        "clock": clock, "registry": registry, "cases": NoCases(),
        "presence": NobodyHeard(), "audit": Audit(directory, clock),
        "pendants_file": path, "store_file": directory / "store.db", "watch_records": lambda callback: lambda: None,
    }  # fmt: skip
    return Sources(**{**values, **changes})


@asynccontextmanager
async def opened(directory, settings=None, lent=None, sink=silent_sink):
    """The station, and a browser's stand-in that keeps cookies."""
    book = Book(directory / "station.db", SCHEMAS, Trace(silent_sink))
    await book.open()
    station = Station(settings or config(directory), lent or sources(directory), book, Trace(sink))
    await station.begin()
    runner = aiohttp.web.AppRunner(make_app(station), access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with browser(base) as client:
            yield station, client
    finally:
        station.stream.close()
        await runner.cleanup()
        await station.end()
        await book.close()


def browser(base):
    """Another browser: cookies of its own, also for a bare address."""
    jar = aiohttp.CookieJar(unsafe=True)
    return aiohttp.ClientSession(base, cookie_jar=jar, headers=HTML, timeout=aiohttp.ClientTimeout(20))


def token_in(text):
    """The token of the first form of a page."""
    return re.search(r'name="token" value="([^"]+)"', text)[1]


async def sign_in(client, name=CARER, password=PASSWORD, to="/"):
    """Fill the form in and send it; the status of the answer."""
    async with client.get("/sign-in") as answer:
        token = token_in(await answer.text())
    fields = {"name": name, "password": password, "token": token}
    async with client.post("/sign-in", params={"next": to}, data=fields, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location")


def run(scene, directory, **rest):
    """Play an async scene(station, client) against an open station."""

    async def play():
        async with opened(directory, **rest) as (station, client):
            return await asyncio.wait_for(scene(station, client), 60)

    return asyncio.run(play())
