"""Without this file one alarm that a broker will not take would stand before all others for ever.

What the broker has refused, by an access list or a quota: it stays in the store, the others go on, and it is tried
again from time to time, for somebody may have put it right. Told the time, never asks for it.
"""

from collections import deque
from collections.abc import Iterable

from gateway.record import LANES, Record

AGAIN_S = 30.0
MOST = (1_000, 1_000, 100)  # of each lane; a broker that refuses more gets no more of that lane until they are due


class PassedBy:
    """What was refused in this connection."""

    def __init__(self) -> None:
        self._refused: list[deque[tuple[float, Record]]] = [deque() for _ in LANES]  # when, the oldest first

    def __bool__(self) -> bool:
        return any(self._refused)

    def put(self, lane: int, records: Iterable[Record], now_s: float) -> None:
        """The broker has just refused these."""
        self._refused[lane].extend((now_s, record) for record in records)

    def is_full(self, lane: int) -> bool:
        """Whether no more can be passed by."""
        return len(self._refused[lane]) >= MOST[lane]

    def is_due(self, lane: int, now_s: float) -> bool:
        """Whether one of them shall be tried again now."""
        refused = self._refused[lane]
        return bool(refused) and now_s - refused[0][0] >= AGAIN_S

    def take(self, lane: int) -> Record:
        """The one that is due."""
        return self._refused[lane].popleft()[1]
