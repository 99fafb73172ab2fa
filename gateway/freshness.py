"""Without this file a press of last night would ring this morning as if somebody called now.

How long each kind of event is news. What is older is marked late, with by how much, and is passed on all the same. A
fall never expires: nobody gets up because time has passed. docs/mqtt.md shows this table, a test holds both together.
"""

from typing import NamedTuple

_MIN, _H, _DAY = 60_000, 3_600_000, 86_400_000

HELP_MS = 5 * _MIN  # a call that took longer to reach us: whoever called may have given up or been helped
FRESH_MS: dict[str, int | None] = {  # None: never late
    "tiexin.fall.suspected": None,
    "tiexin.fall.confirmed": None,
    "tiexin.fall.cancelled": None,
    "tiexin.fall.recovered": None,
    "tiexin.help.requested": HELP_MS,
    "tiexin.answer.felt": 10 * _MIN,
    "tiexin.test.passed": _H,
    "tiexin.test.alarm": _H,
    "tiexin.battery.low": _DAY,
    "tiexin.fault.raised": _DAY,
    "tiexin.pendant.started": _H,
    "tiexin.command.done": _H,
    "tiexin.beat": 15 * _MIN,  # three of them: an older one is history, and says of nobody that they are well now
    "tiexin.events.missing": _DAY,
    "tiexin.pendant.missing": _H,
    "tiexin.pendant.found": _H,
    "tiexin.bridge.missing": _H,
    "tiexin.bridge.found": _H,
    "tiexin.radio.silent": _H,
    "tiexin.radio.heard": _H,
    "tiexin.pendant.revoked_heard": _DAY,
    "tiexin.pendant.enrolled": _DAY,
}


class Lateness(NamedTuple):
    """How old something is against how old it may be."""

    is_late: bool
    by_ms: int  # beyond its freshness; 0 while it is fresh


def judge(kind: str, age_ms: int | None) -> Lateness:
    """Whether an event of that type and age is late. What nobody can date is not called late: it might be new."""
    fresh_ms = FRESH_MS.get(kind)
    if fresh_ms is None or age_ms is None or age_ms <= fresh_ms:
        return Lateness(is_late=False, by_ms=0)
    return Lateness(is_late=True, by_ms=age_ms - fresh_ms)
