"""Without this file the pages would not know what they show: everything a page can reach, in one place."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.audit import Audit
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.configuration.station import StationConfig
from gateway.motion_shelf import MotionShelf
from gateway.presence import Presence
from gateway.probe import Probe
from gateway.record import Record
from gateway.registry import Registry
from gateway.station import words
from gateway.station.board import Board
from gateway.station.book import Book
from gateway.station.pages import Pages
from gateway.station.routes import Visit, visit
from gateway.station.sessions import Sessions
from gateway.station.sign_ins import SignIns
from gateway.station.stream import Stream
from gateway.station.times import Times
from gateway.station.users import Users
from gateway.station.wearers import Wearers
from gateway.trace import Trace
from gateway.vitals import Vitals
from gateway.walk import Walk

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
    presence: Presence
    audit: Audit
    pendants_file: Path
    store_file: Path
    # Calls back for everything that is stored, after its COMMIT; the function returned ends it.
    watch_records: Callable[[Callable[[Record], None]], Callable[[], None]]
    motion: MotionShelf | None = None  # the motion round falls
    vitals: Vitals | None = None  # how the gateway is
    probe: Probe | None = None  # the test to the platform


class Station:
    """The parts of the page, put together."""

    def __init__(self, config: StationConfig, sources: Sources, book: Book, trace: Trace) -> None:
        self.config = config
        self.sources = sources
        self.book = book
        self.trace = trace
        self.times = Times(config.zone)
        self.pages = Pages(self.times)
        self.users = Users(config.users_file, trace)
        self.sessions = Sessions(book, self.users)
        self.sign_ins = SignIns()
        self.wearers = Wearers(sources.clock, book)
        self._ends: list[Callable[[], None]] = []
        self.stream = Stream(beat=self._beat, mark=self.pages.mark)
        self.board = Board(
            cases=sources.cases,
            presence=sources.presence,
            wearers=self.wearers,
            registry=sources.registry,
            clock=sources.clock,
            pages=self.pages,
            stream=self.stream,
        )
        self.walk = Walk(sources.vitals.hearings) if sources.vitals else None
        self.board.stands_in = config.room
        if sources.motion:
            self.board.has_motion = sources.motion.has

    async def begin(self) -> None:
        """Take up what was before the restart, and listen to the gateway from now on."""
        await self.sessions.load()
        await self.wearers.load()
        self.wearers.on_changed = self.board.wearer_changed
        self.board.begin()
        self._ends = [
            self.sources.cases.watch(self.board.case_changed),
            self.sources.presence.watch(self.board.wearer_changed),
            self.sources.watch_records(self._stored),
        ]

    async def end(self) -> None:
        """Listen no more; write what has gathered."""
        for end in self._ends:
            end()
        self.sign_ins.close()
        self.board.close()
        await self.wearers.flush()

    def _stored(self, record: Record) -> None:
        try:
            self.wearers.take(record)
        except Exception as fault:  # a page that fails must not take the custody with it
            self.trace.trouble("station-wearers", f"{type(fault).__name__}: {fault}")

    async def page(self, request: web.Request, template: str, since: str = "", **facts: Any) -> web.Response:
        """A page for somebody who is signed in: with what stands in its head, and what its clocks count from.

        since: the stream's last_id when the facts were gathered; what was told since then the page is told again.
        """
        who = visit(request)
        known = {"counts": self.board.counts(), "now": self.board.now(), "last_id": since or self.stream.last_id}
        spoken = words.spoken(who.language)
        work = partial(self.pages.page, template, who, live=known, mark=self.pages.mark, spoken=spoken, **facts)
        return await self.board.render(work)

    def _beat(self) -> str:
        return json.dumps(self.board.now())

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
