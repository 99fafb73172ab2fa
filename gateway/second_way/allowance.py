"""Without this file an outage with forty alarms would send four hundred messages, and the bill would end it all."""

from collections import deque
from collections.abc import Callable

HOUR_MS = 3_600_000


class Allowance:
    """How many messages may still go in this hour; a sliding hour, on the stamps of this switching-on."""

    def __init__(self, most: int, now_ms: Callable[[], int]) -> None:
        self._most = most
        self._now_ms = now_ms
        self._sent: deque[int] = deque()

    def spend(self, count: int = 1, at_ms: int | None = None) -> None:
        """So many messages have gone; a long text is several."""
        self._sent.extend([self._now_ms() if at_ms is None else at_ms] * count)

    @property
    def left(self) -> int:
        """How many may go now."""
        while self._sent and self._sent[0] <= self._now_ms() - HOUR_MS:
            self._sent.popleft()
        return max(0, self._most - len(self._sent))
