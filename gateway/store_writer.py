"""Without this file every fsync would stop the gateway, and every event would cost one.

The writer: a thread that owns the connection which changes the store. It commits in groups, what is urgent at once,
telemetry at most 5 ms later, and tells the event loop what came of each job after the COMMIT has returned, and never
before. Here it is decided, too, who gets the last room on a disk, and what happens when it fails.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from gateway import tables
from gateway.books import Also, Books, Frame
from gateway.disk_faults import is_damage, is_full, is_of_the_disk
from gateway.record import ALARM, LANES, TELEMETRY, Record
from gateway.reserve import Reserve
from gateway.space import Room
from gateway.store_file import StoreFile
from gateway.trace import Trace

GATHER_S = 0.005  # telemetry may wait this long for company
MOST_IN_GROUP = 2_000
STORED, REPEATED, REFUSED = "stored", "repeated", "refused"
_ROW_BYTES = 36  # of a record beside its body


class Job(NamedTuple):
    """What the writer shall do, and who is told of it."""

    work: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], None]  # called in the event loop with the result, or the exception
    is_urgent: bool
    event: str = ""  # the event's id, if it is one that is traced
    beat: Record | None = None  # telemetry is not worked on one by one
    frame: Frame = (0, 0)
    may_be_lost: bool = False  # by a power cut: it need not be synced by itself


class Writer:
    """`put`, `stop` and what can be looked at are for the event loop; all else runs in the thread."""

    def __init__(
        self, file: StoreFile, room: Room, reserve: Reserve, stamp_ms: Callable[[], int], trace: Trace
    ) -> None:
        self._file = file
        self._room = room
        self._reserve = reserve
        self._stamp_ms = stamp_ms
        self._trace = trace
        self._books = Books(trace)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer")
        self._next_n = [1, 1, 1]
        self._has_room = [True, True, True]
        self._is_failing = False  # the last thing that was to be written was not
        self._is_tight = False  # the disk is full and the reserve given away: alarms only
        self._is_synced = True  # as every connection begins
        self.taken_bytes = 0  # what new records have added to the file, about, since the start
        self.on_replaced: Callable[[], None] = lambda: None  # told in the event loop: the file is a new, empty one

    # ---- for the event loop

    def start(self) -> None:
        """Begin, in the file that is open now."""
        self._loop = asyncio.get_running_loop()
        self._next_n = [last + 1 for _, last in self._file.extents]
        self._thread.start()

    def put(self, job: Job) -> None:
        """Let a job be done, in its turn."""
        self._jobs.put(job)

    def stop(self) -> None:
        """Back when all that was put is committed, and the thread has ended. Blocks."""
        self._jobs.put(None)
        self._thread.join()

    @property
    def backlog(self) -> int:
        """Jobs that wait."""
        return self._jobs.qsize()

    @property
    def is_alive(self) -> bool:
        """Whether it works on; it ends only where a damaged file could not be replaced, or by a mistake of ours."""
        return self._thread.is_alive()

    @property
    def takes_alarms(self) -> bool:
        """Whether an alarm would be taken, as far as the last writing tells."""
        return self._has_room[ALARM] and not self._is_failing and self.is_alive

    # ---- groups

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            self._write(group)

    def _next_group(self) -> list[Job] | None:
        job = self._jobs.get()
        group: list[Job] = []
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

    def _write(self, group: list[Job]) -> None:
        try:
            outcomes = self._transact(group)
        except Exception as fault:  # whatever it is: it must not end the writer, and with it every alarm's way
            outcomes = self._recover(group, fault)
        self._loop.call_soon_threadsafe(_settle, group, outcomes)

    def _transact(self, group: list[Job]) -> list[Any]:
        db = self._file.write_db
        next_n = list(self._next_n)
        try:
            self._sync_fully(db, not all(job.may_be_lost for job in group))
            db.execute("BEGIN IMMEDIATE")
            self._has_room = self._room.make(db)
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

    def _tell(self, step: str, group: list[Job]) -> None:
        for job in group:
            if job.event:
                self._trace.fine(step, event=job.event)

    # ---- within a transaction

    def insert(self, record: Record, frame: Frame, also: Also | None, db: sqlite3.Connection) -> str:
        """Store an event, with what is noted beside it; STORED, REPEATED or REFUSED."""
        if not self._has_room[record.lane]:
            return REFUSED
        n = self._next_n[record.lane]
        stored = record._replace(n=n, stored_ms=self._stamp_ms())
        if not tables.insert(db, stored):
            self._books.note_heard(db, [(record, frame)])
            return REPEATED
        self._next_n[record.lane] = n + 1
        self.taken_bytes += len(record.body) + _ROW_BYTES
        self._books.note(db, stored, frame, also)
        return STORED

    def bring_over(self, records: list[Record], db: sqlite3.Connection) -> int:
        """Store again what was read out of a damaged file; how many of them were not known yet."""
        saved = 0
        for record in records:
            n = self._next_n[record.lane]
            if tables.insert(db, record._replace(n=n)):
                self._next_n[record.lane] = n + 1
                saved += 1
        return saved

    def _insert_beats(self, jobs: list[Job]) -> str:
        if not jobs or not self._has_room[TELEMETRY]:
            return REFUSED
        now_ms, n = self._stamp_ms(), self._next_n[TELEMETRY]
        beats = [job.beat._replace(n=n + i, stored_ms=now_ms) for i, job in enumerate(jobs) if job.beat]
        tables.insert_beats(self._file.write_db, beats)
        self.taken_bytes += sum(len(beat.body) + _ROW_BYTES for beat in beats)
        self._next_n[TELEMETRY] = n + len(beats)
        last: dict[bytes, tuple[Record, Frame]] = {}
        for beat, job in zip(beats, jobs, strict=True):
            newest = max(job.frame, last[beat.sender][1]) if beat.sender in last else job.frame
            last[beat.sender] = (beat, newest)
        self._books.note_heard(self._file.write_db, list(last.values()))
        return STORED

    # ---- when it fails

    def _recover(self, group: list[Job], fault: Exception) -> list[Any]:
        """A transaction has failed and is undone: one bad job must not take the others with it."""
        if is_damage(fault):
            self._begin_anew(fault)
        elif is_full(fault):
            self._squeeze()
        elif not is_of_the_disk(fault):
            return self._carefully(group)
        elif len(group) == 1:
            said = f"the store cannot write ({fault}); pendants keep what they have and repeat it"
            self._trace.trouble("store", said)
            self._is_failing = True
            return [fault]
        return self._one_by_one(group)

    def _carefully(self, group: list[Job]) -> list[Any]:
        """Somebody has made a mistake: again, so that a book which fails is gone without, or else that one job."""
        self._books.is_careful = True
        try:
            return self._transact(group)
        except Exception:
            return self._one_by_one(group)
        finally:
            self._books.is_careful = False

    def _one_by_one(self, group: list[Job]) -> list[Any]:
        outcomes: list[Any] = []
        for job in group:
            try:
                outcomes += self._transact([job])
            except Exception as fault:
                self._is_failing = is_of_the_disk(fault)
                self._trace.trouble("store", f"the store cannot write ({fault!r})")
                outcomes.append(fault)
        return outcomes

    def _begin_anew(self, fault: Exception) -> None:
        """The file is damaged. Numbers go on: what is forgotten under an old one must not hit a new record."""
        self._is_synced = True
        self._file.replace(fault)
        self._loop.call_soon_threadsafe(self.on_replaced)

    def _squeeze(self) -> None:
        """The disk is full: give alarms the reserve, and the room of the oldest telemetry inside the file."""
        self.give_reserve()
        with suppress(sqlite3.Error):
            self._room.make_inside(self._file.write_db)

    def give_reserve(self) -> None:
        """From now on the disk's last room is for alarms alone."""
        if not self._is_tight:
            self._reserve.release()
            self._is_tight = True
            self._trace.trouble("disk", "the disk is full; the reserve is given to alarms, everything else is refused")

    def hold_reserve(self) -> None:
        """Keep the reserve if there is room for it, which ends the shortage. Blocks; for a thread of its own."""
        if self._reserve.hold() and self._is_tight:
            self._is_tight = False
            self._trace.well("disk", "there is room on the disk again")


def _settle(group: list[Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        try:
            job.then(outcome)
        except Exception as fault:  # a mistake in one answer must not keep the others from theirs
            told = {"message": "an answer of the store has failed", "exception": fault}
            asyncio.get_running_loop().call_exception_handler(told)
