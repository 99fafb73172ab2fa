"""Without this file an operator could not see from a box's own shell what waits, since when, and how long it may wait.

Read beside a running gateway, without a word to it.
"""

import sqlite3
from typing import Any

from gateway.beside import Dates
from gateway.record import LANE_NAMES
from gateway.space import Limits, used_bytes

_BEATS_H = 12  # of a pendant that sends every 5 minutes
_ROW_BYTES = 56  # of a beat in the file, with its share of the page; a test measures it
_LEAST_S = 300  # a rate over less says nothing
_LEAST_ROWS = 10


def report(db: sqlite3.Connection, dates: Dates, limits: Limits, pendants: int) -> dict[str, Any]:
    """Each lane's records, bytes and oldest; the file's bytes; hours until telemetry would be thinned."""
    db.execute("BEGIN")  # one moment for all of it
    lanes = {name: _lane(db, name, dates) for name in LANE_NAMES}
    used = used_bytes(db)
    rate_h, basis = _rate(db, lanes, pendants)
    db.execute("COMMIT")
    free = max(0, limits.most - limits.reserve - used)
    return {
        "lanes": lanes,
        "used_bytes": used,
        "max_bytes": limits.most,
        "reserve_bytes": limits.reserve,
        "holds_h": round(free / rate_h, 1) if rate_h else None,
        "holds_basis": basis,
    }


def _lane(db: sqlite3.Connection, name: str, dates: Dates) -> dict[str, Any]:
    count, size, first = db.execute(f"SELECT count(*), sum(length(body)), min(n) FROM {name}").fetchone()  # noqa: S608
    oldest = db.execute(f"SELECT switch_on, heard_ms FROM {name} WHERE n = ?", (first,)).fetchone()  # noqa: S608
    return {
        "waiting": count,
        "bytes": size or 0,
        "oldest": dates.date(*oldest) if oldest else None,
        "oldest_s": dates.age_s(*oldest) if oldest else None,
    }


def _rate(db: sqlite3.Connection, lanes: dict[str, Any], pendants: int) -> tuple[float, str]:
    """Bytes an hour: as the backlog itself has grown, or as so many pendants would make it grow."""
    telemetry = lanes["telemetry"]["waiting"]
    span_s = _span_s(db)
    if telemetry >= _LEAST_ROWS and span_s >= _LEAST_S:
        return telemetry * _ROW_BYTES / span_s * 3_600, "as the backlog has grown"
    return pendants * _BEATS_H * _ROW_BYTES, f"{pendants} pendants with {_BEATS_H} beats an hour"


def _span_s(db: sqlite3.Connection) -> float:
    """Between the oldest and the newest waiting beat of the last switching-on."""
    first, last = db.execute(
        "SELECT min(heard_ms), max(heard_ms) FROM telemetry WHERE switch_on = (SELECT max(n) FROM switch_on)"
    ).fetchone()
    return 0.0 if last is None else (last - first) / 1000
