"""Without this file each page would tell an alarm its own way: a case as a carer reads it, with the clock that matters.

Three promises have a clock each: identified within 1 s, answered within 30 s, helper there within 3 min. What runs is
counted in the browser, from stamps of the gateway (they also run while nobody knows the time).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.case import ANSWERED, HELPER_THERE, Case, Step
from gateway.registry import Registry

IDENTIFIED, ANSWER, HELPER = "identified", "answer", "helper"
LIMITS_MS = {IDENTIFIED: 1_000, ANSWER: 30_000, HELPER: 180_000}
AMBER_MS = {IDENTIFIED: 1_000, ANSWER: 20_000, HELPER: 120_000}  # from here on it is nearly too late
GREEN, AMBER, RED = "green", "amber", "red"

NEAR, WITHIN, FAR = "near", "within", "far"
NEAR_DBM, WITHIN_DBM = -60, -78

RESCUE, MEDICAL, MEALS = "rescue", "medical", "meals"
SERVICES = (MEDICAL, MEALS, "shopping", "cleaning", "transport")


class Span(NamedTuple):
    """One of the three clocks."""

    name: str
    took_ms: int | None  # None while it runs, or if nobody knows
    from_stamp_ms: int | None  # what a running clock counts from
    colour: str | None  # of a clock that has stopped

    @property
    def limit_s(self) -> int:
        """What was promised."""
        return LIMITS_MS[self.name] // 1000

    @property
    def amber_s(self) -> int:
        """From when on it is nearly too late."""
        return AMBER_MS[self.name] // 1000


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case on a page."""

    case: Case
    name: str
    room: str
    address: str
    phone: str
    spans: tuple[Span, ...]
    running: Span | None  # the clock that matters now; None: nobody waits any more
    has_motion: bool

    @property
    def nearness(self) -> str:
        """How near to this gateway the pendant was heard: a room, a wall or more between, the edge of its range."""
        dbm = self.case.rssi_dbm
        return NEAR if dbm >= NEAR_DBM else WITHIN if dbm >= WITHIN_DBM else FAR

    def outcome_key(self, outcome: str) -> str:
        """The key of an outcome's words: what was true of a fall was needed of a call, and done of a request."""
        return outcome_key(self.case, outcome)

    @property
    def id(self) -> str:
        """The case's."""
        return self.case.id

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody has answered yet: it rings."""
        return self.case.is_open and self.case.answered_by is None

    @property
    def is_alarm(self) -> bool:
        """Whether it rings while it is open."""
        return is_alarm(self.case)

    @property
    def helper_by(self) -> Step | None:
        """Who said that a helper is there."""
        return _step(self.case, HELPER_THERE)

    @property
    def order(self) -> tuple[bool, int]:
        """Who waits for an answer comes first, then by age."""
        return not self.is_unanswered, self.raised_stamp_ms

    @property
    def raised_stamp_ms(self) -> int:
        """When it happened, on the stamps of the gateway."""
        return raised_stamp_ms(self.case)

    @property
    def what(self) -> str:
        """The key of its words."""
        if self.case.kind == "help":
            return f"service_{self.case.service}" if self.case.service in (RESCUE, *SERVICES) else "service_rescue"
        return f"fall_{self.case.state}"


def is_alarm(case: Case) -> bool:
    """Whether it rings: falls, calls for rescue, medical calls, and whatever we have no word for."""
    return case.kind != "help" or case.service == MEDICAL or case.service not in SERVICES


def is_service(case: Case) -> bool:
    """Whether it is on the list of services."""
    return case.kind == "help" and case.service in SERVICES


def outcome_key(case: Case, outcome: str) -> str:
    """See CaseView.outcome_key."""
    if is_service(case) and outcome in {"true", "false"}:
        return {"true": "done", "false": "not_meant"}[outcome]
    return "outcome_call" if case.kind == "help" and outcome == "true" else f"outcome_{outcome}"


def view(
    case: Case, registry: Registry, delay_ms: Callable[[str], int | None], has_motion: Callable[[str], bool]
) -> CaseView:
    """A case with the person behind it."""
    pendant = registry.get(case.pendant)
    spans = _spans(case, delay_ms(case.id))
    return CaseView(
        case=case,
        name=pendant.name if pendant else case.pendant.hex(),
        room=(pendant.room if pendant else None) or "",
        address=pendant.address if pendant else "",
        phone=pendant.phone if pendant else "",
        spans=spans,
        running=next((span for span in spans if span.took_ms is None and span.from_stamp_ms is not None), None)
        if case.is_open
        else None,
        has_motion=has_motion(case.id),
    )


def colour(name: str, took_ms: int) -> str:
    """Green, amber or red, for a clock that has stopped."""
    if took_ms <= AMBER_MS[name]:
        return GREEN
    return AMBER if took_ms <= LIMITS_MS[name] else RED


def _spans(case: Case, delay_ms: int | None) -> tuple[Span, ...]:
    raised_ms = raised_stamp_ms(case)
    answered, helper = _step(case, ANSWERED), _step(case, HELPER_THERE)
    spans = []
    if case.kind != "help":  # a call has no impact that it could be late for
        spans.append(_span(IDENTIFIED, delay_ms, None))
    spans.append(_span(ANSWER, answered.stamp_ms - raised_ms if answered else None, raised_ms))
    took_ms = helper.stamp_ms - raised_ms if helper else None
    spans.append(_span(HELPER, took_ms, raised_ms if answered else None))
    return tuple(spans)


def _span(name: str, took_ms: int | None, from_ms: int | None) -> Span:
    if took_ms is None:
        return Span(name, None, from_ms, None)
    took_ms = max(0, took_ms)
    return Span(name, took_ms, None, colour(name, took_ms))


def raised_stamp_ms(case: Case) -> int:
    """When it happened, on the gateway's stamps: the wait of the person, not of the message."""
    raised = _step(case, "raised")
    return min(case.heard_stamp_ms, raised.stamp_ms) if raised else case.heard_stamp_ms


def _step(case: Case, name: str) -> Step | None:
    return next((step for step in case.steps if step.name == name), None)
