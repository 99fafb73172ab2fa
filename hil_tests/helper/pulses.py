"""Without this file nobody could tell what the wearer feels: when each watched line was on, kept in a ring.

Told of edges from interrupts, so it allocates nothing there. Times are the helper's milliseconds, which the bench's
computer lays onto its own axis.
"""

from array import array

MOST = 256  # edges kept; older ones are overwritten
_TIME_MASK = 0x3FFFFFFF


class Pulses:
    """Edges of lines 0 ... 3, oldest first; each has a number that only grows."""

    def __init__(self):
        self._times = array("I", [0] * MOST)
        self._what = bytearray(MOST)  # line * 2 + level
        self.count = 0

    def edge(self, line, level, now_ms):
        """A line has changed. Safe in an interrupt."""
        at = self.count % MOST
        self._times[at] = now_ms & _TIME_MASK
        self._what[at] = line * 2 + level
        self.count += 1

    def since(self, first, most):
        """The number after the last given, and [(line, level, ms), ...] of edges from first on, if still kept."""
        last = self.count
        first = max(first, last - MOST)
        end = min(last, first + most)
        return end, [
            (self._what[n % MOST] >> 1, self._what[n % MOST] & 1, self._times[n % MOST]) for n in range(first, end)
        ]
