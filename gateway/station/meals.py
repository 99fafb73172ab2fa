"""Without this file the kitchen would have to read a list of alarms: which meal order is for which day.

What is ordered before 18:00, on the home's clock, is for the next day; what comes later is for the day after that.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from gateway.case import Case

CUT_OFF = time(18, 0)
NOT_MEANT = ("false", "test")  # outcomes: nobody has ordered


def day_of(ordered: datetime) -> date:
    """The day for which an order counts; ordered is on the home's clock."""
    is_late = ordered.time() >= CUT_OFF
    return ordered.date() + timedelta(days=2 if is_late else 1)


def orders(cases: Iterable[Case], local: Callable[[float], datetime], day: date) -> list[Case]:
    """One order for each wearer, the first one; what was not meant is left out."""
    found: dict[bytes, Case] = {}
    for case in sorted(cases, key=lambda case: case.heard_stamp_ms):
        at_ms = ordered_unix_ms(case)
        is_for_it = at_ms is not None and day_of(local(at_ms / 1000)) == day
        if is_for_it and case.outcome not in NOT_MEANT:
            found.setdefault(case.pendant, case)
    return list(found.values())


def ordered_unix_ms(case: Case) -> int | None:
    """When it was ordered; when it was heard, if the pendant could not say."""
    if case.happened_unix_ms is not None:
        return case.happened_unix_ms
    return next((step.at_unix_ms for step in case.steps if step.name == "heard"), None)
