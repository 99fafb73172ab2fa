"""Without this file each of five hundred open alarms would be drawn up anew for every change of one: who is open, kept.

The book of cases makes its pictures when it is asked. Here each is asked for once, when it has changed.
"""

from collections.abc import Iterator

from gateway.case import Case
from gateway.cases import Cases
from gateway.station import case_views


class OpenCases:
    """The open cases, as they were when each last changed."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._open: dict[str, Case] = {}

    def refresh(self) -> None:
        """Ask for all of them: at the start, and whenever what dates them may have changed."""
        self._open = {case.id: case for case in self._cases.open()}

    def changed(self, case_id: str) -> Case | None:
        """One has changed; its picture, open or closed."""
        case = self._cases.get(case_id)
        if case and case.is_open:
            self._open[case_id] = case
        else:
            self._open.pop(case_id, None)
        return case

    def alarms(self) -> Iterator[Case]:
        """Those that ring."""
        return filter(case_views.is_alarm, self._open.values())

    def services(self) -> Iterator[Case]:
        """Those on the list of services."""
        return filter(case_views.is_service, self._open.values())

    def pendants(self) -> set[bytes]:
        """Whose pendant has an open alarm."""
        return {case.pendant for case in self.alarms()}

    def counts(self) -> dict[str, int]:
        """How many, and how many of them nobody has answered."""
        alarms, services = list(self.alarms()), list(self.services())
        return {
            "open": len(alarms),
            "unanswered": sum(case.answered_by is None for case in alarms),
            "services": len(services),
            "waiting": sum(case.answered_by is None for case in services),
        }
