"""Without this file an alarm would be a line in a queue: nobody could see that it is open, take it, and close it.

The book of cases. What it knows stands in the store, written in the same transactions as the events; this is the
picture of it in memory, brought up to date a moment after each change. casework.py is how people change a case.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from gateway import case_tables, motion_file, motion_store, outcomes, tables
from gateway.answers import Answers
from gateway.aside import aside, once
from gateway.case import Case, Dates
from gateway.case_shelf import CaseShelf
from gateway.casework import Along, Casework, Work
from gateway.clock import Clock
from gateway.errors import UNKNOWN_ALARM, CommandRefused
from gateway.own import OwnEvents
from gateway.record import ALARM, Record
from gateway.store import Store
from gateway.trace import Trace
from shared import gateway_frames, words

KEEP_MS = 31 * 24 * 3_600_000  # closed cases
KEEP = 5_000
GATHER_S = 0.02  # what has changed is read together: forty alarms at once must not cost forty reads
TIDY_S = 600.0
_AGAIN_S = 1.0
_ADOPTED_AT_ONCE = 500


class Cases:
    """All alarms of the last weeks, and every open one. All of it runs in the event loop."""

    def __init__(
        self, *, store: Store, clock: Clock, dates: Dates, answers: Answers, own: OwnEvents, data_dir: Path,
        trace: Trace,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._dates = dates
        self._work = Casework(store=store, clock=clock, switch_on=dates.switch_on, answers=answers, own=own)
        self._path = data_dir / outcomes.NAME
        self._trace = trace
        self._shelf = CaseShelf(dates)
        self._dirty: set[str] = set()
        self._has_changed = asyncio.Event()
        self._is_outdated = False
        self._watchers: list[Callable[[str], None]] = []
        self._filing = asyncio.Lock()

    # ---- looking

    def open(self) -> list[Case]:
        """Every alarm that a person must care for, the oldest first."""
        return self._shelf.open()

    def get(self, case_id: str) -> Case | None:
        """One case."""
        return self._shelf.get(case_id)

    def recent(self, pendant: bytes | None, limit: int) -> list[Case]:
        """The newest cases of a pendant, or of all, the newest first."""
        return self._shelf.newest(lambda rows: pendant in (None, rows.case.pendant), limit)

    def calls(self, services: Collection[str], limit: int) -> list[Case]:
        """The newest calls for these services, the newest first."""
        return self._shelf.newest(lambda rows: rows.case.service in services, limit)

    def watch(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call callback(case id) in the event loop after every change; the function returned ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def second_has(self, record: Record) -> bool:
        """Whether the second broker has confirmed this alarm."""
        case_id = case_tables.case_id_of(record.sender, gateway_frames.unpack_event(record.body))
        rows = self._shelf.rows(case_id)
        return rows is not None and any(e.event == record.event_id and e.second_on is not None for e in rows.events)

    # ---- what happens by itself

    def salvaged(self) -> None:
        """The store has got back what a damaged file knew: the book is read anew, soon."""
        self._is_outdated = True
        self._has_changed.set()

    async def load(self) -> None:
        """Read the book, after a start."""
        after_n = 0
        while waiting := await self._store.claim(ALARM, after_n, _ADOPTED_AT_ONCE):
            await self._store.do(partial(case_tables.adopt, alarms=waiting))
            after_n = waiting[-1].n
        for rows in await self._store.read(case_tables.every):
            aside(self._trace, "cases", self._shelf.put, rows)

    def stored(self, record: Record) -> None:
        """An event has been stored; the store has noted in the same transaction what it means for a case."""
        if record.kind not in (words.ALARM, words.EVENT):
            return
        event = gateway_frames.unpack_event(record.body)
        if event.code in case_tables.STATES:
            self._look_at(case_tables.case_id_of(record.sender, event))
        elif event.code == words.ANSWER_FELT:
            self._look_at(gateway_frames.event_id(record.sender, event.ref_boot, event.ref_seq))

    def confirmed(self, record: Record, *, is_second: bool = False) -> None:
        """A broker has confirmed an alarm. Noted before the alarm is forgotten, and synced no sooner than that."""
        if record.lane != ALARM:
            return
        work = partial(
            case_tables.note_second if is_second else case_tables.note_confirmed,
            event=record.event_id,
            switch_on=self._dates.switch_on,
            at_ms=self._clock.stamp_ms(),
        )
        self._store.ask(work, lambda outcome: self._look_at(record.event_id), may_be_lost=True)

    async def run(self) -> None:
        """Keep the picture up to date and the book in bounds, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_up(), name="cases-keep-up")
            tasks.create_task(self._tidy(), name="cases-tidy")

    # ---- what people do (see casework.py)

    async def answer(self, case_id: str, by: str, eta_s: int | None, via: str) -> Case:
        """A person takes the case, and the wearer will feel it. If somebody was first the case says who it was."""
        return await self._renewed(await self._work.answer(case_id, by, eta_s, via))

    async def take(self, answer: tables.Answer, via: str, along: Along) -> Case | None:
        """The one way of every answer, whoever brings it; `along` is committed with it. None: there is no such case."""
        case_id = await self._work.take(answer, via, along)
        return await self._renewed(case_id) if case_id else None

    async def note(self, case_id: str, step: str, by: str, detail: str) -> Case:
        """Add one of NOTES to the timeline; the same step with the same detail is noted once."""
        await self._work.note(case_id, step, by, detail)
        return await self._renewed(case_id)

    async def close(self, event: str, outcome: str, by: str, along: Work = lambda db: None) -> Case:
        """Say what it turned out to be, one of OUTCOMES; another outcome later corrects it, the last one counts."""
        case = await self._renewed(await self._work.close(event, outcome, by, along))
        await self._file_outcomes()
        return case

    # ---- the picture in memory

    def touched(self, case_id: str) -> None:
        """Something beside the book has changed about this case: whoever watches looks again."""
        self._look_at(case_id)

    def _look_at(self, event: str) -> None:
        self._dirty.add(event)
        self._has_changed.set()

    async def _keep_up(self) -> None:
        while True:
            await self._has_changed.wait()
            await asyncio.sleep(GATHER_S)
            self._has_changed.clear()
            events, self._dirty = self._dirty, set()
            try:
                if self._is_outdated:
                    await self._reread()
                await self._renew(events)
            except sqlite3.Error as fault:
                self._trace.trouble("cases", f"the book of cases cannot be read ({fault}); trying again")
                self._dirty |= events
                self._has_changed.set()
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # a mistake of ours over one of them: the others are shown, and escalated
                for event in events:
                    await once(self._trace, "cases", self._renew({event}))
            else:
                self._trace.well("cases", "the book of cases can be read again")

    async def _reread(self) -> None:
        await self.load()
        self._is_outdated = False
        for case in self.open():
            self._tell(case.id)

    async def _renew(self, events: set[str]) -> None:
        for rows in await self._store.read(partial(case_tables.about, events=sorted(events))):
            self._shelf.put(rows)
            self._tell(rows.case.id)

    async def _renewed(self, case_id: str) -> Case:
        await self._renew({case_id})
        case = self.get(case_id)
        if case is None:
            raise CommandRefused(UNKNOWN_ALARM, f"{case_id} is not known here")
        return case

    def _tell(self, case_id: str) -> None:
        for callback in list(self._watchers):
            aside(self._trace, "who watches cases", callback, case_id)

    # ---- bounds

    async def _tidy(self) -> None:
        while True:
            await self._file_outcomes()
            await self._drop_old()
            await asyncio.sleep(TIDY_S)

    async def _file_outcomes(self) -> None:
        """Write what is not in the file yet; after a power cut that is what was closed just before."""
        async with self._filing:
            cases = self._shelf.unfiled()
            if not cases:
                return
            try:
                await self._append_windows(cases)
                await asyncio.to_thread(outcomes.append, self._path, [outcomes.line(case) for case in cases])
                filed = [(case.id, case.outcome) for case in cases]
                await self._store.do(partial(case_tables.note_filed, filed=filed))
                await self._renew({case.id for case in cases})
            except (OSError, sqlite3.Error) as fault:
                self._trace.trouble("outcomes", f"{self._path}: cannot be written ({fault}); trying again")
            else:
                self._trace.well("outcomes", "outcomes are written again")

    async def _append_windows(self, cases: list[Case]) -> None:
        """The motion of these alarms, where it is known, stands in the file beside their outcomes before they do."""
        windows = await self._store.read(partial(motion_store.of_cases, ids=[case.id for case in cases]))
        if windows:
            lines = [motion_file.line(case_id, kept) for case_id, kept in windows]
            await asyncio.to_thread(outcomes.append, self._path.with_name(motion_file.NAME), lines)

    async def _drop_old(self) -> None:
        """Closed cases go when they are old or too many; open ones never."""
        old = self._shelf.dispensable(KEEP, self._clock.stamp_ms() - KEEP_MS)
        if not old:
            return
        try:
            await self._store.do(partial(case_tables.drop, ids=old))
        except sqlite3.Error as fault:
            self._trace.trouble("cases", f"old cases cannot be dropped ({fault}); trying again")
            return
        for case_id in old:
            self._shelf.drop(case_id)
