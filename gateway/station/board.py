"""Without this file an open page would show what was: the board's picture, and what is told when it changes.

What changes is only noted in the event loop; a task gathers it and a thread renders it. However much changes at once,
there is one rendering of each thing, and beyond a number the pages are told to look again by themselves.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any, TypeVar

from gateway.case import Case
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.configuration.station import LANGUAGES
from gateway.presence import Presence
from gateway.registry import Registry
from gateway.station import case_views, wearer_views
from gateway.station.case_views import CaseView
from gateway.station.open_cases import OpenCases
from gateway.station.pages import Pages
from gateway.station.stream import REFRESH, Stream
from gateway.station.wearer_views import WearerView
from gateway.station.wearers import Wearers

CASES_AFTER_S = 0.02  # what comes together is told together
WEARERS_AFTER_S = 1.0
FLUSH_S = 30.0
TIDY_S = 3_600.0
MOST_CASES = 40  # told one by one; more are a refresh
MOST_WEARERS = 100
MOST_DIRTY = 2_000
_CARDS_KEPT = 256
_ROWS_KEPT = 2_048
_AT_ONCE = 25
MOST_CARDS = 100  # on one page; who sees so many will not read the hundred-and-first
T = TypeVar("T")


class Board:
    """The open alarms and the wearers."""

    def __init__(
        self, *, cases: Cases, presence: Presence, wearers: Wearers, registry: Registry, clock: Clock, pages: Pages,
        stream: Stream,
    ) -> None:  # fmt: skip
        self._cases = cases
        self._presence = presence
        self._wearers = wearers
        self._registry = registry
        self._clock = clock
        self._pages = pages
        self._stream = stream
        self._open = OpenCases(cases)
        self._is_deaf = False
        self._dirty_cases: set[str] = set()
        self._dirty_wearers: set[bytes] = set()
        self._has_changed = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "station-render")
        self._card = lru_cache(_CARDS_KEPT)(self._render_card)
        self._row = lru_cache(_ROWS_KEPT)(self._render_row)
        self.stands_in = ""  # the room of this gateway
        self.has_motion: Callable[[str], bool] = lambda case_id: False  # whether /cases/<id>/motion.svg is there

    # ---- what is there

    def view(self, case: Case) -> CaseView:
        """A case with the person behind it."""
        return case_views.view(case, self._registry, self._wearers.delay_ms, self.has_motion)

    def alarms(self) -> list[CaseView]:
        """The open alarms, unanswered first, then by age."""
        return sorted(map(self.view, self._open.alarms()), key=lambda one: one.order)

    def services(self) -> list[CaseView]:
        """The open requests, the oldest first."""
        return sorted(map(self.view, self._open.services()), key=lambda one: one.raised_stamp_ms)

    async def wearers(self) -> list[WearerView]:
        """Everybody, in order of need."""
        alarmed, found = self._open.pendants(), []
        for number, pendant in enumerate(list(self._registry)):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # five hundred wearers in one go would hold an alarm up
            found.append(self._wearer(pendant.id, alarmed))
        return sorted((one for one in found if one), key=lambda one: one.order)

    def wearer(self, pendant: bytes) -> WearerView | None:
        """One row."""
        return self._wearer(pendant, self._open.pendants())

    def counts(self) -> dict[str, int]:
        """What stands in the head of every page."""
        return {**self._open.counts(), "deaf": int(self._is_deaf)}

    def begin(self) -> None:
        """Look at everything once."""
        self._open.refresh()
        self._listen()

    def _listen(self) -> bool:
        """See whether this gateway hears anybody: if not, nobody is well, as far as we know. True if that changed."""
        how, was_deaf = self._presence.summary(), self._is_deaf
        self._is_deaf = (how["bridge"], how["radio"]) != ("here", "well")
        return self._is_deaf != was_deaf

    def now(self) -> dict[str, int]:
        """What the clocks of a page count from."""
        return {"stamp": self._clock.stamp_ms(), "unix": self._clock.unix_s()}

    # ---- HTML, in a thread of its own

    async def render(self, work: Callable[[], T]) -> T:
        """Run what makes HTML off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def cards(self, views: list[CaseView], tongue: str) -> str:
        """The cards of these cases."""
        cards = "".join(self._card(view, tongue, self._pages.today()) for view in views[:MOST_CARDS])
        return cards + (self._pages.text("more_cards.html", tongue) if len(views) > MOST_CARDS else "")

    def requests(self, views: list[CaseView], tongue: str) -> str:
        """The cards of open requests; a sentence where there are none."""
        cards = "".join(self._pages.text("request_card.html", tongue, c=view) for view in views)
        return cards or self._pages.text("no_requests.html", tongue)

    def rows(self, views: list[WearerView], tongue: str) -> str:
        """The rows of these wearers."""
        return "".join(self._row(view, tongue, self._pages.today()) for view in views)

    def _render_card(self, view: CaseView, tongue: str, day: str) -> str:
        return self._pages.text("case_card.html", tongue, c=view, stands_in=self.stands_in)

    def _render_row(self, view: WearerView, tongue: str, day: str) -> str:
        return self._pages.text("wearer_row.html", tongue, w=view)

    # ---- what changes

    def case_changed(self, case_id: str) -> None:
        """Note it; any part of a case, its motion as well."""
        if len(self._dirty_cases) < MOST_DIRTY:
            self._dirty_cases.add(case_id)
        case = self._open.changed(case_id)
        if case:
            self.wearer_changed(case.pendant)
        self._has_changed.set()

    def wearer_changed(self, pendant: bytes) -> None:
        """Note it."""
        if len(self._dirty_wearers) < MOST_DIRTY:
            self._dirty_wearers.add(pendant)

    async def run(self) -> None:
        """Tell the pages, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_cases())
            tasks.create_task(self._tell_wearers())
            tasks.create_task(self._keep_book())

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _tell_cases(self) -> None:
        while True:
            await self._has_changed.wait()
            await asyncio.sleep(CASES_AFTER_S)
            self._has_changed.clear()
            changed, self._dirty_cases = self._dirty_cases, set()
            if len(changed) > MOST_CASES:
                self._tell_all(REFRESH, "")
            else:
                await self._tell_each([self.view(case) for case in map(self._cases.get, sorted(changed)) if case])
            self._tell_all("count", json.dumps(self.counts()))

    async def _tell_each(self, views: list[CaseView]) -> None:
        for view in views:
            if case_views.is_service(view.case):
                self._tell_all("service", view.id)
            if not case_views.is_alarm(view.case):
                continue
            if view.case.is_open:
                cards = partial(self._in_all, self.cards, [view])
                self._stream.tell("case", await self.render(cards))
            else:
                self._tell_all("gone", view.id)

    async def _tell_wearers(self) -> None:
        while True:
            await asyncio.sleep(WEARERS_AFTER_S)
            if self._listen():
                self._tell_all("count", json.dumps(self.counts()))
            changed, self._dirty_wearers = self._dirty_wearers, set()
            if len(changed) > MOST_WEARERS or any(map(self._has_left, changed)):  # a row can be put, not taken back
                self._tell_all(REFRESH, "")
                continue
            alarmed = self._open.pendants()
            views = [view for pendant in changed if (view := self._wearer(pendant, alarmed))]
            if views:
                self._stream.tell("wearer", await self.render(partial(self._in_all, self.rows, views)))

    async def _keep_book(self) -> None:
        tidied_ms = self._clock.stamp_ms()
        while True:
            await self._wearers.work_out_days([pendant.id for pendant in self._registry])
            await asyncio.sleep(FLUSH_S)
            self._open.refresh()
            await self._wearers.flush()
            if self._clock.stamp_ms() - tidied_ms > TIDY_S * 1000:
                tidied_ms = self._clock.stamp_ms()
                await self._wearers.tidy()

    def _tell_all(self, kind: str, text: str) -> None:
        self._stream.tell(kind, dict.fromkeys(LANGUAGES, text))

    def _has_left(self, pendant: bytes) -> bool:
        known = self._registry.get(pendant)
        return known is None or known.is_revoked

    def _wearer(self, pendant: bytes, alarmed: set[bytes]) -> WearerView | None:
        known = self._registry.get(pendant)
        if known is None or known.is_revoked:
            return None
        days = self._wearers.days(pendant)
        return wearer_views.view(known, self._presence.state(pendant), days, has_alarm=pendant in alarmed)

    def _in_all(self, render: Callable[[Any, str], str], views: list[Any]) -> dict[str, str]:
        return {tongue: render(views, tongue) for tongue in LANGUAGES}
