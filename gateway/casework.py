"""Without this file two carers would set out for the same fall, each sure to be the only one.

How people change a case: answer it, note what was done, close it. The first answer wins, and whoever answers second
learns who was first. Each change is one transaction, together with the event by which the platform hears of it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Protocol

from gateway import case_tables, tables
from gateway.answers import Answers
from gateway.case import ANSWERED, HELPER_THERE, OUTCOME, OUTCOMES, SIREN_OFF, SIREN_ON, SMS_FAILED, SMS_SENT
from gateway.case_tables import Rows, StepRow
from gateway.clock import Clock
from gateway.errors import UNKNOWN_ALARM, WRONG_FIELD, CommandRefused
from gateway.own import OwnEvents
from gateway.record import event_parts
from gateway.store import Store
from shared import frames, gateway_frames, words

TOLD_ANSWERED = "tiexin.alarm.answered"
TOLD_HELPER_THERE = "tiexin.alarm.helper_there"
TOLD_OUTCOME = "tiexin.alarm.outcome"
# What may be noted from outside; everything else on a timeline is what the store knows by itself.
NOTES = (HELPER_THERE, SMS_SENT, SMS_FAILED, SIREN_ON, SIREN_OFF)
MOST_NAME = 64
MOST_DETAIL = 200


Work = Callable[[sqlite3.Connection], object]


class Along(Protocol):
    """What is committed together with an answer; it is told who was the first to answer."""

    def __call__(self, db: sqlite3.Connection, first: str) -> object:
        """Write."""


class Casework:
    """Changes cases in the store. All of it runs in the event loop."""

    def __init__(self, *, store: Store, clock: Clock, switch_on: int, answers: Answers, own: OwnEvents) -> None:
        self._store = store
        self._clock = clock
        self._switch_on = switch_on
        self._answers = answers
        self._own = own
        self._taking = asyncio.Lock()  # one after another: so there is a first

    async def answer(self, case_id: str, by: str, eta_s: int | None, via: str) -> str:
        """A person takes the case. CommandRefused says what is wrong with the names or the number."""
        parts = event_parts(case_id)
        if parts is None:
            raise CommandRefused(WRONG_FIELD, f"{case_id[:MOST_NAME]!r} is not the id of an alarm")
        if eta_s is not None and not 0 <= eta_s < int(frames.ETA_UNKNOWN_S):
            raise CommandRefused(WRONG_FIELD, f"eta_s must be whole seconds, at most {frames.ETA_UNKNOWN_S - 1}")
        eta = int(frames.ETA_UNKNOWN_S) if eta_s is None else eta_s
        answer = tables.Answer(*parts, words.ANSWERED, eta, _name(by), self._switch_on, self._clock.stamp_ms())
        found = await self.take(answer, via, lambda db, first: None, must_be_known=True)
        if found is None:
            raise CommandRefused(UNKNOWN_ALARM, f"{case_id} is not known here")
        return found

    async def take(self, answer: tables.Answer, via: str, along: Along, *, must_be_known: bool = False) -> str | None:
        """The one way of every answer, whoever brings it; return the case's id, or None if there is no such case.

        `along` is committed with it. An alarm without a case is answered all the same, unless it must be known.
        """
        event = gateway_frames.event_id(answer.pendant, answer.boot, answer.seq)
        async with self._taking:
            found = await self._store.read(partial(case_tables.one, event=event))
            if found and found.case.answered_by is not None:
                # Nothing changes for the wearer: somebody is coming.
                await self._store.do(partial(along, first=found.case.answered_by))
            elif found or not must_be_known:
                await self._answer_first(found, answer, via, along)
        return found.case.id if found else None

    async def _answer_first(self, found: Rows | None, answer: tables.Answer, via: str, along: Along) -> None:
        eta_s = None if answer.eta_s == frames.ETA_UNKNOWN_S else answer.eta_s
        event = None
        if found:
            data = {"alarm": found.case.id, "by": answer.by, "eta_s": eta_s, "via": via}
            event = self._own.make(TOLD_ANSWERED, answer.pendant.hex(), data)

        def keep(db: sqlite3.Connection) -> bool:
            along(db, answer.by)
            if found:
                step = StepRow(found.case.id, ANSWERED, via, answer.by, answer.switch_on, answer.given_ms)
                case_tables.put_answer(db, step, eta_s)
            if tables.is_felt(db, answer.pendant, answer.boot, answer.seq, answer.stage):
                return False
            tables.put_answer(db, answer)
            return True

        if await self._store.do(keep, event):
            self._answers.put(answer)

    async def note(self, case_id: str, step: str, by: str, detail: str) -> None:
        """Add one of NOTES to the timeline."""
        if step not in NOTES:
            text = f"{step[:MOST_NAME]!r} is no step that is noted; there are {', '.join(NOTES)}"
            raise CommandRefused(WRONG_FIELD, text)
        row = self._step(case_id, step, by[:MOST_NAME], detail[:MOST_DETAIL])
        async with self._taking:
            found = await self._found(case_id)
            event = None
            if step == HELPER_THERE and not any(known.name == step for known in found.steps):
                event = self._own.make(TOLD_HELPER_THERE, found.case.pendant.hex(), {"alarm": case_id, "by": row.by})
            await self._store.do(partial(case_tables.put_step, step=row), event)

    async def close(self, event: str, outcome: str, by: str, along: Work = lambda db: None) -> str:
        """Say what a case turned out to be, by the id of any of its events; return its own. along: as in `take`.

        The same outcome again changes nothing, another one corrects the earlier.
        """
        if outcome not in OUTCOMES:
            raise CommandRefused(WRONG_FIELD, f"outcome must be one of {', '.join(OUTCOMES)}")
        name = _name(by)
        async with self._taking:
            found = await self._store.read(partial(case_tables.one, event=event))
            if found is None:
                raise CommandRefused(UNKNOWN_ALARM, f"{event[:MOST_NAME]} is not known here")
            if found.case.outcome == outcome:
                await self._store.do(along)
            else:
                await self._close(self._step(found.case.id, OUTCOME, name, outcome), found.case.pendant.hex(), along)
        return found.case.id

    async def _close(self, row: StepRow, pendant: str, along: Work) -> None:
        def keep(db: sqlite3.Connection) -> None:
            along(db)
            case_tables.put_outcome(db, row)

        data = {"alarm": row.case_id, "outcome": row.detail, "by": row.by}
        await self._store.do(keep, self._own.make(TOLD_OUTCOME, pendant, data))

    def _step(self, case_id: str, name: str, by: str, detail: str) -> StepRow:
        return StepRow(case_id, name, detail, by, self._switch_on, self._clock.stamp_ms())

    async def _found(self, case_id: str) -> Rows:
        found = await self._store.read(partial(case_tables.read, ids=[case_id]))
        if not found:
            raise CommandRefused(UNKNOWN_ALARM, f"{case_id[:MOST_NAME]} is not known here")
        return found[0]


def _name(value: str) -> str:
    if not 0 < len(value.strip()) <= MOST_NAME:
        raise CommandRefused(WRONG_FIELD, f"a name must be a text of 1 to {MOST_NAME} characters")
    return value.strip()
