"""Without this file nobody would notice that an alarm waits for a broker that is not there.

Watches the open cases and sets the second ways in motion: the second broker, the messages, the siren. It only looks and
asks; what it sets in motion runs beside the custody and the uplink and can delay neither.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable

from gateway.aside import keep_up, once
from gateway.case import SIREN_OFF, SIREN_ON, Case
from gateway.case_tables import CANCELLED, RECOVERED
from gateway.cases import Cases
from gateway.configuration.second_way import SecondWayConfig
from gateway.errors import CommandRefused
from gateway.second_way.due import due
from gateway.second_way.messenger import Messenger
from gateway.second_way.second_broker import SecondBroker
from gateway.second_way.siren import Siren
from gateway.trace import Trace

TICK_S = 0.25
START_MS = 3_000  # after a start the broker gets this long to take what was waiting
_AT_ONCE = 20  # cases looked at before others have their turn
_NOBODY = "nobody came"


class Escalation:
    """What happens when an alarm is not confirmed, or not answered. All of it runs in the event loop."""

    def __init__(
        self, config: SecondWayConfig, cases: Cases, now_ms: Callable[[], int], trace: Trace, *,
        second: SecondBroker | None, messenger: Messenger | None, siren: Siren | None,
    ) -> None:  # fmt: skip
        self._config = config
        self._cases = cases
        self._now_ms = now_ms
        self._trace = trace
        self._second = second
        self._messenger = messenger
        self._siren = siren
        self._watched: set[str] = set()  # cases in which something can become due
        self._sounding: set[str] = set()
        self._messages_due: list[Case] = []
        self._found_due: list[Case] = []  # in the look that is under way
        self._is_overdue = False
        self._ended: dict[str, Case] = {}  # what was told by message and is over, until that is told too
        if messenger:
            messenger.alarms = lambda: self._messages_due
            messenger.ended = lambda: list(self._ended.values())

    async def run(self) -> None:
        """Watch for ever, and keep what is set in motion running."""
        parts = [part for part in (self._second, self._messenger, self._siren) if part]
        if not parts:
            await asyncio.Event().wait()  # nothing is configured
        async with asyncio.TaskGroup() as tasks:
            for part in parts:
                name = type(part).__name__
                tasks.create_task(keep_up(self._trace, name, part.run), name=name)
            tasks.create_task(keep_up(self._trace, "Escalation", self._watch), name="Escalation")

    def health(self) -> dict[str, bool]:
        """What is configured, and whether it would work now as far as we know."""
        found = {}
        if self._second:
            found["second_broker"] = self._second.is_connected
        if self._messenger:
            found["modem"] = self._messenger.is_well
        return found

    async def _watch(self) -> None:
        began_ms = self._now_ms()
        unwatch = self._cases.watch(self._watched.add)
        self._watched |= {case.id for case in self._cases.open()}
        self._sounding |= {case.id for case in self._cases.open() if case.is_sounding}  # when an earlier run has ended
        try:
            while True:
                looked_s = time.monotonic()
                if self._now_ms() - began_ms >= START_MS:
                    await self._look()
                # With thousands of alarms waiting a look takes a while: it must stay a small part of the time.
                await asyncio.sleep(max(TICK_S, 4 * (time.monotonic() - looked_s)))
        finally:
            unwatch()

    async def _look(self) -> None:
        now_ms = self._now_ms()
        self._found_due, self._is_overdue = [], False
        for number, case_id in enumerate(sorted(self._watched), 1):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            await once(self._trace, "escalation", self._look_at(case_id, now_ms))
        self._messages_due = sorted(self._found_due, key=lambda case: case.heard_stamp_ms)
        if self._second:
            self._second.is_wanted = self._is_overdue
        self._switch()

    async def _look_at(self, case_id: str, now_ms: int) -> None:
        """One case, by itself: what is wrong with it must not keep the others from being escalated."""
        case = self._cases.get(case_id)
        if case is None:
            self._watched.discard(case_id)
            return
        found = due(case, now_ms, self._config)
        self._is_overdue = self._is_overdue or found.second_broker
        if found.sms:
            self._found_due.append(case)
        await self._sound(case, found.siren)
        self._note_end(case)
        if found.is_settled:
            self._watched.discard(case_id)

    def _note_end(self, case: Case) -> None:
        """Whoever was woken by a message wants to know that the wearer is well."""
        if self._messenger and case.state in (CANCELLED, RECOVERED) and self._messenger.is_told(case):
            self._ended[case.id] = case
            while len(self._ended) > 100:
                del self._ended[next(iter(self._ended))]

    async def _sound(self, case: Case, why: str) -> None:
        if why and case.id not in self._sounding:
            self._sounding.add(case.id)
            await self._note(case.id, SIREN_ON, "", why)
        elif not why and case.id in self._sounding:
            self._sounding.discard(case.id)
            if case.is_sounding:  # else somebody has silenced it, and is on the timeline
                is_waiting = case.is_open and case.answered_by is None
                await self._note(case.id, SIREN_OFF, case.answered_by or "", _NOBODY if is_waiting else "")

    async def _note(self, case_id: str, step: str, by: str, detail: str) -> None:
        try:
            await self._cases.note(case_id, step, by, detail)
        except (CommandRefused, sqlite3.Error) as fault:
            self._trace.trouble("timeline", f"{case_id}: {step} cannot be noted ({fault})")

    def _switch(self) -> None:
        if self._siren:
            self._siren.switch(is_on=bool(self._sounding))
