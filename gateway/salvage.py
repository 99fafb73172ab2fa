"""Without this file one damaged page would cost every event that was waiting beside it.

Reads out of a damaged store whatever can still be read: all of a lane but the rows that lie on the damage; and brings
it into the store that has come instead. What has been damaged within a row may be anything: such a row is left out.
What says nothing of the file (somebody has locked it) ends the reading with that error: nothing is left out for it.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from gateway import tables
from gateway.disk_faults import is_of_the_disk, says_nothing_of_the_file
from gateway.record import LANE_NAMES, LANES, Record
from gateway.trace import Trace

CHUNK = 500
BUSY_S = 5.0
Do = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]  # runs work in a transaction of the store
BringOver = Callable[[list[Record], sqlite3.Connection], int]


async def bring_back(aside: Path, do: Do, bring_over: BringOver, saved: list[int], trace: Trace) -> None:
    """Bring all that can be read into the store; saved counts the records of each lane. Raises what the disk says."""
    chunks = records(aside)
    while chunk := await asyncio.to_thread(next, chunks, None):
        done = await _each(do, [partial(bring_over, [record]) for record in chunk], partial(bring_over, chunk), trace)
        saved[chunk[0].lane] += sum(done)
    for table, rows in await asyncio.to_thread(list, memory(aside)):
        one_by_one = [partial(tables.merge_memory, table=table, rows=[row]) for row in rows]
        await _each(do, one_by_one, partial(tables.merge_memory, table=table, rows=rows), trace)


async def _each(
    do: Do, one_by_one: Sequence[Callable[..., Any]], together: Callable[..., Any], trace: Trace
) -> list[Any]:
    """Do it together; where that fails for what stands in a row, one by one, and leave such rows out."""
    done = []
    for work in (together, *one_by_one):
        try:
            done.append(await do(work))
        except Exception as fault:
            if is_of_the_disk(fault):
                raise
            if work is not together:
                trace.step("row-not-salvaged", text=repr(fault))
        else:
            if work is together:
                break
    return done


def records(path: Path) -> Iterator[list[Record]]:
    """The readable records, alarms first, in chunks; each may be asked for in another thread."""
    with closing(_opened(path)) as db:
        for lane in LANES:
            yield from _lane(db, lane)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_S
    )


def _leave_out(fault: sqlite3.Error) -> None:
    """Go on without what could not be read, if it lies on the damage."""
    if says_nothing_of_the_file(fault):
        raise fault


def _lane(db: sqlite3.Connection, lane: int) -> Iterator[list[Record]]:
    last = _last(db, lane)
    first = 1
    while last is not None and first <= last:
        chunk = _read(db, lane, first, min(first + CHUNK, last + 1))
        if chunk:
            yield chunk
        first = _next(db, lane, first + CHUNK)
    if last is None:
        yield from _up_to_the_damage(db, lane)


def _last(db: sqlite3.Connection, lane: int) -> int | None:
    """None: the newest page of the lane, or the way to it, is damaged, and nobody knows where the lane ends."""
    try:
        # Down the right edge of the tree only: counting would read every page, the damaged one too.
        return int(db.execute(f"SELECT max(n) FROM {LANE_NAMES[lane]}").fetchone()[0] or 0)  # noqa: S608
    except sqlite3.Error as fault:
        _leave_out(fault)
        return None


def _up_to_the_damage(db: sqlite3.Connection, lane: int) -> Iterator[list[Record]]:
    """Everything older than what cannot be read; slower and slower towards it."""
    after, limit = 0, CHUNK
    while limit:
        try:
            chunk = tables.claim(db, lane, after, limit)
        except sqlite3.Error as fault:
            _leave_out(fault)
            limit //= 2
            continue
        if not chunk:
            return
        yield chunk
        after = chunk[-1].n


def _next(db: sqlite3.Connection, lane: int, first: int) -> int:
    """Leap over what is long forgotten; step where even the leap meets the damage."""
    try:
        found = tables.claim(db, lane, first - 1, 1)
    except sqlite3.Error as fault:
        _leave_out(fault)
        return first
    return found[0].n if found else first


def _read(db: sqlite3.Connection, lane: int, first: int, end: int) -> list[Record]:
    """The records first ... end - 1 that can be read; where one cannot, halve until only it is left out."""
    try:
        return tables.between(db, lane, first, end - 1)
    except sqlite3.Error as fault:
        _leave_out(fault)
        if end - first <= 1:
            return []
        middle = (first + end) // 2
        return _read(db, lane, first, middle) + _read(db, lane, middle, end)


def memory(path: Path) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """What else was remembered, table by table, as far as it can be read."""
    with closing(_opened(path)) as db:
        for table in tables.MEMORY:
            rows: list[tuple[object, ...]] = []
            try:
                rows.extend(db.execute(f"SELECT * FROM {table}"))  # noqa: S608
            except sqlite3.Error as fault:  # what came before the damage counts
                _leave_out(fault)
            yield table, rows
