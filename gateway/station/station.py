"""Without this file the pages would not know what they show: everything a page can reach, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.audit import Audit
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.configuration.station import StationConfig
from gateway.motion_shelf import MotionShelf
from gateway.registry import Registry
from gateway.station.book import Book
from gateway.station.pages import Pages
from gateway.station.routes import Visit
from gateway.station.sessions import Sessions
from gateway.station.sign_ins import SignIns
from gateway.station.stream import Stream
from gateway.station.times import Times
from gateway.station.users import Users
from gateway.trace import Trace
from gateway.vitals import Vitals

STATION: web.AppKey["Station"] = web.AppKey("station")


@dataclass(frozen=True)
class Sources:
    """What the gateway lends to its page."""

    config_path: Path
    site: str
    gateway: str
    data_dir: Path
    clock: Clock
    registry: Registry
    cases: Cases
    audit: Audit
    health: Callable[[], dict[str, Any]]  # as in the retained status
    metrics: Callable[[], dict[str, Any]]  # counts since the start
    motion: MotionShelf | None = None  # the motion round falls
    vitals: Vitals | None = None  # how the gateway is


class Station:
    """The parts of the page, put together."""

    def __init__(self, config: StationConfig, sources: Sources, book: Book, trace: Trace) -> None:
        self.config = config
        self.sources = sources
        self.book = book
        self.trace = trace
        self.times = Times(config.zone)
        self.pages = Pages(self.times)
        self.users = Users(config.users_file)
        self.sessions = Sessions(book, self.users)
        self.sign_ins = SignIns()
        self.stream = Stream()

    @property
    def gateway_config_name(self) -> str:
        """What an installer types behind --config."""
        return str(self.sources.config_path)

    async def still_may(self, who: Visit) -> bool:
        """Whether somebody who has been here for long is still signed in; their session is in use."""
        if who.session is None or not self.sessions.is_in_force(who.session):
            return False
        await self.sessions.use(who.session)
        return True

    def note(self, who: str, what: str, facts: dict[str, Any]) -> None:
        """Record who did what, in the gateway's trail."""
        about, outcome = str(facts.pop("about", "")), str(facts.pop("outcome", "done"))
        self.sources.audit.note(f"station:{who}", what, about, outcome, facts)
