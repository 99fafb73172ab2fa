"""Without this file one could ask about a gateway only by stopping it: reads the store beside whoever writes it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from gateway import tables
from gateway.clock import Clock, boot_id, rfc3339
from gateway.errors import SetUpError

STORE_NAME = "store.db"
_BUSY_S = 5.0


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, to a store that is in use or not; SetUpError says why there is none."""
    if not path.exists():
        raise SetUpError(f"{path}: there is no store yet; the gateway makes it when it first runs.")
    try:
        with contextlib.closing(_connect(path)) as db:
            if path.name == STORE_NAME:
                _refuse_other_format(path, db)
            yield db
    except sqlite3.Error as fault:
        raise SetUpError(
            f"{path}: cannot be read ({fault}); run this as its user or as root, or see `tiexin-gateway doctor`."
        ) from None


def _refuse_other_format(path: Path, db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        raise SetUpError(f"{path}: is just being made; ask again.")
    if version > tables.FORMAT:
        raise SetUpError(f"{path}: is of a later version than this program; use the newer one.")


def _connect(path: Path) -> sqlite3.Connection:
    # Who may not write the folder cannot share the log's index; without a log nobody writes, and none is needed.
    has_log = path.with_name(path.name + "-wal").exists()
    for how in ("mode=ro",) if has_log else ("mode=ro", "mode=ro&immutable=1"):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=_BUSY_S)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as fault:
            db.close()
            met = fault
        else:
            return db
    raise met


class Dates:
    """Turns stamps of the store into dates and ages, where the time was ever known."""

    def __init__(self, db: sqlite3.Connection, clock: Clock) -> None:
        self._offsets = tables.offsets(db)
        row = db.execute("SELECT n FROM switch_on WHERE boot_id = ?", (boot_id(),)).fetchone()
        self._switch_on = row[0] if row else None  # the present one, if the gateway has run in it
        self._clock = clock
        now_ms = clock.offset_ms()
        if self._switch_on is not None and now_ms is not None:
            self._offsets[self._switch_on] = now_ms

    def date(self, switch_on: int, stamp_ms: int) -> str | None:
        """2026-11-22T13:45:07.123Z; None if the time was never known while that machine was on."""
        offset_ms = self._offsets.get(switch_on)
        return None if offset_ms is None else rfc3339(stamp_ms + offset_ms)

    def age_s(self, switch_on: int, stamp_ms: int) -> int | None:
        """Seconds since then, 0 at least; None if nobody can know."""
        if switch_on == self._switch_on:
            return max(0, self._clock.stamp_ms() - stamp_ms) // 1000
        offset_ms, now_s = self._offsets.get(switch_on), self._clock.unix_s()
        if offset_ms is None or not now_s:
            return None
        return max(0, now_s - (stamp_ms + offset_ms) // 1000)
