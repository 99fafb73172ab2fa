"""Without this file a damaged database would stop the gateway at the next start, or vanish with what was in it.

Opens the store's file so that a COMMIT is a promise, sets a damaged one aside and begins a new one, and names what was
set aside, so that it can be salvaged.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

from gateway import tables
from gateway.disk_faults import is_damage
from gateway.record import LANES
from gateway.synced import sync_folder
from gateway.trace import Trace

_PAGE_BYTES = 4096

_UNREAD = "-unread"  # the ending of a mark beside a damaged file


class StoreFile:
    """One SQLite file: a connection that writes, one that reads, and who they make us."""

    write_db: sqlite3.Connection
    read_db: sqlite3.Connection
    identity: tables.Identity
    extents: list[tuple[int, int]]  # of each lane as it was opened: how many records, the last n

    def __init__(self, path: Path, boot_id: str, reserve_bytes: int, trace: Trace) -> None:
        self.path = path
        self.aside: list[Path] = []  # damaged files that have not been salvaged yet: a mark beside each says so
        self._boot_id = boot_id
        # Moving the log into the file may take as much room again: on a full disk that is half of the reserve.
        self._log_pages = max(16, reserve_bytes // 2 // _PAGE_BYTES)
        self._trace = trace

    def open(self) -> None:
        """Open or make the file and begin a run; a damaged one is set aside first. Raises OSError, sqlite3.Error."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.aside = self._unread()
        try:
            self._begin(None)
        except sqlite3.DatabaseError as fault:
            self._close_what_is_open()
            if not is_damage(fault):
                raise
            self._set_aside(fault)
            self._begin(None)

    def replace(self, fault: Exception) -> None:
        """The file has turned out to be damaged in service: go on, as who we are, in a new one."""
        self.write_db.close()  # the other one may be in use by the reader's thread: it goes when that lets go of it
        self._set_aside(fault)
        self._begin(self.identity)

    def salvaged(self, aside: Path) -> None:
        """All that can be read of it has been brought over: it need not be read again."""
        with suppress(OSError):  # then the next start reads it again, and finds nothing new
            _mark(aside).unlink()

    def renew(self, db: sqlite3.Connection) -> tables.Identity:
        """Another boot for the nonces down, within a transaction; a file that replaces this one goes on there."""
        self.identity = tables.begin_run(db, self._boot_id)
        return self.identity

    def close(self) -> None:
        """Close both connections."""
        self._close_what_is_open()

    def checkpoint(self) -> None:
        """Move the log into the file, beside whoever writes. Blocks."""
        with suppress(sqlite3.Error):  # the writer meets the same fault at its next COMMIT, and says so
            db = self._connect()
            try:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                db.close()

    def _begin(self, identity: tables.Identity | None) -> None:
        self.write_db = db = self._connect()
        db.execute("BEGIN IMMEDIATE")
        tables.create(db)
        if identity is None:
            self.identity = tables.begin_run(db, self._boot_id)
        else:
            tables.continue_run(db, self._boot_id, identity)
        db.execute("COMMIT")
        self.read_db = self._connect()
        self.read_db.execute("PRAGMA query_only = ON")  # a write that strays here would pass the writer, and the room
        self.extents = [tables.extent(db, lane) for lane in LANES]
        sync_folder(self.path.parent)  # else the power could take the new file's name with it

    def _close_what_is_open(self) -> None:
        for name in ("read_db", "write_db"):
            if db := getattr(self, name, None):
                with suppress(sqlite3.Error):
                    db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10.0)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # NORMAL may roll back the last commits when the power goes
        db.execute(f"PRAGMA wal_autocheckpoint = {self._log_pages}")  # if nobody calls checkpoint() before
        db.execute(f"PRAGMA journal_size_limit = {self._log_pages * _PAGE_BYTES}")
        db.execute("PRAGMA cache_size = -4096")
        return db

    def _set_aside(self, fault: Exception) -> None:
        """A damaged file must neither stop the gateway nor vanish: it is kept beside the new one."""
        aside = _free_name(self.path)
        with suppress(OSError):  # a full disk may refuse it: then a power cut costs the rescue, not the new store
            _mark(aside).touch()  # before the rename: a power cut after it must not leave a file that nobody reads
        self.path.rename(aside)
        for ending in ("-wal", "-shm"):
            log = self.path.with_name(self.path.name + ending)
            if log.exists():
                log.rename(aside.with_name(aside.name + ending))
        self.aside.append(aside)
        self._trace.step("store-damaged", text=f"{fault}; set aside as {aside.name}, a new store is begun")

    def _unread(self) -> list[Path]:
        """What the power has kept us from reading; marks without a file, of a cut before the rename, go."""
        found = []
        for mark in sorted(self.path.parent.glob(f"{self.path.stem}-damaged-*{_UNREAD}")):
            aside = mark.with_name(mark.name.removesuffix(_UNREAD))
            if aside.exists():
                found.append(aside)
            else:
                with suppress(OSError):
                    mark.unlink()
        return found


def _mark(aside: Path) -> Path:
    return aside.with_name(aside.name + _UNREAD)


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    return aside
