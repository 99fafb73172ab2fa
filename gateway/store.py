"""Without this file an acknowledged alarm would be a promise in memory: gone with the next power cut.

One SQLite file, WAL, synchronous=FULL. What changes it goes through the writer's thread (store_writer.py); a second
thread reads, so that the uplink never waits behind an fsync. Here is what may be asked of both, in the event loop:
every `then` is called there, after the COMMIT of its group has returned, and never before.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gateway import salvage, space, tables
from gateway.books import Also, Frame
from gateway.disk_faults import is_damage, is_of_the_disk
from gateway.errors import SetUpError
from gateway.record import LANE_NAMES, LANES, TELEMETRY, Record
from gateway.reserve import Reserve
from gateway.store_file import StoreFile
from gateway.store_writer import REFUSED, REPEATED, STORED, Job, Writer
from gateway.trace import Trace

__all__ = ["REFUSED", "REPEATED", "STORED", "Store"]

MOST_PENDING_TELEMETRY = 20_000  # beyond it the disk is too slow: beats are dropped, memory stays bounded
MOST_PENDING = 60_000
CHECKPOINT_S = 1.0
SALVAGE_AGAIN_S = 600.0

T = TypeVar("T")


class Store:
    """Events between pendant and platform, and what must be remembered about both."""

    def __init__(
        self, path: Path, limits: space.Limits, stamp_ms: Callable[[], int], boot_id: str, trace: Trace
    ) -> None:
        self._path = path
        self._file = StoreFile(path, boot_id, limits.reserve, trace)
        self._reserve = Reserve(path.with_name("reserve"), limits.reserve)
        self.room = space.Room(limits)
        self._writer = Writer(self._file, self.room, self._reserve, stamp_ms, trace)
        self._writer.on_replaced = self._emptied
        self._trace = trace
        self._pending_telemetry = 0
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self.waiting = [0, 0, 0]  # records in each lane
        self._not_salvaged: list[Path] = []
        self._salvage_again_s = 0.0
        self._told_of: set[Path] = set()  # files of which it was told that they could not be read
        self.on_salvaged: Callable[[dict[str, Any]], None] = lambda saved: None  # told how much of each lane
        self.on_stored: Callable[[int], None] = lambda lane: None  # told the lane of every new record

    @property
    def taken_bytes(self) -> int:
        """What new records have added to the file, about, since the start."""
        return self._writer.taken_bytes

    @property
    def takes_alarms(self) -> bool:
        """Whether an alarm would be taken, as far as the last writing tells: the disk works, and there is room."""
        return self._writer.takes_alarms

    def open(self) -> tables.Identity:
        """Open or make the file, begin a run, start the threads. SetUpError says what stands in the way."""
        self._loop = asyncio.get_running_loop()
        try:
            self._open_file()
        except (OSError, sqlite3.Error, ValueError) as fault:
            self._file.close()
            raise SetUpError(
                f"{self._path}: the store cannot be opened ({fault}); give the gateway's user write access, and room."
            ) from None
        self._emptied()
        self._writer.start()
        return self._file.identity

    def _open_file(self) -> None:
        """Also on a disk that others have filled: then the reserve is the room that a start needs."""
        try:
            self._file.open()
        except sqlite3.Error as fault:
            if not is_of_the_disk(fault) or not self._reserve.is_needed:
                raise
            self._file.close()
            self._writer.give_reserve()
            self._file.open()

    def _emptied(self) -> None:
        """The file is another one: count anew."""
        self.waiting = [count for count, _ in self._file.extents]

    async def close(self) -> None:
        """Commit what is queued, stop the threads, close the file."""
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._reader.shutdown)
        self._file.close()

    async def keep(self) -> None:
        """Look after the file, for ever: its log is moved into it every second, so that no alarm's COMMIT has to."""
        while True:
            if not self._writer.is_alive:
                raise SetUpError(
                    f"{self._path}: nothing can be stored any more; see the log, check the disk and its room."
                )
            await self._salvage_what_is_due()
            await asyncio.to_thread(self._writer.hold_reserve)
            await asyncio.sleep(CHECKPOINT_S)
            await asyncio.to_thread(self._file.checkpoint)

    # ---- writing

    def add(self, record: Record, frame: Frame, then: Callable[[str], None], also: Also | None = None) -> None:
        """Take a record; then(STORED, REPEATED or REFUSED) once it is safe, or was before, or cannot be.

        frame: boot and counter of the frame that brought it, remembered in the same transaction. also(db): what else
        is noted in it when the record is stored (not for telemetry); if it fails the record is stored without.
        """
        is_telemetry = record.lane == TELEMETRY
        is_too_much = self._writer.backlog >= MOST_PENDING  # the disk has hung for minutes, and pendants repeat
        if is_too_much or (is_telemetry and self._pending_telemetry >= MOST_PENDING_TELEMETRY):
            then(REFUSED)
            return
        if is_telemetry:
            self._pending_telemetry += 1
            told = partial(self._added, TELEMETRY, then)
            self._writer.put(Job(_nothing, told, is_urgent=False, beat=record, frame=frame))
            return
        work = partial(self._writer.insert, record, frame, also)
        self._writer.put(Job(work, partial(self._added, record.lane, then), is_urgent=True, event=record.event_id))

    async def do(self, work: Callable[[sqlite3.Connection], T], event: Record | None = None) -> T:
        """Run work in a transaction of the writer; return its result after the COMMIT.

        event: one of our own that is stored in the same transaction; without room for it work is done all the same.
        """
        if event:
            result, verdict = await self.do(partial(self._do_and_insert, work, event))
            self._added(event.lane, _nothing, verdict)
            return result
        done: asyncio.Future[T] = self._loop.create_future()

        def settle(outcome: Any) -> None:
            if done.cancelled():
                return
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self.ask(work, settle)
        return await done

    def ask(
        self, work: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None], *, may_be_lost: bool = False
    ) -> None:
        """Run work in a transaction of the writer; then(result, or the exception) after the COMMIT.

        may_be_lost: it is synced with whatever comes next.
        """
        self._writer.put(Job(work, then, is_urgent=not may_be_lost, may_be_lost=may_be_lost))

    def renew(self, then: Callable[[Any], None]) -> None:
        """Take another boot for the nonces down; then(identity, or the exception)."""
        self.ask(self._file.renew, then)

    async def settled(self) -> None:
        """Back when everything that was asked of the writer before has been done, or has failed."""
        with suppress(sqlite3.Error):
            await self.do(lambda db: None)

    def forget(self, lane: int, first_n: int, last_n: int, then: Callable[[], None]) -> None:
        """Delete the confirmed records first_n ... last_n; then() once that is committed. At worst they come twice."""

        def settle(outcome: Any) -> None:
            if isinstance(outcome, int):
                self.waiting[lane] = max(0, self.waiting[lane] - outcome)
            then()

        work = partial(tables.forget, lane=lane, first_n=first_n, last_n=last_n)
        # A backlog's deletions are synced as they come: as a debt they would make the next alarm's sync a long one.
        self._writer.put(Job(work, settle, is_urgent=False, may_be_lost=lane != TELEMETRY))

    def _do_and_insert(
        self, work: Callable[[sqlite3.Connection], T], event: Record, db: sqlite3.Connection
    ) -> tuple[T, str]:
        return work(db), self._writer.insert(event, (event.boot, event.seq), None, db)

    def _added(self, lane: int, then: Callable[[str], None], outcome: Any) -> None:
        self._pending_telemetry -= lane == TELEMETRY
        verdict = REFUSED if isinstance(outcome, Exception) else outcome
        if verdict == STORED:
            self.waiting[lane] += 1
            self.on_stored(lane)  # first: whatever then() does, the alarm must go on its way
        then(verdict)

    # ---- reading

    async def claim(self, lane: int, after_n: int, limit: int) -> list[Record]:
        """The oldest records of a lane behind after_n. They stay where they are until they are forgotten."""
        return await self.read(partial(tables.claim, lane=lane, after_n=after_n, limit=limit))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work, which only reads, beside the writer; if it meets damage, again in the file that comes instead."""
        used = self._file.read_db
        try:
            return await self._read(work)
        except sqlite3.DatabaseError as fault:
            if not is_damage(fault):
                raise
            met = fault
        with suppress(sqlite3.Error):
            await self.do(partial(self._meet, met, used))
        return await self._read(work)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._loop.run_in_executor(self._reader, lambda: work(self._file.read_db))

    def _meet(self, fault: sqlite3.Error, used: sqlite3.Connection, _db: sqlite3.Connection) -> None:
        """Let the writer meet what a reader has met: it is the one who replaces the file, if nobody has meanwhile."""
        if self._file.read_db is used:
            raise fault

    # ---- after damage

    async def _salvage_what_is_due(self) -> None:
        """Each damaged file once; where something stands in the way, later again: what is in it may be an alarm."""
        while self._file.aside:
            aside = self._file.aside.pop()
            if not await self._salvage(aside):
                self._not_salvaged.append(aside)
                self._salvage_again_s = self._loop.time() + SALVAGE_AGAIN_S
        if self._not_salvaged and self._loop.time() >= self._salvage_again_s:
            self._file.aside += self._not_salvaged
            self._not_salvaged = []

    async def _salvage(self, aside: Path) -> bool:
        """Bring over what can still be read of a damaged file, beside everything else that goes on."""
        saved, why = [0, 0, 0], ""
        try:
            await salvage.bring_back(aside, self.do, self._writer.bring_over, saved, self._trace)
            await asyncio.to_thread(self._file.salvaged, aside)
        except (OSError, sqlite3.Error) as fault:
            why = str(fault)
            self._trace.step("store-not-salvaged", file=aside.name, text=why)
        else:
            self._trace.step("store-salvaged", file=aside.name, **_by_name(saved))
        if not why or any(saved) or aside not in self._told_of:
            self._told_of.add(aside)
            self.on_salvaged({"file": aside.name, **({"text": why} if why else _by_name(saved))})
        for lane in LANES:  # also what was brought over before something stood in the way
            self.waiting[lane] += saved[lane]
            self.on_stored(lane)
        return not why


def _by_name(saved: list[int]) -> dict[str, int]:
    return dict(zip(LANE_NAMES, saved, strict=True))


def _nothing(_told: Any) -> None:
    """The work of a beat: it is done with all others of its group. And whom a verdict does not interest."""
