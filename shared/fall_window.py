"""Without this file the forest would have nothing to judge: it turns the samples round a blow into numbers.

Time from 4 s before the blow to 0.88 s after it is cut into pieces. Each is summed up as soon as it is complete, one
piece a sample, so that no sample costs much. From the pieces come parts (one or more neighbours), and from the parts
the features: how much it moved, how evenly, how far from 1 g, and above all how the direction of gravity in one part
compares with that in another. All are lengths and angles: they do not change when the pendant is turned.
"""

# ruff: noqa: PLR1730 (in the loops here a comparison costs half of what max() or min() does)

from array import array

from shared.compat import const

AGE_READY = const(88)  # samples after the blow at which the features are complete

_MASK = const(511)
_EDGES = (-400, -350, -300, -250, -200, -150, -100, -60, -30, -10, 10, 30, 50, 70, 88)  # samples from the blow
_PIECES = const(14)
# The parts, from the first piece up to, not including, the second.
_PARTS = (
    (0, 4),  # -4.0 ... -2.0 s
    (4, 6),  # -2.0 ... -1.0
    (6, 7),  # -1.0 ... -0.6
    (7, 8),  # -0.6 ... -0.3
    (8, 9),  # -0.3 ... -0.1
    (9, 10),  # the blow
    (10, 11),  # 0.1 ... 0.3
    (11, 12),  # 0.3 ... 0.5
    (12, 13),  # 0.5 ... 0.7
    (13, 14),  # 0.7 ... 0.88
    (0, 6),  # -4.0 ... -1.0
    (6, 9),  # -1.0 ... -0.1
    (10, 12),  # 0.1 ... 0.5
    (12, 14),  # 0.5 ... 0.88
    (10, 14),  # 0.1 ... 0.88
)
_BEFORE = const(1)  # the part that tells how the wearer was before
_STATS = const(8)  # numbers a part
_QUIET_MG = (50, 100, 200, 400)
_FALLING = const(100)  # samples before the blow in which a fall gathers speed
_LOW_MG = const(700)
_HIGH_MG = const(1_500)
_FAR = const(32_000)  # what a feature, 16 bits wide, may hold
_FIRST_COSINE = const(1 + 15 * 8)
FEATURES = const(1 + 15 * 8 + 105 + 14)  # the peak, the parts' numbers, the parts' angles, others


def root(square: int) -> int:
    """The integer square root."""
    if square < 1:
        return 0
    guess = 32_768  # above every root there is here
    better = 1_000 if square < 30_000_000 else 20_000
    better = (better + square // better) >> 1  # at or above the root from here on
    while better < guess:
        guess = better
        better = (guess + square // guess) >> 1
    return guess


class Window:
    """The samples round one blow, read from the detector's rings (512 entries each)."""

    def __init__(self, x: "array[int]", y: "array[int]", z: "array[int]", sizes: "array[int]") -> None:
        self.x, self.y, self.z, self.sizes = x, y, z, sizes
        self._at = 0  # ring index of the blow
        self._turmoil = 0
        self._done = 0  # pieces done
        self.features = array("h", bytes(2 * FEATURES))
        self._piece_x = array("i", [0] * _PIECES)
        self._piece_y = array("i", [0] * _PIECES)
        self._piece_z = array("i", [0] * _PIECES)
        self._away = array("i", [0] * _PIECES)  # sum of | |a| - 1 g |
        self._over = array("i", [0] * _PIECES)  # sum of |a| - 1 g
        self._steps = array("i", [0] * _PIECES)  # sum of changes of |a| from sample to sample
        self._square = array("i", [0] * _PIECES)  # sum of |a|**2 / 64
        self._most = array("h", [0] * _PIECES)
        self._least = array("h", [0] * _PIECES)
        self._few = array("h", [0] * _PIECES)  # samples under 0.7 g
        self._many = array("h", [0] * _PIECES)  # samples over 1.5 g
        count = len(_PARTS)
        self.part_x = array("h", [0] * count)
        self.part_y = array("h", [0] * count)
        self.part_z = array("h", [0] * count)
        self._length = array("h", [0] * count)

    def open(self, at: int, turmoil: int) -> None:
        """The blow lies just before ring index `at`, and before it there was so much turmoil: begin."""
        self._at = (at - 1) & _MASK
        self._turmoil = turmoil
        self._done = 0

    def work(self, age: int) -> None:
        """One share of work, `age` samples after the blow."""
        done = self._done
        if done < _PIECES:
            if age >= _EDGES[done + 1] - 1:
                self._sum_up(done)
                self._done = done + 1
        elif age >= AGE_READY:
            self._measure()

    def _sum_up(self, k: int) -> None:
        """Piece k."""
        xs, ys, zs = self.x, self.y, self.z  # three: four would be packed into a tuple first
        sizes = self.sizes
        first = self._at + _EDGES[k]
        last = sizes[(first - 1) & _MASK]
        x = y = z = away = over = steps = square = most = few = many = 0
        least = 32_000
        for i in range(first, self._at + _EDGES[k + 1]):
            i &= _MASK
            x += xs[i]
            y += ys[i]
            z += zs[i]
            size = sizes[i]
            if size > last:
                steps += size - last
            else:
                steps += last - size
            last = size
            square += size * size >> 6
            if size > 1000:
                away += size - 1000
                if size > most:
                    most = size
                if size > _HIGH_MG:
                    many += 1
            else:
                away += 1000 - size
                if size < least:
                    least = size
                if size < _LOW_MG:
                    few += 1
            over += size - 1000
        self._piece_x[k] = x
        self._piece_y[k] = y
        self._piece_z[k] = z
        self._away[k] = away
        self._over[k] = over
        self._steps[k] = steps
        self._square[k] = square // (_EDGES[k + 1] - _EDGES[k])
        self._most[k] = max(most, 1000)
        self._least[k] = min(least, 1000)
        self._few[k] = few
        self._many[k] = many

    def _measure(self) -> None:
        """From pieces to features."""
        f = self.features
        f[0] = self.sizes[self._at]
        for k in range(len(_PARTS)):
            self._part(k)
        n = _FIRST_COSINE
        for i in range(1, len(_PARTS)):
            for j in range(i):
                f[n] = self._cosine(i, j)
                n += 1
        self._others(n)

    def _part(self, k: int) -> None:
        """The numbers of one part."""
        first, end = _PARTS[k]
        x = y = z = away = over = steps = square = few = many = 0
        most = 0
        least = 32_000
        for i in range(first, end):
            x += self._piece_x[i]
            y += self._piece_y[i]
            z += self._piece_z[i]
            away += self._away[i]
            over += self._over[i]
            steps += self._steps[i]
            square += self._square[i] * (_EDGES[i + 1] - _EDGES[i]) >> 3
            few += self._few[i]
            many += self._many[i]
            if self._most[i] > most:
                most = self._most[i]
            if self._least[i] < least:
                least = self._least[i]
        count = _EDGES[end] - _EDGES[first]
        x //= count
        y //= count
        z //= count
        length2 = x * x + y * y + z * z
        self.part_x[k] = x
        self.part_y[k] = y
        self.part_z[k] = z
        length = root(length2)
        self._length[k] = length + 1
        f = self.features
        n = 1 + k * _STATS
        f[n] = away // count
        f[n + 1] = over // count
        f[n + 2] = most
        f[n + 3] = least
        f[n + 4] = root(max(0, (square // count << 3) - (length2 >> 6))) << 3  # spread round the mean vector
        f[n + 5] = min(steps * 4 // count, _FAR)
        f[n + 6] = length
        f[n + 7] = few if end <= 9 else many

    def _cosine(self, i: int, j: int) -> int:
        """1000 times the cosine between the directions of parts i and j."""
        dot = self.part_x[i] * self.part_x[j] + self.part_y[i] * self.part_y[j] + self.part_z[i] * self.part_z[j]
        return dot // self._length[i] * 1000 // self._length[j]

    def _others(self, n: int) -> None:
        """What does not come from parts: turning, speed, the blow's direction, and how long it has been quiet."""
        f = self.features
        turned = 0
        for k in range(1, 9):
            turned += 1000 - self._cosine(k, k + 1)
            if k == 4:
                f[n] = turned
        f[n + 1] = turned
        self._speed(n + 2)
        self._impulse(n + 5)
        sizes = self.sizes
        at = self._at
        k = 3
        for ago in range(1, AGE_READY):
            away = sizes[(at + AGE_READY - ago) & _MASK] - 1000
            if away < 0:
                away = -away
            while k >= 0 and away > _QUIET_MG[3 - k]:
                f[n + 8 + k] = ago
                k -= 1
            if k < 0:
                break
        while k >= 0:
            f[n + 8 + k] = AGE_READY
            k -= 1
        f[n + 12] = f[1 + 14 * _STATS + 2] * 100 // f[0]  # the largest later blow, in hundredths of this one
        f[n + 13] = self._turmoil

    def _speed(self, n: int) -> None:
        """The deepest the speed along the former gravity got before the blow, what it was at it, and by |a| alone."""
        xs, ys, zs = self.x, self.y, self.z  # three: four would be packed into a tuple first
        sizes = self.sizes
        length = self._length[_BEFORE]
        ux = self.part_x[_BEFORE] * 1000 // length
        uy = self.part_y[_BEFORE] * 1000 // length
        uz = self.part_z[_BEFORE] * 1000 // length
        at = self._at
        along = deepest = plain = lowest = 0
        for i in range(at - _FALLING, at):
            i &= _MASK
            along += (xs[i] * ux + ys[i] * uy + zs[i] * uz) // 1000 - length
            if along > 0:
                along = 0
            elif along < deepest:
                deepest = along
            plain += sizes[i] - 1000
            if plain > 0:
                plain = 0
            elif plain < lowest:
                lowest = plain
        f = self.features
        f[n] = max(deepest >> 3, -_FAR)
        f[n + 1] = max(along >> 3, -_FAR)
        f[n + 2] = max(lowest >> 3, -_FAR)

    def _impulse(self, n: int) -> None:
        """The push of the blow along the former gravity and across it, in halves of a milli-g, and where it pointed."""
        b = _BEFORE
        x = (self.part_x[5] - self.part_x[b]) >> 1  # halves, or the squares would outgrow 2**30
        y = (self.part_y[5] - self.part_y[b]) >> 1
        z = (self.part_z[5] - self.part_z[b]) >> 1
        dot = x * (self.part_x[b] >> 1) + y * (self.part_y[b] >> 1) + z * (self.part_z[b] >> 1)
        along = dot // ((self._length[b] >> 1) + 1)
        f = self.features
        f[n] = along
        f[n + 1] = root(x * x + y * y + z * z - along * along)
        f[n + 2] = self._cosine(5, 13)
