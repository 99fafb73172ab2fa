"""Without this file the rules of escalation would be spread over those who carry them out.

What of a case is due at a moment. Times are stamps; nothing here asks a clock.
"""

from typing import NamedTuple

from gateway.case import SIREN_OFF, Case
from gateway.case_tables import FALL, HELP
from gateway.configuration.second_way import SecondWayConfig

SECOND_BROKER_MS = 3_000  # what the second broker gets, where there is one, before people are woken
NOT_CONFIRMED, NOT_ANSWERED = "not confirmed", "not answered"


class Due(NamedTuple):
    """What has to happen now, and whether anything can still become due without a change of the case."""

    second_broker: bool
    sms: bool
    siren: str  # why, or nothing
    is_settled: bool


_NOTHING = Due(second_broker=False, sms=False, siren="", is_settled=True)


def due(case: Case, now_ms: int, config: SecondWayConfig) -> Due:
    """A case that is closed, answered or confirmed by a broker needs no second way; the siren wants an answer too."""
    if not case.is_open or case.answered_by is not None:
        return _NOTHING
    after_ms = 1_000 * config.after_s
    waits_ms = -1 if case.waiting_since_ms is None else now_ms - case.waiting_since_ms
    is_overdue = waits_ms >= after_ms
    is_alone = is_overdue and waits_ms >= after_ms + (SECOND_BROKER_MS if config.broker else 0)
    siren = _siren(case, now_ms, config, is_alone=is_alone)
    is_settled = case.waiting_since_ms is None and not _can_sound(case, now_ms, config)
    return Due(is_overdue, is_alone and _is_told(case, config), siren, is_settled)


def _is_told(case: Case, config: SecondWayConfig) -> bool:
    return config.modem is not None and (case.kind == FALL or (case.service or "") in ("", *config.modem.services))


def _siren(case: Case, now_ms: int, config: SecondWayConfig, *, is_alone: bool) -> str:
    if not _can_sound(case, now_ms, config):
        return ""
    if now_ms - case.heard_stamp_ms >= 1_000 * config.answer_s:
        return NOT_ANSWERED
    # Once it sounds a broker's word does not end it: nobody has answered, and what was ended never sounds again.
    return NOT_CONFIRMED if is_alone or case.is_sounding else ""


def _can_sound(case: Case, now_ms: int, config: SecondWayConfig) -> bool:
    siren = config.siren
    if siren is None or any(step.name == SIREN_OFF for step in case.steps):
        return False
    is_worth_it = case.kind != HELP or (case.service or "") in ("", *siren.services)
    return is_worth_it and now_ms - case.heard_stamp_ms < 60_000 * siren.most_min
