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

from gateway import space, tables
from gateway.errors import SetUpError
from gateway.record import LANES, TELEMETRY, Record
from gateway.trace import Trace

GATHER_S = 0.005  # telemetry may wait this long for company
MOST_IN_GROUP = 2_000
MOST_PENDING_TELEMETRY = 20_000  # beyond it the disk is too slow: beats are dropped, memory stays bounded
CHECKPOINT_S = 1.0

STORED, REPEATED, REFUSED = "stored", "repeated", "refused"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], None]  # told the result, or the exception
    is_urgent: bool
    event: str  # the event's id, if it is one that is traced
    beat: Record | None = None  # telemetry is not worked on one by one
    frame: tuple[int, int] = (0, 0)


class Store:
    """Events between pendant and platform, and what must be remembered about both."""

    def __init__(
        self, path: Path, limits: space.Limits, stamp_ms: Callable[[], int], boot_id: str, trace: Trace
    ) -> None:
        self._path = path
        self._limits = limits
        self._stamp_ms = stamp_ms
        self._boot_id = boot_id
        self._trace = trace
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pending_telemetry = 0
        self._next_n = [1, 1, 1]
        self._has_room = [True, True, True]
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._writer = threading.Thread(target=self._write_groups, name="store-writer")
        self.pushed_out = 0  # records of telemetry that had to go, since the start
        self.waiting = [0, 0, 0]  # records in each lane
        self.on_stored: Callable[[int], None] = lambda lane: None  # told the lane of every new record

    def open(self) -> tables.Identity:
        """Open or make the file, begin a run, start the threads. SetUpError says what stands in the way."""
        self._loop = asyncio.get_running_loop()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._identity = self._open_whole()
        except (OSError, sqlite3.Error, ValueError) as fault:
            raise SetUpError(
                f"{self._path}: the store cannot be opened ({fault}); give the gateway's user write access, and room."
            ) from None
        self._writer.start()
        return self._identity

    async def close(self) -> None:
        """Commit what is queued, stop the threads, close the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._reader.shutdown)
        self._read_db.close()
        self._db.close()

    async def keep(self) -> None:
        """Move the log into the file every second, for ever: then no alarm's COMMIT has to."""
        db = await asyncio.to_thread(self._connect)
        try:
            while True:
                await asyncio.sleep(CHECKPOINT_S)
                await asyncio.to_thread(_checkpoint, db)
        finally:
            db.close()

    # ---- writing

    def add(self, record: Record, frame: tuple[int, int], then: Callable[[str], None]) -> None:
        """Take a record; then(STORED, REPEATED or REFUSED) once it is safe, or was before, or cannot be.

        frame: boot and counter of the frame that brought it, remembered in the same transaction.
        """
        is_telemetry = record.lane == TELEMETRY
        if is_telemetry and self._pending_telemetry >= MOST_PENDING_TELEMETRY:
            then(REFUSED)
            return
        if is_telemetry:
            self._pending_telemetry += 1
            self._jobs.put(_Job(_nothing, partial(self._added, TELEMETRY, then), False, "", record, frame))
            return
        work = partial(self._insert, record, frame)
        self._jobs.put(_Job(work, partial(self._added, record.lane, then), True, record.event_id))

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work in a transaction of the writer; return its result after the COMMIT."""
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

    def ask(self, work: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None]) -> None:
        """Run work in a transaction of the writer; then(result, or the exception) after the COMMIT."""
        self._jobs.put(_Job(work, then, is_urgent=True, event=""))

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
        self._jobs.put(_Job(work, settle, is_urgent=False, event=""))

    def _insert(self, record: Record, frame: tuple[int, int], db: sqlite3.Connection) -> str:
        if not self._has_room[record.lane]:
            return REFUSED
        tables.note_frame(db, record.sender, *frame)
        n = self._next_n[record.lane]
        if not tables.insert(db, record._replace(n=n, stored_ms=self._stamp_ms())):
            return REPEATED
        tables.note_felt(db, record)
        self._next_n[record.lane] = n + 1
        return STORED

    def _insert_beats(self, jobs: list[_Job]) -> str:
        if not jobs or not self._has_room[TELEMETRY]:
            return REFUSED
        now_ms, n = self._stamp_ms(), self._next_n[TELEMETRY]
        beats = [job.beat._replace(n=n + i, stored_ms=now_ms) for i, job in enumerate(jobs) if job.beat]
        tables.insert_beats(self._db, beats)
        self._next_n[TELEMETRY] = n + len(beats)
        newest: dict[bytes, tuple[int, int]] = {}
        for beat, job in zip(beats, jobs, strict=True):
            newest[beat.sender] = max(job.frame, newest.get(beat.sender, job.frame))
        for sender, frame in newest.items():
            tables.note_frame(self._db, sender, *frame)
        return STORED

    def _added(self, lane: int, then: Callable[[str], None], outcome: Any) -> None:
        self._pending_telemetry -= lane == TELEMETRY
        verdict = REFUSED if isinstance(outcome, Exception) else outcome
        if verdict == STORED:
            self.waiting[lane] += 1
        then(verdict)
        if verdict == STORED:
            self.on_stored(lane)

    # ---- reading

    async def claim(self, lane: int, after_n: int, limit: int) -> list[Record]:
        """The oldest records of a lane behind after_n. They stay where they are until they are forgotten."""
        return await self.read(partial(tables.claim, lane=lane, after_n=after_n, limit=limit))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work, which only reads, beside the writer."""
        return await self._loop.run_in_executor(self._reader, lambda: work(self._read_db))

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
        self._loop.call_soon_threadsafe(_settle, group, outcomes)

    def _transact(self, group: list[_Job]) -> list[Any]:
        db = self._db
        next_n = list(self._next_n)
        try:
            db.execute("BEGIN IMMEDIATE")
            self._has_room, pushed_out = space.make_room(db, self._limits)
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
        self.pushed_out += pushed_out
        self._trace.well("store", "the store takes events again")
        return outcomes

    def _recover(self, group: list[_Job], fault: sqlite3.Error) -> list[Any]:
        """A transaction has failed and is undone: one bad job must not take the others with it."""
        if fault.sqlite_errorcode in _DAMAGED:
            self._replace_damaged(fault)
            return self._one_by_one(group)
        if len(group) > 1:
            return self._one_by_one(group)
        self._trace.trouble("store", f"the store cannot write ({fault}); pendants keep what they have and repeat it")
        return [fault]

    def _one_by_one(self, group: list[_Job]) -> list[Any]:
        outcomes: list[Any] = []
        for job in group:
            try:
                outcomes += self._transact([job])
            except sqlite3.Error as fault:
                self._trace.trouble("store", f"the store cannot write ({fault})")
                outcomes.append(fault)
        return outcomes

    def _tell(self, step: str, group: list[_Job]) -> None:
        for job in group:
            if job.event:
                self._trace.fine(step, event=job.event)

    # ---- the file

    def _open_whole(self) -> tables.Identity:
        """Open the file; set a damaged one aside first."""
        try:
            return self._begin()
        except sqlite3.DatabaseError as fault:
            if fault.sqlite_errorcode not in _DAMAGED:
                raise
            self._set_aside(fault)
            return self._begin()

    def _begin(self, identity: tables.Identity | None = None) -> tables.Identity:
        self._db = self._connect()
        self._db.execute("BEGIN IMMEDIATE")
        tables.create(self._db)
        if identity is None:
            identity = tables.begin_run(self._db, self._boot_id)
        else:
            tables.continue_run(self._db, self._boot_id, identity)
        self._db.execute("COMMIT")
        self._read_db = self._connect()
        for lane in LANES:
            self.waiting[lane], last = tables.extent(self._db, lane)
            self._next_n[lane] = last + 1
        return identity

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10.0)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL may roll back the last commits when the power goes
        db.execute("PRAGMA wal_autocheckpoint = 8000")  # 32 MB: only if keep() does not come to it
        db.execute("PRAGMA journal_size_limit = 33554432")
        db.execute("PRAGMA cache_size = -4096")
        return db

    def _replace_damaged(self, fault: sqlite3.Error) -> None:
        self._db.close()
        self._set_aside(fault)
        self._begin(self._identity)

    def _set_aside(self, fault: sqlite3.Error) -> None:
        """A damaged file must neither stop the gateway nor vanish: it is kept beside the new one."""
        aside = _free_name(self._path)
        self._path.rename(aside)
        for ending in ("-wal", "-shm"):
            log = self._path.with_name(self._path.name + ending)
            if log.exists():
                log.rename(aside.with_name(aside.name + ending))
        self._trace.step("store-damaged", text=f"{fault}; set aside as {aside.name}, a new store is begun")


def _nothing(_db: sqlite3.Connection) -> None:
    """The work of a beat: it is done with all others of its group."""


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    return aside


def _settle(group: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        job.then(outcome)


def _checkpoint(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # the writer meets the same fault at its next COMMIT, and says so
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
