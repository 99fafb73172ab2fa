"""Without this file every page would put an alarm together for itself, and each a little differently.

A Case is one alarm as people see it, at one moment: an immutable picture, made from the rows of the store and from what
dates their stamps.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway import freshness
from gateway.case_tables import CANCELLED, CONFIRMED, HELP, RECOVERED, REQUESTED, SUSPECTED, EventRow, Rows

LATE_MS = freshness.HELP_MS
_RINGING = (SUSPECTED, CONFIRMED, REQUESTED)
OUTCOMES = ("true", "false", "test", "other")
ANSWERED, OUTCOME, HELPER_THERE = "answered", "outcome", "helper-there"
SMS_SENT, SMS_FAILED, SIREN_ON, SIREN_OFF = "sms-sent", "sms-failed", "siren-on", "siren-off"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened in a case."""

    at_unix_ms: int | None  # None while nobody knows the date
    stamp_ms: int  # on the stamps of this switching-on; negative if it was before it
    name: str
    by: str
    detail: str


@dataclass(frozen=True, slots=True)
class Case:
    """One alarm: a fall with all that was said about it, or one call for help."""

    id: str  # of its first event
    pendant: bytes
    kind: str  # "fall" or "help"
    service: str | None
    state: str  # "suspected", "confirmed", "cancelled", "recovered"; "requested"
    is_open: bool  # a person must care for it
    happened_unix_ms: int | None
    heard_stamp_ms: int  # on the stamps of this switching-on; negative if it was before it
    rssi_dbm: int
    answered_by: str | None
    answered_unix_ms: int | None
    answered_via: str | None
    eta_s: int | None
    outcome: str | None
    closed_by: str | None
    is_late: bool
    waiting_since_ms: int | None  # when the oldest word of it that rings and that no broker has was heard, as a stamp
    steps: tuple[Step, ...]

    @property
    def is_sounding(self) -> bool:
        """Whether the siren sounds for it."""
        names = {step.name for step in self.steps}
        return SIREN_ON in names and SIREN_OFF not in names


class Dates:
    """What dates stamps, and what carries those of an earlier switching-on over to this one."""

    def __init__(self, switch_on: int, offset_ms: Callable[[int], int | None]) -> None:
        self.switch_on = switch_on
        self._offset_ms = offset_ms

    def unix_ms(self, switch_on: int, stamp_ms: int) -> int | None:
        """The date of a stamp; None while nobody knows it."""
        offset_ms = self._offset_ms(switch_on)
        return None if offset_ms is None else stamp_ms + offset_ms

    def here_ms(self, switch_on: int, stamp_ms: int) -> int:
        """A stamp as one of this switching-on. Of an earlier one without a date we know only: it was before 0."""
        if switch_on == self.switch_on:
            return stamp_ms
        then_ms, here_ms = self._offset_ms(switch_on), self._offset_ms(self.switch_on)
        return 0 if then_ms is None or here_ms is None else min(0, stamp_ms + then_ms - here_ms)


def is_open(rows: Rows) -> bool:
    """A cancelled or recovered fall closes by itself, unless somebody is on the way; all else needs an outcome."""
    row = rows.case
    return row.outcome is None and (row.answered_by is not None or row.state not in (CANCELLED, RECOVERED))


def heard_ms(rows: Rows, dates: Dates) -> int:
    """When it was first heard."""
    return min((dates.here_ms(event.switch_on, event.heard_ms) for event in rows.events), default=0)


def waiting_since_ms(rows: Rows, dates: Dates) -> int | None:
    """The stamp from which a broker is waited for; None if one has all that rings."""
    waiting = (e for e in rows.events if e.state in _RINGING and e.confirmed_on is None and e.second_on is None)
    return min((dates.here_ms(event.switch_on, event.heard_ms) for event in waiting), default=None)


def picture(rows: Rows, dates: Dates) -> Case:
    """The case as it stands now."""
    row = rows.case
    first = min(rows.events, key=lambda event: (event.switch_on, event.heard_ms), default=None)
    answered = next((step for step in rows.steps if step.name == ANSWERED), None)
    return Case(
        id=row.id,
        pendant=row.pendant,
        kind=row.kind,
        service=row.service,
        state=row.state,
        is_open=is_open(rows),
        happened_unix_ms=_happened(first, dates),
        heard_stamp_ms=heard_ms(rows, dates),
        rssi_dbm=first.rssi_dbm if first else 0,
        answered_by=row.answered_by,
        answered_unix_ms=dates.unix_ms(answered.switch_on, answered.at_ms) if answered else None,
        answered_via=answered.detail if answered else None,
        eta_s=row.eta_s,
        outcome=row.outcome,
        closed_by=row.closed_by,
        is_late=row.kind == HELP and first is not None and (first.age_ms or 0) > LATE_MS,
        waiting_since_ms=waiting_since_ms(rows, dates),
        steps=tuple(sorted(_steps(rows, dates), key=lambda step: step.stamp_ms)),
    )


def _happened(first: EventRow | None, dates: Dates) -> int | None:
    if first is None or first.age_ms is None:
        return None
    return dates.unix_ms(first.switch_on, first.heard_ms - first.age_ms)


def _steps(rows: Rows, dates: Dates) -> list[Step]:
    steps = []

    def add(switch_on: int, stamp_ms: int, name: str, by: str = "", detail: str = "") -> None:
        here_ms = dates.here_ms(switch_on, stamp_ms)
        steps.append(Step(dates.unix_ms(switch_on, stamp_ms), here_ms, name, by, detail))

    seen: set[str] = set()
    for event in sorted(rows.events, key=lambda event: (event.switch_on, event.heard_ms)):
        if event.state in seen:  # a second suspicion in one countdown says nothing new
            continue
        seen.add(event.state)
        if event.age_ms is not None:
            add(event.switch_on, event.heard_ms - event.age_ms, "raised", detail=event.state)
        add(event.switch_on, event.heard_ms, "heard", detail=event.state)
        add(event.switch_on, event.stored_ms, "stored", detail=event.state)
        if event.confirmed_on is not None and event.confirmed_ms is not None:
            add(event.confirmed_on, event.confirmed_ms, "confirmed-by-broker", detail=event.state)
        if event.second_on is not None and event.second_ms is not None:
            add(event.second_on, event.second_ms, "second-broker", detail=event.state)
    for step in rows.steps:
        add(step.switch_on, step.at_ms, step.name, step.by, step.detail)
    return steps
