"""Without this file an acknowledged alarm would be a promise in memory: gone with the next power cut.

One SQLite file, WAL, synchronous=FULL. A writer thread owns the connection that changes it and commits in groups: what
is urgent at once, telemetry at most 5 ms later. A second thread reads, so that the uplink never waits behind an fsync.
Every `then` is called in the event loop, after the COMMIT of its group has returned, and never before.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gateway import case_tables, orders, presence_tables, salvage, sightings, space, tables
from gateway.errors import SetUpError
from gateway.record import ALARM, LANE_NAMES, LANES, TELEMETRY, Record
from gateway.reserve import Reserve
from gateway.store_file import DAMAGED, StoreFile
from gateway.trace import Trace

GATHER_S = 0.005  # telemetry may wait this long for company
MOST_IN_GROUP = 2_000
MOST_PENDING_TELEMETRY = 20_000  # beyond it the disk is too slow: beats are dropped, memory stays bounded
MOST_PENDING = 60_000
CHECKPOINT_S = 1.0
_ROW_BYTES = 36  # of a record beside its body

STORED, REPEATED, REFUSED = "stored", "repeated", "refused"

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], None]  # told the result, or the exception
    is_urgent: bool
    event: str  # the event's id, if it is one that is traced
    beat: Record | None = None  # telemetry is not worked on one by one
    frame: tuple[int, int] = (0, 0)
    may_be_lost: bool = False  # by a power cut: it need not be synced by itself


class Store:
    """Events between pendant and platform, and what must be remembered about both."""

    def __init__(
        self, path: Path, limits: space.Limits, stamp_ms: Callable[[], int], boot_id: str, trace: Trace
    ) -> None:
        self._path = path
        self._file = StoreFile(path, boot_id, limits.reserve, trace)
        self.room = space.Room(limits)
        self._stamp_ms = stamp_ms
        self._trace = trace
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pending_telemetry = 0
        self._next_n = [1, 1, 1]
        self._has_room = [True, True, True]
        self._reserve = Reserve(path.with_name("reserve"), limits.reserve)
        self._is_failing = False  # the last thing that was to be written was not
        self._is_tight = False  # the disk is full and the reserve given away: alarms only
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._writer = threading.Thread(target=self._write_groups, name="store-writer")
        self._is_synced = True  # as every connection begins
        self.taken_bytes = 0  # what new records have added to the file, about, since the start
        self.waiting = [0, 0, 0]  # records in each lane
        self.on_salvaged: Callable[[dict[str, Any]], None] = lambda saved: None  # told how much of each lane
        self.on_stored: Callable[[int], None] = lambda lane: None  # told the lane of every new record

    def open(self) -> tables.Identity:
        """Open or make the file, begin a run, start the threads. SetUpError says what stands in the way."""
        self._loop = asyncio.get_running_loop()
        try:
            self._file.open()
            for lane in LANES:
                self.waiting[lane], last = self._file.extents[lane]
                self._next_n[lane] = last + 1
        except (OSError, sqlite3.Error, ValueError) as fault:
            self._file.close()
            raise SetUpError(
                f"{self._path}: the store cannot be opened ({fault}); give the gateway's user write access, and room."
            ) from None
        self._writer.start()
        return self._file.identity

    async def close(self) -> None:
        """Commit what is queued, stop the threads, close the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._reader.shutdown)
        self._file.close()

    async def keep(self) -> None:
        """Look after the file, for ever: its log is moved into it every second, so that no alarm's COMMIT has to."""
        while True:
            while self._file.aside:
                await self._salvage(self._file.aside.pop())
            await asyncio.to_thread(self._hold_reserve)
            await asyncio.sleep(CHECKPOINT_S)
            await asyncio.to_thread(self._file.checkpoint)

    @property
    def takes_alarms(self) -> bool:
        """Whether an alarm would be taken, as far as the last writing tells: the disk works, and there is room."""
        return self._has_room[ALARM] and not self._is_failing

    # ---- writing

    def add(
        self, record: Record, frame: tuple[int, int], then: Callable[[str], None],
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:  # fmt: skip
        """Take a record; then(STORED, REPEATED or REFUSED) once it is safe, or was before, or cannot be.

        frame: boot and counter of the frame that brought it, remembered in the same transaction. also(db): what else
        is done in it when the record is stored (not for telemetry).
        """
        is_telemetry = record.lane == TELEMETRY
        is_too_much = self._jobs.qsize() >= MOST_PENDING  # the disk has hung for minutes, and pendants repeat
        if is_too_much or (is_telemetry and self._pending_telemetry >= MOST_PENDING_TELEMETRY):
            then(REFUSED)
            return
        if is_telemetry:
            self._pending_telemetry += 1
            self._jobs.put(_Job(_nothing, partial(self._added, TELEMETRY, then), False, "", record, frame))
            return
        work = partial(self._insert, record, frame, also)
        self._jobs.put(_Job(work, partial(self._added, record.lane, then), True, record.event_id))

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
        self._jobs.put(_Job(work, then, is_urgent=not may_be_lost, event="", may_be_lost=may_be_lost))

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
        self._jobs.put(_Job(work, settle, is_urgent=False, event="", may_be_lost=lane != TELEMETRY))

    def _insert(
        self, record: Record, frame: tuple[int, int], also: Callable[[sqlite3.Connection], None] | None,
        db: sqlite3.Connection,
    ) -> str:  # fmt: skip
        if not self._has_room[record.lane]:
            return REFUSED
        tables.note_frame(db, record.sender, *frame)
        sightings.note(db, record)
        n = self._next_n[record.lane]
        stored = record._replace(n=n, stored_ms=self._stamp_ms())
        if not tables.insert(db, stored):
            return REPEATED
        self.taken_bytes += len(record.body) + _ROW_BYTES
        tables.note_felt(db, record)
        presence_tables.note_configured(db, record)
        orders.note_done(db, record)
        case_tables.note(db, stored)
        if also:
            also(db)
        self._next_n[record.lane] = n + 1
        return STORED

    def _do_and_insert(
        self, work: Callable[[sqlite3.Connection], T], event: Record, db: sqlite3.Connection
    ) -> tuple[T, str]:
        return work(db), self._insert(event, (event.boot, event.seq), None, db)

    def _insert_beats(self, jobs: list[_Job]) -> str:
        if not jobs or not self._has_room[TELEMETRY]:
            return REFUSED
        now_ms, n = self._stamp_ms(), self._next_n[TELEMETRY]
        beats = [job.beat._replace(n=n + i, stored_ms=now_ms) for i, job in enumerate(jobs) if job.beat]
        tables.insert_beats(self._file.write_db, beats)
        self.taken_bytes += sum(len(beat.body) + _ROW_BYTES for beat in beats)
        self._next_n[TELEMETRY] = n + len(beats)
        newest: dict[bytes, tuple[int, int]] = {}
        last: dict[bytes, Record] = {}
        for beat, job in zip(beats, jobs, strict=True):
            newest[beat.sender] = max(job.frame, newest.get(beat.sender, job.frame))
            last[beat.sender] = beat
        for beat in last.values():
            sightings.note(self._file.write_db, beat)
        for sender, frame in newest.items():
            tables.note_frame(self._file.write_db, sender, *frame)
        return STORED

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
        try:
            return await self._loop.run_in_executor(self._reader, lambda: work(self._file.read_db))
        except sqlite3.DatabaseError as fault:
            if fault.sqlite_errorcode not in DAMAGED:
                raise
            met = fault
        with suppress(sqlite3.Error):
            await self.do(partial(_meet, met))
        return await self._loop.run_in_executor(self._reader, lambda: work(self._file.read_db))

    # ---- the writer's thread

    def _write_groups(self) -> None:
        while (group := self._next_group()) is not None:
            self._write(group)

    def _next_group(self) -> list[_Job] | None:
        job = self._jobs.get()
        group: list[_Job] = []
        gather_until_s = time.monotonic() + GATHER_S
        while job is not None:
            group.append(job)
            if len(group) >= MOST_IN_GROUP:
                break
            wait_s = 0.0 if job.is_urgent else gather_until_s - time.monotonic()
            try:
                # Urgent: take along what is there already, wait for nothing.
                job = self._jobs.get(timeout=wait_s) if wait_s > 0 else self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None and job.is_urgent:
                gather_until_s = 0.0
        else:
            if not group:
                return None  # told to close
            self._jobs.put(None)  # first what came before it
        return group

    def _write(self, group: list[_Job]) -> None:
        try:
            outcomes = self._transact(group)
        except sqlite3.Error as fault:
            outcomes = self._recover(group, fault)
        except Exception:  # a mistake of ours in one job: it must not end the writer, and with it every alarm's way
            outcomes = self._one_by_one(group)
        self._loop.call_soon_threadsafe(_settle, group, outcomes)

    def _transact(self, group: list[_Job]) -> list[Any]:
        db = self._file.write_db
        next_n = list(self._next_n)
        try:
            self._sync_fully(db, not all(job.may_be_lost for job in group))
            db.execute("BEGIN IMMEDIATE")
            self._has_room = self.room.make(db)
            if self._is_tight:
                self._has_room = [lane == ALARM for lane in LANES]
            verdict = self._insert_beats([job for job in group if job.beat])
            outcomes = [verdict if job.beat else job.work(db) for job in group]
            self._tell("committing", group)
            db.execute("COMMIT")
        except BaseException:
            self._next_n = next_n
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._tell("committed", group)
        self._is_failing = False
        self._trace.well("store", "the store takes events again")
        return outcomes

    def _sync_fully(self, db: sqlite3.Connection, is_full: bool) -> None:
        """Only single deletions in a group: synced with whatever comes next, which spares the card half its syncs."""
        if is_full != self._is_synced:
            db.execute(f"PRAGMA synchronous = {'FULL' if is_full else 'NORMAL'}")
            self._is_synced = is_full

    def _recover(self, group: list[_Job], fault: sqlite3.Error) -> list[Any]:
        """A transaction has failed and is undone: one bad job must not take the others with it."""
        if fault.sqlite_errorcode in DAMAGED:
            self._is_synced = True
            self._file.replace(fault)  # numbers go on: what is forgotten under an old one must not hit a new record
            self.waiting = [0, 0, 0]
            return self._one_by_one(group)
        if fault.sqlite_errorcode == sqlite3.SQLITE_FULL:
            self._squeeze()
            return self._one_by_one(group)
        if len(group) > 1:
            return self._one_by_one(group)
        self._is_failing = True
        self._trace.trouble("store", f"the store cannot write ({fault}); pendants keep what they have and repeat it")
        return [fault]

    def _squeeze(self) -> None:
        """The disk is full: give alarms the reserve, and the room of the oldest telemetry inside the file."""
        if not self._is_tight:
            self._reserve.release()
            self._is_tight = True
            self._trace.trouble("disk", "the disk is full; the reserve is given to alarms, everything else is refused")
        with suppress(sqlite3.Error):
            self.room.make_inside(self._file.write_db)

    def _one_by_one(self, group: list[_Job]) -> list[Any]:
        outcomes: list[Any] = []
        for job in group:
            try:
                outcomes += self._transact([job])
            except Exception as fault:
                self._is_failing = isinstance(fault, sqlite3.Error)
                self._trace.trouble("store", f"the store cannot write ({fault!r})")
                outcomes.append(fault)
        return outcomes

    def _hold_reserve(self) -> None:
        if self._reserve.hold() and self._is_tight:
            self._is_tight = False
            self._trace.well("disk", "there is room on the disk again")

    def _tell(self, step: str, group: list[_Job]) -> None:
        for job in group:
            if job.event:
                self._trace.fine(step, event=job.event)

    # ---- after damage

    async def _salvage(self, aside: Path) -> None:
        """Bring over what can still be read of a damaged file, beside everything else that goes on."""
        saved = [0, 0, 0]
        try:
            chunks = salvage.records(aside)
            while chunk := await asyncio.to_thread(next, chunks, None):
                saved[chunk[0].lane] += await self.do(partial(self._bring_over, chunk))
            for table, rows in await asyncio.to_thread(list, salvage.memory(aside)):
                await self.do(partial(tables.merge_memory, table=table, rows=rows))
        except sqlite3.Error as fault:
            self._trace.step("store-not-salvaged", file=aside.name, text=str(fault))
            self.on_salvaged({"file": aside.name, "text": str(fault)})
            return
        told = {"file": aside.name, **dict(zip(LANE_NAMES, saved, strict=True))}
        self._trace.step("store-salvaged", **told)
        self.on_salvaged(told)
        for lane in LANES:
            self.waiting[lane] += saved[lane]
            self.on_stored(lane)

    def _bring_over(self, records: list[Record], db: sqlite3.Connection) -> int:
        saved = 0
        for record in records:
            n = self._next_n[record.lane]
            if tables.insert(db, record._replace(n=n)):
                self._next_n[record.lane] = n + 1
                saved += 1
        return saved


def _meet(fault: sqlite3.Error, _db: sqlite3.Connection) -> None:
    """Let the writer meet what a reader has met: it is the one who replaces the file."""
    raise fault


def _nothing(_told: Any) -> None:
    """The work of a beat: it is done with all others of its group. And whom a verdict does not interest."""


def _settle(group: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        try:
            job.then(outcome)
        except Exception as fault:  # a mistake in one answer must not keep the others from theirs
            told = {"message": "an answer of the store has failed", "exception": fault}
            asyncio.get_running_loop().call_exception_handler(told)
