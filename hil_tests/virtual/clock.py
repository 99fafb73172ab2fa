"""Without a clock of its own the bench could not let ten days pass in an hour, or lay all logs on one axis."""

import time
from bisect import bisect_right
from operator import itemgetter


class Clock:
    """Seconds of bench time since it was made; scale 20 lives twenty seconds in each real one.

    One clock is shared by every board, motion and the air of a bench. What computes inside a board is not sped up: at
    scale 20 a board seems to be twenty times slower. A sleep in which nothing happens can be skipped instead: then a
    board is as quick as ever while it is awake.
    """

    def __init__(self, scale: float = 1):
        self.scale = scale
        self._start = time.monotonic()
        self._start_unix_s = time.time()
        self._skips = [(0.0, 0.0)]  # (seconds lived until then, seconds skipped by then), in the order of time

    def now_s(self) -> float:
        """Bench seconds since this clock was made."""
        return self.lived_s() + self._skips[-1][1]

    def lived_s(self) -> float:
        """The same without what was skipped: what a watchdog has counted that never slept."""
        return (time.monotonic() - self._start) * self.scale

    def skip(self, bench_s: float) -> None:
        """Let so much time have passed. For one thread, while everything that counts sleeps."""
        self._skips.append((self.lived_s(), self._skips[-1][1] + bench_s))

    def unix_s(self, bench_s: float) -> float:
        """The real time at which the bench showed bench_s, as seconds since 1970."""
        i = bisect_right(self._skips, bench_s, key=sum) - 1
        lived_s = bench_s - self._skips[i][1]
        if i + 1 < len(self._skips):
            lived_s = min(lived_s, self._skips[i + 1][0])  # a moment that was skipped is the moment of the skip
        return self._start_unix_s + lived_s / self.scale

    def from_unix_s(self, unix_s: float) -> float:
        """What the bench showed at that real time."""
        lived_s = (unix_s - self._start_unix_s) * self.scale
        i = max(0, bisect_right(self._skips, lived_s, key=itemgetter(0)) - 1)
        return lived_s + self._skips[i][1]

    def real_s(self, bench_s: float) -> float:
        """How long to wait really for a duration of the bench."""
        return bench_s / self.scale

    def sleep(self, bench_s: float) -> None:
        """Wait for a duration of the bench."""
        if bench_s > 0:
            time.sleep(bench_s / self.scale)

    def sleep_until(self, bench_s: float) -> None:
        """Wait for an instant of the bench."""
        self.sleep(bench_s - self.now_s())
