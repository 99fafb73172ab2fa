"""Without this file a wearer's page would begin anew with every restart: what is kept of beats and events.

Beats leave the store when the platform has them. Here one point an hour and pendant stays for 31 days, and the last few
hundred events that are no alarms (alarms are cases). All of it is written by the book's thread, in groups.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from gateway.station.battery import Point

SCHEMA = """
CREATE TABLE IF NOT EXISTS beat_hour (
  pendant BLOB, hour INTEGER, percent INTEGER, mv INTEGER, flags INTEGER NOT NULL, beats INTEGER NOT NULL,
  rssi_dbm INTEGER NOT NULL, PRIMARY KEY (pendant, hour)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS happening (
  n INTEGER PRIMARY KEY, pendant BLOB NOT NULL, event TEXT NOT NULL UNIQUE, at_s INTEGER NOT NULL,
  code INTEGER NOT NULL, arg INTEGER NOT NULL, delay_ms INTEGER);
CREATE INDEX IF NOT EXISTS happening_of ON happening (pendant, n);
"""
HOUR_S = 3_600
KEEP_HOURS = 31 * 24
KEEP_HAPPENINGS = 200  # of each pendant


class Hour(NamedTuple):
    """What the beats of one hour said; the last counts."""

    pendant: bytes
    hour: int
    percent: int | None
    mv: int | None
    flags: int
    beats: int
    rssi_dbm: int


class Happening(NamedTuple):
    """One event."""

    pendant: bytes
    event: str
    at_s: int
    code: int
    arg: int
    delay_ms: int | None


def put(db: sqlite3.Connection, hours: Iterable[Hour], happenings: Iterable[Happening]) -> None:
    """Write a group."""
    db.executemany(
        "INSERT INTO beat_hour VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pendant, hour) DO UPDATE SET"
        " percent = excluded.percent, mv = excluded.mv, flags = excluded.flags, beats = beats + excluded.beats,"
        " rssi_dbm = excluded.rssi_dbm",
        hours,
    )
    db.executemany(
        "INSERT OR IGNORE INTO happening (pendant, event, at_s, code, arg, delay_ms) VALUES (?, ?, ?, ?, ?, ?)",
        happenings,
    )


def drop_old(db: sqlite3.Connection, now_s: float) -> None:
    """Keep the bounds."""
    db.execute("DELETE FROM beat_hour WHERE hour < ?", (int(now_s) // HOUR_S - KEEP_HOURS,))
    db.execute(
        "DELETE FROM happening WHERE n IN (SELECT n FROM (SELECT n, row_number() OVER (PARTITION BY pendant"
        " ORDER BY n DESC) AS place FROM happening) WHERE place > ?)",
        (KEEP_HAPPENINGS,),
    )


def points(db: sqlite3.Connection, pendant: bytes, since_s: float, charging: int) -> list[Point]:
    """The curve of one battery."""
    rows = db.execute(
        "SELECT hour, percent, flags FROM beat_hour WHERE pendant = ? AND hour >= ? AND percent IS NOT NULL"
        " ORDER BY hour",
        (pendant, int(since_s) // HOUR_S),
    )
    return [Point(hour * HOUR_S, percent, bool(flags & charging)) for hour, percent, flags in rows]


def hours(db: sqlite3.Connection, pendant: bytes, since_s: float) -> list[Hour]:
    """What is kept of the beats of one pendant."""
    rows = db.execute(
        "SELECT * FROM beat_hour WHERE pendant = ? AND hour >= ? ORDER BY hour", (pendant, int(since_s) // HOUR_S)
    )
    return [Hour(*row) for row in rows]


def happenings(db: sqlite3.Connection, pendant: bytes, limit: int) -> list[Happening]:
    """The newest events of one pendant, the newest first."""
    rows = db.execute(
        "SELECT pendant, event, at_s, code, arg, delay_ms FROM happening WHERE pendant = ? ORDER BY n DESC LIMIT ?",
        (pendant, limit),
    )
    return [Happening(*row) for row in rows]


def delays(db: sqlite3.Connection, limit: int) -> list[tuple[str, int]]:
    """From the cause to the event, of the newest events that know it."""
    return db.execute(
        "SELECT event, delay_ms FROM happening WHERE delay_ms IS NOT NULL ORDER BY n DESC LIMIT ?", (limit,)
    ).fetchall()
