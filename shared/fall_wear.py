"""Without this file a pendant that is put on, taken off or lies on a table would be weighed like a person.

A worn pendant is never quite still: breath and pulse tilt it by a fraction of a degree. Means over 16 samples show that
below the sensor's noise. Three minutes in which no axis moved make it "not worn"; some seconds of handling in
a row make it "worn" again. A pendant in somebody's hands turns this way and that: `turmoil` sums up how far, over
some ten seconds, and the forest asks for it.
"""

# ruff: noqa: PLR1730 (in the loops here a comparison costs half of what max() or min() does)

from array import array

from shared.compat import const
from shared.fall_window import root

SPAN = const(128)  # samples that are looked at together
_MASK = const(511)
_MEAN = const(16)  # samples in a mean
_STILL_MG = const(8)  # peak to peak of the means, each axis
_MOVED_MG = const(60)
_SPANS_TO_REST = const(140)  # three minutes
_SPANS_TO_WEAR = const(4)  # five seconds


class Wear:
    """Whether somebody wears the pendant: true until the contrary is shown."""

    def __init__(self) -> None:
        self.is_worn = True
        self.turmoil = 0  # 1000 times the sum of (1 - cosine) from span to span, fading by an eighth; one span late
        self._coming = 0
        self._still = 0
        self._moved = 0
        self._way = array("i", [0, 0, 0, 1])  # the last span's sum and its length
        self._now = array("i", [0, 0, 0])

    def look(self, xs: "array[int]", ys: "array[int]", zs: "array[int]", at: int) -> None:
        """Judge the 128 samples before ring index at: call it every 128 samples."""
        now = self._now
        most = self._range(xs, at, 0)
        most = max(most, self._range(ys, at, 1))
        most = max(most, self._range(zs, at, 2))
        self._judge_rest(most)
        way = self._way
        x, y, z = now[0], now[1], now[2]
        length = root(x * x + y * y + z * z) + 1
        cosine = (x * way[0] + y * way[1] + z * way[2]) // length * 1000 // way[3]
        self.turmoil = self._coming
        if way[3] > 1:  # there was a span before
            self._coming = (self._coming * 7 >> 3) + 1000 - cosine
        way[0] = x
        way[1] = y
        way[2] = z
        way[3] = length

    def _judge_rest(self, most: int) -> None:
        """The largest peak to peak of an axis' sums."""
        if most <= _STILL_MG * _MEAN:
            self._moved = 0
            self._still += 1
            if self._still >= _SPANS_TO_REST:
                self._still = _SPANS_TO_REST
                self.is_worn = False
            return
        self._still = 0
        self._moved = self._moved + 1 if most > _MOVED_MG * _MEAN else 0
        if self._moved >= _SPANS_TO_WEAR:
            self._moved = _SPANS_TO_WEAR
            self.is_worn = True

    def _range(self, values: "array[int]", at: int, axis: int) -> int:
        """Peak to peak of one axis' sums over 16 samples; its mean goes to _now."""
        least = 1_000_000
        most = -1_000_000
        whole = 0
        for first in range(at - SPAN, at, _MEAN):
            total = 0
            for i in range(first, first + _MEAN):
                total += values[i & _MASK]
            whole += total
            if total < least:
                least = total
            if total > most:
                most = total
        self._now[axis] = whole // SPAN
        return most - least
