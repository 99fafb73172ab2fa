"""Without this file nobody could see how strongly each pendant is heard, or how full its battery is, at this moment.

The last words of each pendant, in memory: for graphs, for Home Assistant, and for an installer who walks from room to
room. Bounded by the list of pendants: nobody else comes so far.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from gateway.registry import Pendant
from shared import frames, words

Watcher = Callable[["Hearing"], None]
MOST_WATCHERS = 16


class Listener(Protocol):
    """Who else wants to know that a pendant was heard."""

    def heard(self, pendant: Pendant, rssi_dbm: int, kind: int, said: Any) -> None:
        """Said is the Event, Beat or Poll."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """The last that was heard of a pendant."""

    pendant: bytes
    stamp_ms: int
    kind: int
    code: int  # of an event, 0 otherwise
    rssi_dbm: int
    downlink_rssi_dbm: int | None = None  # how the pendant heard us, from its last beat, as all that follows
    battery_percent: int | None = None
    battery_mv: int | None = None
    flags: int = 0
    firmware: str = ""
    uptime_s: int | None = None


class Hearings:
    """Stands between custody and who listens to it."""

    def __init__(self, stamp_ms: Callable[[], int], then: Listener) -> None:
        self._stamp_ms = stamp_ms
        self._then = then
        self._last: dict[bytes, Hearing] = {}
        self._watchers: list[Watcher] = []

    def heard(self, pendant: Pendant, rssi_dbm: int, kind: int, said: Any) -> None:
        """As custody tells it."""
        self._then.heard(pendant, rssi_dbm, kind, said)
        code = said.code if kind in (words.ALARM, words.EVENT) else 0
        now = Hearing(pendant.id, self._stamp_ms(), kind, code, rssi_dbm)
        before = self._last.get(pendant.id, now)
        now = replace(before, stamp_ms=now.stamp_ms, kind=kind, code=code, rssi_dbm=rssi_dbm)
        if kind == words.BEAT:
            now = _with_beat(now, said)
        self._last[pendant.id] = now
        for watcher in list(self._watchers):
            watcher(now)

    def last(self, pendant: bytes) -> Hearing | None:
        """The last of one pendant since the gateway has started."""
        return self._last.get(pendant)

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call watcher for every frame, until the function returned is called. RuntimeError if too many watch."""
        if len(self._watchers) >= MOST_WATCHERS:
            raise RuntimeError("too many watch already")
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def keep_only(self, pendants: set[bytes]) -> None:
        """Forget who is no longer on the list."""
        for pendant in self._last.keys() - pendants:
            del self._last[pendant]


def _with_beat(hearing: Hearing, beat: Any) -> Hearing:
    return replace(
        hearing,
        downlink_rssi_dbm=None if beat.rssi_dbm == frames.RSSI_UNKNOWN_DBM else beat.rssi_dbm,
        battery_percent=None if beat.battery_percent == frames.PERCENT_UNKNOWN else beat.battery_percent,
        battery_mv=beat.battery_mv or None,
        flags=beat.flags,
        firmware="{}.{}.{}".format(*beat.firmware),
        uptime_s=beat.uptime_s,
    )
