"""No number in the detector outgrows a 32-bit board's small integers, which end at 2**30."""

from itertools import pairwise

import numpy as np

from shared import fall_second, fall_window
from shared.fall import FallDetector
from tools.motion.body import random_mount

_SMALL = 2**30
_MOST_MG = 16_000
_SIZE_MG = 27_712  # the floor of sqrt(3) * 16000


def test_sums_and_products_stay_small_by_arithmetic():
    """The worst each formula can meet, from the constants in the source."""
    pieces = [b - a for a, b in pairwise(fall_window._EDGES)]
    longest = max(sum(pieces[a:b]) for a, b in fall_window._PARTS)

    assert 3 * _MOST_MG**2 < _SMALL  # |a| squared
    assert max(pieces) * (_SIZE_MG**2 >> 6) < _SMALL  # _sum_up: square
    assert (_SIZE_MG**2 >> 6) * longest >> 3 < _SMALL  # _part: square
    assert (_SIZE_MG**2 >> 6) * max(pieces) < _SMALL  # _part: one piece before its shift
    assert _SIZE_MG * longest < _SMALL  # away, over, steps
    assert _SIZE_MG * _SIZE_MG < _SMALL  # dot products of two means
    assert _SIZE_MG * 1_000 * 2 < _SMALL  # cosines, directions
    assert 100 * 2 * _SIZE_MG < _SMALL  # _speed
    assert (2 * _SIZE_MG >> 1) ** 2 < _SMALL  # _impulse, in halves
    assert (2 * _SIZE_MG >> 1) * (_SIZE_MG >> 1) < _SMALL
    assert fall_second._SECOND * (_SIZE_MG**2 >> 7) < _SMALL  # the second look: square
    assert fall_second._SECOND * _SIZE_MG * 2 * 4 < _SMALL  # and steps
    assert _SMALL > 128 * 127 * 1_000  # a score


class _Counting(int):
    """An integer that remembers the largest result of its kind."""

    largest = 0

    def _made(self, value):
        _Counting.largest = max(_Counting.largest, abs(value))
        return _Counting(value)

    def __add__(self, other):
        return self._made(int(self) + int(other))

    def __radd__(self, other):
        return self._made(int(self) + int(other))

    def __mul__(self, other):
        return self._made(int(self) * int(other))

    def __rmul__(self, other):
        return self._made(int(self) * int(other))


def test_squares_met_by_feed_stay_small():
    """Corners of the range in any order, watched number by number."""
    rng = np.random.default_rng(3)
    detector = FallDetector()
    for i in range(600):
        corner = rng.choice([-_MOST_MG, _MOST_MG], 3) if i % 3 else random_mount(rng)[0] * _MOST_MG
        detector.feed(*(_Counting(int(v)) for v in corner))

    assert 3 * _MOST_MG**2 <= _Counting.largest < _SMALL
