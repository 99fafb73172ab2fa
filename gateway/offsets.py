"""Without this file what was stamped before the time was known would never get its date.

What dates the stamps of each switching-on: of this one as the clock says now, of earlier ones as it was noted then.
"""

import asyncio
from functools import partial
from typing import Any

from gateway import tables
from gateway.clock import Clock, rfc3339
from gateway.store import Store
from gateway.trace import Trace

LOOK_S = 5.0
_SET_MS = 1_000  # less than that is drift, and no news


class Offsets:
    """What a stamp lacks to unix milliseconds, by switching-on. All of it runs in the event loop."""

    def __init__(self, *, store: Store, clock: Clock, switch_on: int, noted: dict[int, int], trace: Trace) -> None:
        self._store = store
        self._clock = clock
        self._switch_on = switch_on
        self._noted = dict(noted)
        self._trace = trace

    def __len__(self) -> int:
        return len(self._noted)

    def of(self, switch_on: int) -> int | None:
        """None while nobody knows it."""
        offset_ms = self._clock.offset_ms() if switch_on == self._switch_on else None
        return self._noted.get(switch_on) if offset_ms is None else offset_ms

    async def run(self) -> None:
        """Note it as soon as the time is known and whenever it was set, for ever."""
        while True:
            offset_ms = self._clock.offset_ms()
            noted_ms = self._noted.get(self._switch_on)
            if offset_ms is not None and (noted_ms is None or abs(offset_ms - noted_ms) > _SET_MS):
                now = rfc3339(self._clock.stamp_ms() + offset_ms)
                self._trace.step("time-known" if noted_ms is None else "time-set", now=now)
                self._noted[self._switch_on] = offset_ms
                work = partial(tables.put_offset, switch_on=self._switch_on, offset_ms=offset_ms)
                self._store.ask(work, self._settled)
            await asyncio.sleep(LOOK_S)

    def _settled(self, outcome: Any) -> None:
        if isinstance(outcome, Exception):  # refused: noted at the next look
            self._noted.pop(self._switch_on, None)
