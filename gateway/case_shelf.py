"""Without this file every look at the book would read the disk, or count through thousands of cases: they lie here.

The rows of all cases in memory, the open ones apart, each with its place in time. A place is a switching-on and a
stamp: it needs no date, and comparing it is cheap.
"""

import heapq
from collections.abc import Callable, Iterator

from gateway.case import Case, Dates, is_open, picture
from gateway.case_tables import Rows

_NOWHERE = (0, 0)


class CaseShelf:
    """The cases of the book. All of it runs in the event loop."""

    def __init__(self, dates: Dates) -> None:
        self._dates = dates
        self._rows: dict[str, Rows] = {}
        self._open: dict[str, Rows] = {}
        self._places: dict[str, tuple[int, int]] = {}

    def put(self, rows: Rows) -> None:
        """A case as it stands in the store now."""
        case_id = rows.case.id
        self._rows[case_id] = rows
        self._places[case_id] = min(((e.switch_on, e.heard_ms) for e in rows.events), default=_NOWHERE)
        if is_open(rows):
            self._open[case_id] = rows
        else:
            self._open.pop(case_id, None)

    def drop(self, case_id: str) -> None:
        """Forget a case."""
        del self._rows[case_id], self._places[case_id]
        self._open.pop(case_id, None)

    def rows(self, case_id: str) -> Rows | None:
        """One case as it is stored."""
        return self._rows.get(case_id)

    def get(self, case_id: str) -> Case | None:
        """One case."""
        rows = self._rows.get(case_id)
        return picture(rows, self._dates) if rows else None

    def open(self) -> list[Case]:
        """The open cases, the oldest first."""
        ordered = sorted(self._open, key=self._places.__getitem__)
        return [picture(self._open[case_id], self._dates) for case_id in ordered]

    def newest(self, is_wanted: Callable[[Rows], bool], limit: int) -> list[Case]:
        """The newest of the cases that are wanted, the newest first."""
        wanted = (case_id for case_id, rows in self._rows.items() if is_wanted(rows))
        found = heapq.nlargest(limit, wanted, key=self._places.__getitem__)
        return [picture(self._rows[case_id], self._dates) for case_id in found]

    def unfiled(self) -> list[Case]:
        """Closed cases whose outcome is not in the file yet."""
        return [picture(rows, self._dates) for rows in self._rows.values() if not rows.case.is_filed]

    def dispensable(self, keep: int, before_ms: int) -> list[str]:
        """Closed cases beyond the newest `keep`, and those of before a stamp; the oldest first. Open ones never."""
        closed = [case_id for case_id, rows in self._rows.items() if case_id not in self._open and rows.case.is_filed]
        closed.sort(key=self._places.__getitem__)
        too_many = max(0, len(closed) - keep)
        return closed[:too_many] + list(self._old(closed[too_many:], before_ms))

    def _old(self, closed: list[str], before_ms: int) -> Iterator[str]:
        for case_id in closed:
            if self._dates.here_ms(*self._places[case_id]) >= before_ms:
                return
            yield case_id
