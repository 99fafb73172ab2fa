"""Without this file nobody would know what a week without the platform does to the next alarm.

A store with a million beats in it, written with the store's own SQL; then the gateway is started against a platform
that is there, and alarms are brought while it drains.
"""

import sqlite3
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.table import Table

from gateway import tables
from gateway.configuration.station import USERS_NAME
from gateway.record import TELEMETRY, Record
from shared import frames, words
from tools.gateway_bench.box import Tiexin
from tools.gateway_bench.rows import FILTERS
from tools.gateway_bench.sink import Sink
from tools.gateway_bench.visitors import Visitors
from tools.home.broker import free_port

_CHUNK = 20_000


def fill(path: Path, senders: list[bytes], number: int) -> float:
    """Make a store with that many beats; return its size in MB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN")
    tables.create(db)
    tables.begin_run(db, "an earlier switching-on")
    for start in range(1, number + 1, _CHUNK):
        tables.insert_beats(db, [_beat(n, senders) for n in range(start, min(start + _CHUNK, number + 1))])
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path.stat().st_size / 1e6


def _beat(n: int, senders: list[bytes]) -> Record:
    seq = frames.FIRST_BEAT_SEQ + n
    body = frames.pack_beat(frames.Beat(1, seq, 3900, 80, -60, 1, words.WORN, words.VERSION, 100))
    return Record(n, TELEMETRY, senders[n % len(senders)], 1, seq, words.BEAT, body, -60, 1, n, n)


def measure(directory: Path, port: int, number: int, *, has_page: bool = False) -> Table:
    """Start, drain, alarms meanwhile, memory; has_page: while the station page stands open and is loaded."""
    page_port = free_port() if has_page else 0
    box = Tiexin(directory, port, page_port=page_port)
    size_mb = fill(directory / "data" / "store.db", [pendant.id for pendant in box.pendants], number)
    # Two subscribers: the one that counts a million beats must not hold up the one that times the alarms.
    with Sink(port, FILTERS[1]) as sink, Sink(port, FILTERS[0]) as alarms:
        began_s = time.monotonic()
        with box:
            start_s = time.monotonic() - began_s
            time.sleep(1.0)  # it is draining by now
            with _visitors(page_port, directory):
                times_ms, drained_s = _alarms_while_draining(box, sink, alarms, number)
            took_s = drained_s - min(sink.first_s.values())
            peak_mb = _peak_mb(box.pid())
    table = Table("backlog", f"{number:,} beats, {size_mb:.0f} MB", title="A backlog, drained")
    if has_page:
        table.add_row("the station page", "open four times, and loaded every 2 s")
    table.add_row("start until it serves", f"{start_s:.2f} s")
    if times_ms:
        times_ms.sort()
        table.add_row(
            "an alarm meanwhile, p50 / p99 / longest",
            f"{times_ms[len(times_ms) // 2]:.0f} / {times_ms[int(len(times_ms) * 0.99)]:.0f} / {times_ms[-1]:.0f} ms"
            f" ({len(times_ms)} alarms)",
        )
    arrived = len(sink.counts)
    table.add_row(
        "drained", f"{arrived / took_s:,.0f} events/s; {number - arrived:,} missing, {sink.repeats:,} repeated"
    )
    table.add_row("resident memory, highest", f"{peak_mb:.0f} MB")
    return table


def _visitors(page_port: int, directory: Path) -> AbstractContextManager[object]:
    if not page_port:
        return nullcontext()
    return Visitors(f"http://127.0.0.1:{page_port}/", directory / "data" / USERS_NAME)


def _alarms_while_draining(box: Tiexin, sink: Sink, alarms: Sink, number: int) -> tuple[list[float], float]:
    times_ms = []
    deadline_s = time.monotonic() + 60 + number / 2_000
    while len(sink.counts) < number and time.monotonic() < deadline_s:
        began_s = time.monotonic()
        (name,) = box.feed(1, is_alarm=True, within_s=0)
        times_ms.append((alarms.wait_for(name, 10) - began_s) * 1000)
        time.sleep(0.1)
    return times_ms, time.monotonic()


def _peak_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmHWM:")[1].split()[0]) / 1024
