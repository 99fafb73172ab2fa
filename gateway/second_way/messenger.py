"""Without this file a message that failed once would be a message that nobody got.

Sends what has to be told to each number: one text for all alarms that wait, tried again with growing pauses, never
beyond the hour's allowance. What was told stands on the case's timeline, so a restart tells it to nobody twice.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Sequence

from gateway.case import SMS_FAILED, SMS_SENT, Case
from gateway.cases import Cases
from gateway.configuration.second_way import ModemConfig
from gateway.errors import CommandRefused
from gateway.second_way.allowance import HOUR_MS, Allowance
from gateway.second_way.at_line import ModemFault
from gateway.second_way.modem import Modem
from gateway.second_way.sms_text import MOST_NAMED, Wording
from gateway.trace import Trace

RETRY_S = (5.0, 15.0, 60.0, 300.0)  # the last one repeats
FINAL_RETRY_S = 300.0  # somebody has to act first
TICK_S = 0.2
PROBE_MS = 3_600_000
ENDED = " ended"  # behind the number, in the detail of what an all-clear has noted
_RECENT = 500
_MOST_TOLD = 2_000  # then those of cases that are gone are forgotten


class Messenger:
    """Tells the configured numbers of alarms. All of it runs in the event loop; the modem in a thread."""

    def __init__(
        self, config: ModemConfig, modem: Modem, wording: Wording, cases: Cases, now_ms: Callable[[], int], trace: Trace
    ) -> None:
        self._config = config
        self._modem = modem
        self._wording = wording
        self._cases = cases
        self._now_ms = now_ms
        self._trace = trace
        self._allowance = Allowance(config.most_per_hour, now_ms)
        self._told: set[tuple[str, str]] = set()  # (case, detail), also if the disk would not take it
        self._tried: dict[str, set[str]] = {}  # by number, of the alarms that wait now
        self._failures: dict[str, int] = {}
        self._not_before_ms: dict[str, int] = {}
        self._reference = random.randrange(256)
        self._probe_at_ms = 0
        self.is_well = True  # the last time the modem was needed or tried
        self.alarms: Callable[[], Sequence[Case]] = tuple  # what has to be told now, the oldest first
        self.ended: Callable[[], Sequence[Case]] = tuple  # what was told and is over

    async def run(self) -> None:
        """Send for ever."""
        self._recall()
        try:
            while True:
                for number in self._config.numbers:
                    await self._serve(number)
                await self._probe()
                await asyncio.sleep(TICK_S)
        except asyncio.CancelledError:
            self._modem.stop()
            raise
        finally:
            await asyncio.to_thread(self._modem.close)

    async def _probe(self) -> None:
        """Try the modem while nothing waits: whoever looks after the gateway learns of an expired SIM beforehand."""
        if self._now_ms() < self._probe_at_ms or self.alarms():
            return
        self._probe_at_ms = self._now_ms() + PROBE_MS
        if len(self._told) > _MOST_TOLD:
            self._told = {entry for entry in self._told if self._cases.get(entry[0])}
        try:
            await asyncio.to_thread(self._modem.probe)
        except ModemFault as fault:
            self.is_well = False
            self._trace.trouble("modem", f"{fault}; no message could be sent now")
        else:
            self.is_well = True
            self._trace.well("modem", "the modem could send again")

    def is_told(self, case: Case) -> bool:
        """Whether some number was told of this case."""
        return any((case.id, self._detail(number)) in self._told for number in self._config.numbers)

    def _recall(self) -> None:
        """After a restart: what was told, and what of this hour's allowance is spent."""
        now_ms = self._now_ms()
        sent = [
            (case, step)
            for case in self._cases.recent(None, _RECENT) + self._cases.open()
            for step in case.steps
            if step.name == SMS_SENT
        ]
        self._told |= {(case.id, step.detail) for case, step in sent}
        for at_ms in sorted({(step.stamp_ms, step.detail) for _, step in sent if step.stamp_ms > now_ms - HOUR_MS}):
            self._allowance.spend(at_ms=at_ms[0])

    def _detail(self, number: str) -> str:
        """How a number stands on the timeline: not whole, for the timeline is seen by many."""
        ending = f"…{number[-4:]}"
        same = [one for one in self._config.numbers if one.endswith(number[-4:])]
        return ending if len(same) == 1 else f"{ending} ({same.index(number) + 1})"

    async def _serve(self, number: str) -> None:
        detail = self._detail(number)
        alarms = [case for case in self.alarms() if (case.id, detail) not in self._told]
        is_news = self._is_news(number, alarms)
        if self._now_ms() < self._not_before_ms.get(number, 0) and not is_news:
            return
        if alarms:
            if await self._send(number, self._wording.alarm(alarms, self._now_ms()), alarms):
                await self._note(alarms, detail)
            return
        ended = [
            case for case in self.ended()
            if (case.id, detail) in self._told and (case.id, detail + ENDED) not in self._told
        ]  # fmt: skip
        if ended and await self._send(number, self._wording.all_clear(ended[:MOST_NAMED]), ended[:MOST_NAMED]):
            await self._note(ended[:MOST_NAMED], detail + ENDED)

    def _is_news(self, number: str, alarms: Sequence[Case]) -> bool:
        """Whether one of them was never tried: a new alarm does not wait out the pause of an earlier one."""
        tried = self._tried.setdefault(number, set())
        ids = {case.id for case in alarms}
        is_news = bool(ids - tried)
        self._tried[number] = ids
        return is_news

    async def _send(self, number: str, text: str, cases: Sequence[Case]) -> bool:
        if not self._allowance.left:
            self._not_before_ms[number] = self._now_ms() + 1_000
            self._trace.trouble("sms-limit", f"more than {self._config.most_per_hour} messages in an hour; others wait")
            await self._failed(number, cases, f"the limit of {self._config.most_per_hour} an hour is reached")
            return False
        self._trace.well("sms-limit", "messages may go again")
        self._reference = (self._reference + 1) % 256
        try:
            count = await asyncio.to_thread(self._modem.send, number, text, self._reference)
        except ModemFault as fault:
            self.is_well = False
            self._trace.trouble("modem", f"{fault}; trying again")
            self._put_off(number, fault)
            await self._failed(number, cases, str(fault))
            return False
        self.is_well = True
        self._trace.well("modem", "the modem sends again")
        self._trace.step("sms-sent", event=cases[0].id, alarms=len(cases), messages=count)
        self._allowance.spend(count)
        self._failures.pop(number, None)
        return True

    def _put_off(self, number: str, fault: ModemFault) -> None:
        failures = self._failures.get(number, 0)
        self._failures[number] = failures + 1
        pause_s = FINAL_RETRY_S if fault.is_final else RETRY_S[min(failures, len(RETRY_S) - 1)]
        self._not_before_ms[number] = self._now_ms() + int(1000 * pause_s)

    async def _note(self, cases: Sequence[Case], detail: str) -> None:
        for case in cases:
            self._told.add((case.id, detail))
            await self._on_timeline(case, SMS_SENT, detail)

    async def _failed(self, number: str, cases: Sequence[Case], why: str) -> None:
        for case in cases:
            text = f"{self._detail(number)}: {why}"
            if not any((step.name, step.detail) == (SMS_FAILED, text) for step in case.steps):
                await self._on_timeline(case, SMS_FAILED, text)

    async def _on_timeline(self, case: Case, step: str, detail: str) -> None:
        try:
            await self._cases.note(case.id, step, "", detail)
        except (CommandRefused, sqlite3.Error) as fault:
            self._trace.trouble("timeline", f"{case.id}: {step} cannot be noted ({fault})")
