"""Without this file a restart of the gateway would sign everybody out and empty every curve: the page's own small file.

An SQLite file of its own beside the store, never the store itself: nothing here may hold an alarm's COMMIT up, and
nothing here is worth an fsync (synchronous=NORMAL: a power cut may take the last seconds). One thread of its own.
A damaged file is set aside and begun anew.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from gateway.disk_faults import is_damage
from gateway.trace import Trace

NAME = "station.db"
_CACHE_KIB = 512
_WAIT_S = 5.0
T = TypeVar("T")


class Book:
    """What the page must remember over a restart."""

    def __init__(self, path: Path, schemas: tuple[str, ...], trace: Trace) -> None:
        self._path = path
        self._schemas = schemas
        self._trace = trace
        self._db: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, "station-book")

    async def open(self) -> None:
        """Open or make the file; without one the page works and forgets."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Write what is queued and let go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def do(self, job: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Run job(db) in one transaction; otherwise, and a word in the log, if the file fails."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, job, otherwise)

    def _open(self) -> None:
        try:
            self._db = self._connect_or_begin_anew()
        except (OSError, sqlite3.Error) as fault:  # a folder that takes no file, as well: the page works without
            self._trace.trouble("station-book", f"the page's file cannot be used: {fault}")

    def _connect_or_begin_anew(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as fault:
            if not is_damage(fault):
                raise
            self._set_aside()
            return self._connect()

    def _set_aside(self) -> None:
        """The damaged file; its log goes with it, or it would be taken for a part of the new one."""
        aside = self._path.with_name(f"{self._path.name}.damaged")
        for end in ("-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        self._path.replace(aside)
        self._trace.step("station-book-damaged", file=aside.name)

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(0o600)  # before a word is in it
        db = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            for schema in self._schemas:
                db.executescript(schema)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _do(self, job: Callable[[sqlite3.Connection], Any], otherwise: Any) -> Any:
        if self._db is None:
            return otherwise
        try:
            with self._db:
                result = job(self._db)
        except sqlite3.Error as fault:
            self._trace.trouble("station-book", f"the page's file cannot be used: {fault}")
            return otherwise
        self._trace.well("station-book", "the page's file can be used again")
        return result

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
