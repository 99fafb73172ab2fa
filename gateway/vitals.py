"""Without this file each who asks how the gateway is would get another answer: graphs, monitors, installers.

Everything that can be said about its health at one moment, as plain values, without a name and without a secret.
"""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from gateway.cases import Cases
from gateway.clock import Clock
from gateway.hearings import Hearings
from gateway.pendant_state import PendantState
from gateway.record import LANE_NAMES
from gateway.registry import Registry
from gateway.store import Store
from shared import words

LOOK_S = 1.0
STORE_S = 5.0  # a store that does not answer a question for so long is not well
_OLDEST = tuple(f"SELECT switch_on, heard_ms FROM {lane} ORDER BY n LIMIT 1" for lane in LANE_NAMES)  # noqa: S608


@dataclass(frozen=True)
class Link:
    """A connection, and for how long it has been as it is."""

    is_up: bool
    since_s: float


@dataclass(frozen=True)
class Sign:
    """The last of one pendant, as numbers."""

    pendant: str
    presence: str  # "here", "missing", "unknown"
    heard_ago_s: float | None  # None: never, or nobody knows
    rssi_dbm: int | None
    downlink_rssi_dbm: int | None
    battery_percent: int | None
    battery_mv: int | None
    worn: bool | None
    charging: bool | None


@dataclass(frozen=True)
class Vital:
    """How the gateway is."""

    version: str
    uptime_s: float
    pendants: int
    broker: Link
    bridge: Link
    channel: int
    is_time_known: bool
    store_answers: bool
    store_takes_alarms: bool
    health: dict[str, Any]  # as in the retained status
    counts: dict[str, Any]  # since the start
    oldest_s: dict[str, float | None]  # by lane
    disk_free_bytes: int
    disk_bytes: int
    open_alarms: int
    unanswered_alarms: int
    longest_unanswered_s: float
    signs: list[Sign] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it as values that JSON has."""
        return asdict(self)


class Vitals:
    """Looks at the parts of the gateway. All of it runs in the event loop, but for the disk."""

    def __init__(
        self, *, store: Store, clock: Clock, registry: Registry, cases: Cases, hearings: Hearings,
        states: Callable[[], list[PendantState]], data_dir: Path,
        switch_on: int, is_broker_up: Callable[[], bool], is_bridge_up: Callable[[], bool], channel: Callable[[], int],
        health: Callable[[], dict[str, Any]], counts: Callable[[], dict[str, Any]],
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._registry = registry
        self._cases = cases
        self._states = states
        self._data_dir = data_dir
        self._switch_on = switch_on
        self._links = {"broker": _Lasting(is_broker_up), "bridge": _Lasting(is_bridge_up)}
        self._channel = channel
        self._health = health
        self._counts = counts
        self._began_s = time.monotonic()
        self.hearings = hearings
        self._looking = asyncio.Lock()
        self._seen: Vital | None = None
        self._seen_s = 0.0

    async def run(self) -> None:
        """Watch how long the connections have been as they are, for ever."""
        while True:
            for link in self._links.values():
                link.look()
            self.hearings.keep_only({pendant.id for pendant in self._registry})
            await asyncio.sleep(LOOK_S)

    async def recent(self, most_s: float) -> Vital:
        """How it was at most so many seconds ago; who asks while somebody looks gets what is seen."""
        async with self._looking:
            if self._seen is None or time.monotonic() - self._seen_s > most_s:
                self._seen = await self.look()
                self._seen_s = time.monotonic()
            return self._seen

    async def look(self) -> Vital:
        """How it is now."""
        oldest_s, store_answers = await self._oldest_s()
        disk = await asyncio.to_thread(shutil.disk_usage, self._data_dir)
        now_ms = self._clock.stamp_ms()
        waiting = [case for case in self._cases.open() if case.answered_by is None]
        return Vital(
            version=version(),
            uptime_s=time.monotonic() - self._began_s,
            pendants=len(self._registry),
            broker=self._links["broker"].link(),
            bridge=self._links["bridge"].link(),
            channel=self._channel(),
            is_time_known=self._clock.unix_s() > 0,
            store_answers=store_answers,
            store_takes_alarms=self._store.takes_alarms,
            health=self._health(),
            counts=self._counts(),
            oldest_s=oldest_s,
            disk_free_bytes=disk.free,
            disk_bytes=disk.total,
            open_alarms=len(self._cases.open()),
            unanswered_alarms=len(waiting),
            longest_unanswered_s=max(((now_ms - case.heard_stamp_ms) / 1_000 for case in waiting), default=0.0),
            signs=[self._sign(state, now_ms) for state in self._states()],
        )

    def _sign(self, state: PendantState, now_ms: int) -> Sign:
        hearing = self.hearings.last(state.pendant)
        return Sign(
            pendant=state.pendant.hex(),
            presence=state.presence,
            heard_ago_s=self._ago_s(state, now_ms),
            rssi_dbm=state.rssi_dbm,
            downlink_rssi_dbm=hearing.downlink_rssi_dbm if hearing else None,
            battery_percent=state.battery_percent,
            battery_mv=state.battery_mv,
            worn=state.worn,
            charging=state.charging,
        )

    def _ago_s(self, state: PendantState, now_ms: int) -> float | None:
        if state.seen_stamp_ms is not None:
            return (now_ms - state.seen_stamp_ms) / 1_000
        offset_ms = self._clock.offset_ms()
        if state.seen_unix_ms is None or offset_ms is None:
            return None
        return max(0.0, (now_ms + offset_ms - state.seen_unix_ms) / 1_000)

    async def _oldest_s(self) -> tuple[dict[str, float | None], bool]:
        """How long the oldest record of each lane waits, of this switching-on; and whether the store answers."""
        work = partial(_oldest, switch_on=self._switch_on, now_ms=self._clock.stamp_ms())
        with suppress(sqlite3.Error, TimeoutError):
            async with asyncio.timeout(STORE_S):
                return await self._store.read(work), True
        return dict.fromkeys(LANE_NAMES), False


class _Lasting:
    """Something that is up or not, and since when."""

    def __init__(self, is_up: Callable[[], bool]) -> None:
        self._is_up = is_up
        self._was_up = is_up()
        self._since_s = time.monotonic()

    def look(self) -> None:
        if self._is_up() != self._was_up:
            self._was_up = not self._was_up
            self._since_s = time.monotonic()

    def link(self) -> Link:
        self.look()
        return Link(self._was_up, time.monotonic() - self._since_s)


def _oldest(db: sqlite3.Connection, *, switch_on: int, now_ms: int) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for lane, query in zip(LANE_NAMES, _OLDEST, strict=True):
        row = db.execute(query).fetchone()
        # Of an earlier switching-on it is at least as old as this one.
        found[lane] = None if row is None else (now_ms - (row[1] if row[0] == switch_on else 0)) / 1_000
    return found


def version() -> str:
    """Of this program."""
    return ".".join(map(str, words.VERSION))
