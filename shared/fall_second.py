"""Without this file every suspicion would stand: it looks again for nine seconds and tells down from up.

Second by second it notes how gravity lies compared with before the blow and with just after it, and how much the
wearer moves. Somebody who is upright and walks has recovered, at once; at the end a second, smaller forest decides.
"""

# ruff: noqa: PLR1730 (in the loops here a comparison costs half of what max() or min() does)

from array import array

from shared.compat import const
from shared.fall_forest import Forest
from shared.fall_window import Window, root

_MASK = const(511)
_SECOND = const(100)  # samples
_SECONDS = const(9)
_FIRST_UP = const(2)  # nobody is up again sooner, in seconds
_UP = const(850)  # 1000 times the cosine with gravity before the blow
_WALK_MG = const(70)  # mean | |a| - 1 g | of walking, at least and at most
_RUN_MG = const(500)
_BEFORE, _AFTER = const(10), const(13)  # parts of the window: -4 ... -1 s, and 0.5 ... 0.88 s
_FAR = const(32_000)  # what a feature, 16 bits wide, may hold
_WAYS = const(3)  # the first so many numbers of a second are cosines
FEATURES = const(3 + 7 * 6)  # of the blow; for each number of a second, three times mean and extreme


class SecondLook:
    """`age`: samples since the suspicion, -1 when there is none; `impact_age`: since the blow, at the last answer."""

    def __init__(self, window: Window, forest: Forest) -> None:
        self._window = window
        self._forest = forest
        self.age = -1
        self.impact_age = 0
        self._ways = array("h", [0] * 9)  # gravity before the blow, after it, and in the last second
        self._upright = array("h", [0] * _SECONDS)
        self._turned = array("h", [0] * _SECONDS)
        self._shifted = array("h", [0] * _SECONDS)
        self._moving = array("h", [0] * _SECONDS)
        self._blows = array("h", [0] * _SECONDS)
        self._spread = array("h", [0] * _SECONDS)
        self._shaking = array("h", [0] * _SECONDS)
        self._noted = (
            self._upright,
            self._turned,
            self._shifted,
            self._moving,
            self._blows,
            self._spread,
            self._shaking,
        )
        self.features = array("h", [0] * FEATURES)

    def begin(self, impact_age: int, score: int) -> None:
        """The window's case is suspected to be a fall, impact_age samples after the blow."""
        window = self._window
        self._set_way(0, window.part_x[_BEFORE], window.part_y[_BEFORE], window.part_z[_BEFORE])
        self._set_way(3, window.part_x[_AFTER], window.part_y[_AFTER], window.part_z[_AFTER])
        self._set_way(6, window.part_x[_AFTER], window.part_y[_AFTER], window.part_z[_AFTER])
        f = self.features
        f[0] = max(-_FAR, min(_FAR, score))
        f[1] = window.features[0]
        f[2] = self._cosine(0, self._ways[3], self._ways[4], self._ways[5])
        self.age = 0
        self.impact_age = impact_age

    def feed(self, at: int) -> int:
        """One sample later, the ring filled up to `at`: 1 still down, -1 up again or no fall, 0 not known yet."""
        self.age += 1
        self.impact_age += 1
        if self.age % _SECOND:
            return 0
        k = self.age // _SECOND - 1
        self._note(k, at)
        answer = 0
        if k >= _FIRST_UP and self._walks(k) and self._walks(k - 1):
            answer = -1
        elif k == _SECONDS - 1:
            answer = 1 if self._judge() else -1
        if answer:
            self.age = -1
        return answer

    def _walks(self, k: int) -> bool:
        return self._upright[k] > _UP and _WALK_MG < self._moving[k] < _RUN_MG

    def _note(self, k: int, at: int) -> None:
        """Sum up the last second."""
        window = self._window
        xs, ys, zs = window.x, window.y, window.z  # three: four would be packed into a tuple first
        sizes = window.sizes
        x = y = z = away = most = square = steps = 0
        last = sizes[(at - _SECOND - 1) & _MASK]
        for i in range(at - _SECOND, at):
            i &= _MASK
            x += xs[i]
            y += ys[i]
            z += zs[i]
            size = sizes[i]
            away += abs(size - 1000)
            steps += abs(size - last)
            last = size
            square += size * size >> 7  # a hundred of them stay below 2**30
            if size > most:
                most = size
        x //= _SECOND
        y //= _SECOND
        z //= _SECOND
        self._upright[k] = self._cosine(0, x, y, z)
        self._turned[k] = self._cosine(3, x, y, z)
        self._shifted[k] = self._cosine(6, x, y, z)
        self._moving[k] = away // _SECOND
        self._blows[k] = most
        self._spread[k] = root(max(0, (square // _SECOND << 7) - (x * x + y * y + z * z)))  # round the mean vector
        self._shaking[k] = min(steps * 4 // _SECOND, _FAR)
        self._set_way(6, x, y, z)

    def _set_way(self, way: int, x: int, y: int, z: int) -> None:
        self._ways[way] = x
        self._ways[way + 1] = y
        self._ways[way + 2] = z

    def _cosine(self, way: int, x: int, y: int, z: int) -> int:
        """1000 times the cosine of (x, y, z) with a direction: 0 before the blow, 3 after it, 6 a second ago."""
        a, b, c = self._ways[way], self._ways[way + 1], self._ways[way + 2]
        length = root(x * x + y * y + z * z) + 1
        return (a * x + b * y + c * z) // length * 1000 // (root(a * a + b * b + c * c) + 1)

    def _judge(self) -> bool:
        """The second forest: True if the wearer is still down."""
        f = self.features
        n = 3
        for number in range(len(self._noted)):
            values = self._noted[number]
            for first in (0, 3, 6):
                a, b, c = values[first], values[first + 1], values[first + 2]
                f[n] = (a + b + c) // 3
                f[n + 1] = min(a, b, c) if number < _WAYS else max(a, b, c)
                n += 2
        forest = self._forest
        return forest.score(f, 0, forest.count) > forest.limits[1]
