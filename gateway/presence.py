"""Without this file a carer could not see whether a pendant is well, only that it has not complained.

The last known state of each pendant, retained at the broker; who is missing, and who is found, each told once. Whom to
call missing is decided in roll_call.py; what must outlive a restart is kept by presence_tables.py.
"""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway import presence_tables, sightings
from gateway.clock import Clock, rfc3339
from gateway.orders import Order
from gateway.own import OwnEvents
from gateway.pendant_state import (
    HERE,
    MISSING,
    UNKNOWN,
    PendantState,
    boot_of,
    measured_beat_ms,
    published,
    said_by_beat,
    state_event,
)
from gateway.presence_news import BRIDGE, News
from gateway.presence_tables import Row
from gateway.registry import Pendant, Registry
from gateway.roll_call import DEFAULT_BEAT_MS, RollCall, Track
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace
from shared import words

TICK_S = 1.0
SAVE_S = 60.0
_REFRESH_MS = 30_000  # a pendant that polls every 2 s changes its state no oftener than this


class Presence:
    """Who is here. All of it runs in the event loop."""

    def __init__(
        self, *, store: Store, own: OwnEvents, clock: Clock, switch_on: int, offset_ms: Callable[[int], int | None],
        registry: Registry, topics: Topics, common: dict[str, str], run: str,
        put_state: Callable[[str, Callable[[], bytes]], None], is_bridge_up: Callable[[], bool], trace: Trace,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._switch_on = switch_on
        self._offset_ms = offset_ms
        self._registry = registry
        self._topics = topics
        self._common = common
        self._run = run  # makes ids unique: this gateway, this start
        self._put_state = put_state
        self._is_bridge_up = is_bridge_up
        self._news = News(own, common["gateway"], trace)
        self._roll = RollCall()
        self._said: dict[bytes, dict[str, Any]] = {}
        self._seen: dict[bytes, tuple[int, int]] = {}  # switching-on and stamp
        self._beat_ms: dict[bytes, int] = {}  # as configured
        self._unheard_s: dict[bytes, int] = {}  # of whom was found: for how long it was gone
        self._told_ms: dict[bytes, int] = {}
        self._shown: dict[bytes, str] = {}
        self._dirty: set[bytes] = set()
        self._watchers: list[Callable[[bytes], None]] = []
        self._ticked_ms = clock.stamp_ms()
        self._number = 0

    # ---- looking

    def states(self) -> list[PendantState]:
        """Every pendant that belongs to this gateway, heard or not."""
        return [self._picture(pendant.id) for pendant in self._registry if not pendant.is_revoked]

    def state(self, pendant: bytes) -> PendantState:
        """One of them."""
        return self._picture(pendant)

    def watch(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call callback(pendant) in the event loop after every change; the function returned ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def summary(self) -> dict[str, Any]:
        """For the status: how many are here, and whether this gateway can hear at all."""
        found = [state.presence for state in self.states()]
        return {
            "presence": {name: found.count(name) for name in (HERE, MISSING, UNKNOWN)},
            "bridge": "missing" if self._roll.is_bridge_away else "here",
            "radio": "silent" if self._roll.silent_since_ms is not None else "well",
        }

    # ---- what happens

    def heard(self, pendant: Pendant, rssi_dbm: int, kind: int, said: Any) -> None:
        """A pendant was heard; said is its Event, Beat or Poll."""
        name, now_ms = pendant.id, self._clock.stamp_ms()
        state = self._said.setdefault(name, {"boot": None})
        is_new = name not in self._roll.tracks
        was_missing = not is_new and self._roll.tracks[name].is_missing
        unheard_ms = self._roll.heard(name)
        if is_new:
            self._roll.tracks[name].configured_ms = self._beat_ms.get(name, DEFAULT_BEAT_MS)
        if was_missing:
            self._unheard_s[name] = unheard_ms // 1_000
        self._seen[name] = (self._switch_on, now_ms)
        self._dirty.add(name)
        state["rssi_dbm"] = rssi_dbm
        boot = boot_of(kind, said)
        state["boot"] = state["boot"] if boot is None else boot
        if kind == words.BEAT:
            self._take_beat(self._roll.tracks[name], state, said)
        is_poll_again = kind == words.POLL and now_ms - self._told_ms.get(name, -_REFRESH_MS) < _REFRESH_MS
        if not is_poll_again or was_missing:
            self._show(name)

    def configured(self, order: Order) -> None:
        """A pendant has done an order; if it was about its beats, they are expected by it from now on."""
        if order.verb != words.CONFIGURE:
            return
        beat_s = json.loads(order.argument).get("beat_s")
        if isinstance(beat_s, int) and beat_s > 0:
            self._beat_ms[order.pendant] = beat_s * 1_000
            if order.pendant in self._roll.tracks:
                self._roll.tracks[order.pendant].configured_ms = beat_s * 1_000

    async def load(self) -> None:
        """Go on where the last run has ended: time in which nobody listened does not count."""
        kept = await self._store.read(presence_tables.load)
        seen = await self._store.read(sightings.sightings)
        self._beat_ms = {pendant: beat_s * 1_000 for pendant, beat_s in kept.beat_s.items()}
        self._news.told = kept.told
        self._roll.listening_ms = kept.listening_ms
        self._roll.silent_since_ms, self._roll.silenced_most = kept.silent_since_ms, kept.silenced_most
        self._roll.is_bridge_away = BRIDGE in kept.told
        for row in kept.rows:
            self._take_in(row, seen.get(row.pendant))
        for pendant in [known.id for known in self._registry if known.id in seen and known.id not in self._seen]:
            self._take_in(Row(pendant, kept.listening_ms, False, 0, *seen[pendant], {"boot": None}), None)

    async def run(self) -> None:
        """Watch, for ever."""
        saved_ms = self._clock.stamp_ms()
        try:
            while True:
                self.tick()
                if self._clock.stamp_ms() - saved_ms >= SAVE_S * 1_000:
                    saved_ms = self._clock.stamp_ms()
                    self.save()
                await asyncio.sleep(TICK_S)
        finally:
            self.save()  # the store commits it before it closes

    def tick(self) -> None:
        """Some time has passed: see who is missing, and tell what was not told yet."""
        now_ms = self._clock.stamp_ms()
        self._roll.tick(now_ms - self._ticked_ms, is_bridge_up=self._is_bridge_up())
        self._ticked_ms = now_ms
        self._forget_strangers()
        roll, news = self._roll, self._news
        news.bridge(is_away=roll.is_bridge_away, pendants=len(roll.tracks))
        news.radio(is_silent=roll.silent_since_ms is not None, silent=roll.silenced(), of=len(roll.tracks))
        for pendant, track in roll.tracks.items():
            news.pendant(pendant, is_missing=track.is_missing, data=partial(self._news_of, pendant, track.is_missing))
            if self._shown.get(pendant) != self._presence(pendant):
                self._show(pendant)

    def save(self) -> None:
        """Keep what has changed since the last time; lost with the power it costs a minute of listening."""
        roll, dirty = self._roll, [pendant for pendant in self._dirty if pendant in self._roll.tracks]
        self._dirty.clear()
        work = partial(
            presence_tables.save, rows=[self._row(pendant) for pendant in dirty], listening_ms=roll.listening_ms,
            silent_since_ms=roll.silent_since_ms, silenced_most=roll.silenced_most,
        )  # fmt: skip

        def saved(outcome: Any) -> None:
            if isinstance(outcome, Exception):
                self._dirty.update(dirty)

        self._store.ask(work, saved)

    # ---- showing

    def _news_of(self, pendant: bytes, is_missing: bool) -> dict[str, Any]:
        state = self._picture(pendant)
        unheard_s = state.unheard_s if is_missing else self._unheard_s.get(pendant)
        return {
            "last_seen": self._last_seen(pendant), "unheard_s": unheard_s, "beat_s": state.beat_s,
            **published(self._said.get(pendant, {})),
        }  # fmt: skip

    def _show(self, pendant: bytes) -> None:
        """Publish its state, and wake who watches."""
        self._told_ms[pendant] = self._clock.stamp_ms()
        self._shown[pendant] = self._presence(pendant)
        self._put_state(self._topics.state(pendant.hex()), partial(self._render, pendant))
        for callback in list(self._watchers):
            callback(pendant)

    def _render(self, pendant: bytes) -> bytes:
        if pendant not in self._said:
            return b""  # it does not belong to us any more: nothing is retained of it
        self._number += 1
        data = {"presence": self._presence(pendant), "last_seen": self._last_seen(pendant)}
        return state_event(
            f"{self._run}-state-{self._number}", pendant.hex(), self._common, {**data, **published(self._said[pendant])}
        )

    # ---- inside

    def _take_beat(self, track: Track, state: dict[str, Any], beat: Any) -> None:
        track.measured_ms = measured_beat_ms(state, beat) or track.measured_ms
        state.update(said_by_beat(beat))
        state["beat_boot"] = beat.boot

    def _take_in(self, row: Row, sighting: tuple[int, int] | None) -> None:
        # Heard after the row was written: the listening clock that was kept is the best that is known of when.
        is_newer = sighting is not None and sighting > (row.switch_on, row.seen_ms)
        heard_ms = self._roll.listening_ms if is_newer else row.heard_ms
        track = Track(heard_ms, self._beat_ms.get(row.pendant, DEFAULT_BEAT_MS), row.measured_ms)
        track.is_silenced = row.is_silenced and not is_newer
        track.is_missing = row.pendant in self._news.told and not is_newer
        self._roll.tracks[row.pendant] = track
        self._seen[row.pendant] = sighting if is_newer and sighting else (row.switch_on, row.seen_ms)
        self._said[row.pendant] = row.state

    def _forget_strangers(self) -> None:
        """Revoked, or taken from the list: neither missing nor found."""
        ours = {pendant.id for pendant in self._registry if not pendant.is_revoked}
        gone = self._roll.keep_only(ours)
        for pendant in gone:
            for known in (self._said, self._seen, self._told_ms, self._shown, self._unheard_s, self._beat_ms):
                known.pop(pendant, None)
            self._news.told.discard(pendant)
            self._put_state(self._topics.state(pendant.hex()), partial(self._render, pendant))
            for callback in list(self._watchers):
                callback(pendant)
        if gone:
            self._store.ask(partial(presence_tables.forget, pendants=gone), lambda outcome: None)

    def _presence(self, pendant: bytes) -> str:
        track = self._roll.tracks.get(pendant)
        if track is None:
            return UNKNOWN
        if track.is_missing:
            return MISSING
        switch_on, seen_ms = self._seen[pendant]
        is_recent = switch_on == self._switch_on and self._clock.stamp_ms() - seen_ms < track.missing_after_ms
        return HERE if is_recent and not track.is_silenced and not self._roll.is_bridge_away else UNKNOWN

    def _last_seen(self, pendant: bytes) -> str | None:
        unix_ms = self._seen_unix_ms(pendant)
        return None if unix_ms is None else rfc3339(unix_ms)

    def _seen_unix_ms(self, pendant: bytes) -> int | None:
        if pendant not in self._seen:
            return None
        switch_on, seen_ms = self._seen[pendant]
        offset_ms = self._offset_ms(switch_on)
        return None if offset_ms is None else seen_ms + offset_ms

    def _row(self, pendant: bytes) -> Row:
        track = self._roll.tracks[pendant]
        return Row(
            pendant, track.heard_ms, track.is_silenced, track.measured_ms, *self._seen[pendant], self._said[pendant]
        )

    def _picture(self, pendant: bytes) -> PendantState:
        track, said, seen = self._roll.tracks.get(pendant), self._said.get(pendant, {}), self._seen.get(pendant)
        return PendantState(
            pendant=pendant,
            presence=self._presence(pendant),
            seen_unix_ms=self._seen_unix_ms(pendant),
            seen_stamp_ms=seen[1] if seen and seen[0] == self._switch_on else None,
            **{name: said.get(name) for name in _SAID},
            beat_s=(track.beat_ms if track else self._beat_ms.get(pendant, DEFAULT_BEAT_MS)) // 1_000,
            unheard_s=(self._roll.listening_ms - track.heard_ms) // 1_000 if track else None,
        )


_SAID = (
    "rssi_dbm", "battery_percent", "battery_mv", "worn", "still", "charging", "external_power", "safe_mode",
    "firmware", "boot", "uptime_s",
)  # fmt: skip
