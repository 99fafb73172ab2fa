"""Without a clock of its own the bench could not let ten days pass in an hour, or lay all logs on one axis."""

import time


class Clock:
    """Seconds of bench time since it was made; scale 20 lives twenty seconds in each real one.

    One clock is shared by every board, motion and the air of a bench. What computes inside a board is not sped up: at
    scale 20 a board seems to be twenty times slower.
    """

    def __init__(self, scale: float = 1):
        self.scale = scale
        self._start = time.monotonic()
        self._start_unix_s = time.time()

    def now_s(self) -> float:
        """Bench seconds since this clock was made."""
        return (time.monotonic() - self._start) * self.scale

    def unix_s(self, bench_s: float) -> float:
        """The real time at which the bench showed bench_s, as seconds since 1970."""
        return self._start_unix_s + bench_s / self.scale

    def from_unix_s(self, unix_s: float) -> float:
        """What the bench showed at that real time."""
        return (unix_s - self._start_unix_s) * self.scale

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
