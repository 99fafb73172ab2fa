"""Without this file one message that a broker hangs up on would end every connection, and its whole lane would wait.

Whatever was under way when a connection ended, time and again, may be why. It is kept back until all else of its lane
has gone, then goes alone: so the others get through, and the next end of a connection says which one it was. It is
never dropped, and what a lost connection has made a suspect of by chance is late by seconds at the most. Told the time,
never asks for it.
"""

from collections.abc import Iterable

from gateway.record import LANES, Record

FROM = 2  # ends of connections in a row: one is any lost connection
PAUSES_S = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # in a connection, from the second end on; meanwhile all else goes
MOST_PAUSE_S = (2.0, 30.0, 30.0)  # of each lane: on a line that only ever lasts for seconds an alarm has to go in these
MOST_REMEMBERED = 4_000  # events: four times what is ever under way
MOST = (1_000, 1_000, 100)  # of each lane; beyond it no more of that lane goes until one of them has


class Suspects:
    """How often each record was under way as a connection ended, and which of them wait in this one."""

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}  # by event id
        self._since_s = 0.0  # when the connection began
        self._kept_back: list[dict[str, Record]] = [{} for _ in LANES]  # by event id

    def __bool__(self) -> bool:
        return any(ends >= FROM for ends in self._ends.values())

    def begin(self, now_s: float) -> None:
        """A connection begins: all is read again."""
        self._since_s = now_s
        self._kept_back = [{} for _ in LANES]

    def ended(self, under_way: Iterable[Record]) -> int:
        """A connection has ended over these; the most ends that one of them has seen."""
        seen = {record.event_id: self._ends.get(record.event_id, 0) + 1 for record in under_way}
        if seen:
            cleared = [name for name, ends in self._ends.items() if ends < FROM]
            for name in cleared:
                del self._ends[name]
            self._ends |= seen
            for name in list(self._ends)[:-MOST_REMEMBERED]:
                del self._ends[name]  # telemetry that a full store has dropped meanwhile
        return max(seen.values(), default=0)

    def confirmed(self, records: Iterable[Record]) -> None:
        """The broker has answered to these: they were not it."""
        if self._ends:
            for record in records:
                self._ends.pop(record.event_id, None)

    def sift(self, lane: int, records: list[Record]) -> list[Record]:
        """Those that may go with the others; the suspects are kept back."""
        if not self:
            return records
        suspects = {record.event_id: record for record in records if self.are([record])}
        self._kept_back[lane] |= suspects
        return [record for record in records if record.event_id not in suspects]

    def are(self, records: list[Record]) -> bool:
        """Whether one of these is a suspect."""
        return any(self._ends.get(record.event_id, 0) >= FROM for record in records)

    def is_full(self, lane: int) -> bool:
        """Whether no more can be kept back."""
        return len(self._kept_back[lane]) >= MOST[lane]

    def wait_s(self, lane: int, now_s: float) -> float | None:
        """How long until the next of them may go; None if there is none."""
        if not self._kept_back[lane]:
            return None
        ends = min(self._ends.get(name, FROM) for name in self._kept_back[lane])
        pause_s = min(PAUSES_S[min(max(ends - FROM, 0), len(PAUSES_S) - 1)], MOST_PAUSE_S[lane])
        return max(0.0, self._since_s + pause_s - now_s)

    def take(self, lane: int) -> Record:
        """The one that is the least suspect, and of these the oldest."""
        kept = self._kept_back[lane]
        return kept.pop(min(kept, key=lambda name: (self._ends.get(name, FROM), kept[name].n)))
