"""Tells a fall from daily life, sample by sample; without it the pendant is only a button.

One sample is x, y, z in integer milli-g at 100 Hz, in any orientation. A blow opens a case (fall_window.py gathers what
happened round it, a few samples' worth at a time), a forest of small trees judges it 0.9 s later, and a second look
within 10 s says whether the wearer is still down. Integers only, no allocation after the constructor, the same
answers under CPython and MicroPython. docs/detector.md says how it was trained and how well it does.
"""

from array import array

from shared.compat import const
from shared.fall_carry import Carry
from shared.fall_forest import Forest
from shared.fall_second import SecondLook
from shared.fall_wear import Wear
from shared.fall_window import AGE_READY, Window

SUSPECTED = 1
CONFIRMED = 2
RECOVERED = 3

LOW, NORMAL, HIGH = 0, 1, 2  # sensitivity: what each costs stands in docs/detector.md

_RING = const(512)  # samples remembered, a power of two: the window looks back 490
_MASK = const(511)
_MOST_MG = const(16_000)  # three squares of it stay below 2**30, so nothing is allocated
_GATE_MG = const(1_500)  # a blow: every fall recorded so far has a sample above
_GATE_MG2 = const(1_500 * 1_500)  # no sample up to here is a blow, or out of range
_APART = const(25)  # samples after a blow from which on a second one may be a case of its own
_REBOUND = const(100)  # samples after SUSPECTED: until then a blow belongs to the one that was told
_STILL_FALLING = const(300)  # and until then it may prove to be the fall itself, once
_SPAN_MASK = const(127)  # every 128 samples the wear is looked at
_SHARES = const(2)  # the forest is judged in so many parts, a sample each


class FallDetector:
    """Feed it 100 samples a second; it answers on the sample that settles the question."""

    def __init__(self, level: int = NORMAL, forests: tuple[Forest, Forest] | None = None) -> None:
        """forests: the first and the second; who has none takes the tables into memory."""
        first, second = forests or _in_memory()
        self._forest = first
        self._limit = first.limits[level]
        x = array("h", bytes(2 * _RING))
        y = array("h", bytes(2 * _RING))
        z = array("h", bytes(2 * _RING))
        size = array("h", bytes(2 * _RING))
        self._x, self._y, self._z, self._sizes = x, y, z, size
        self._at = -1  # where the next sample goes; -1: there was none yet
        self._size = 1000  # |a| of the last sample
        self._age = -1  # samples since the blow that is weighed; -1: none
        self._peak = 0
        self._next_age = -1  # the largest blow after it, weighed afterwards
        self._next_peak = 0
        self._turmoil = 0  # before the blow
        self._score = 0
        self._told_again = False  # the fall that is watched has been told twice
        self._window = Window(x, y, z, size)
        self._carry = Carry()
        self._second = SecondLook(self._window, second)
        self._wear = Wear()
        self._has_held = False  # of these 128 samples some were not read
        self.impact_age_samples = 0  # at the last answer: samples since the impact

    @property
    def is_excited(self) -> bool:
        """True while an impact is weighed or a fall is watched: read the FIFO more often."""
        return self._age >= 0 or self._second.age >= 0

    @property
    def due_samples(self) -> int:
        """Samples until it may next answer SUSPECTED: no need to look before; -1 while no impact is weighed."""
        return AGE_READY + _SHARES - self._age if self._age >= 0 else -1

    @property
    def is_worn(self) -> bool:
        """False after two minutes without the smallest movement, until it is moved about again."""
        return self._wear.is_worn

    def place(self, ago: int) -> int:
        """Where the ring holds the sample `ago` samples before the newest one; true until 511 more have come."""
        return (self._at - 1 - ago) & _MASK

    def since(self, place: int) -> int:
        """How many samples have come after the one at that place."""
        return (self._at - 1 - place) & _MASK

    def sample_at(self, place: int) -> tuple[int, int, int]:
        """The sample at that place, however far round the ring it was counted."""
        place &= _MASK
        return self._x[place], self._y[place], self._z[place]

    def feed(self, x_mg: int, y_mg: int, z_mg: int) -> int:
        """Take one sample; 0, or SUSPECTED, CONFIRMED, RECOVERED on the sample that shows it."""
        if not (-_MOST_MG <= x_mg <= _MOST_MG and -_MOST_MG <= y_mg <= _MOST_MG and -_MOST_MG <= z_mg <= _MOST_MG):
            x_mg = max(-_MOST_MG, min(_MOST_MG, x_mg))
            y_mg = max(-_MOST_MG, min(_MOST_MG, y_mg))
            z_mg = max(-_MOST_MG, min(_MOST_MG, z_mg))
        square = x_mg * x_mg + y_mg * y_mg + z_mg * z_mg
        size = (self._size + square // self._size) >> 1  # Newton, from the size before: at or above the root
        while True:
            better = (size + square // (size or 1)) >> 1
            if better >= size:
                break
            size = better
        self._size = size or 1
        at = self._at
        if at < 0:
            at = self._fill(x_mg, y_mg, z_mg, size)
        self._x[at] = x_mg
        self._y[at] = y_mg
        self._z[at] = z_mg
        self._sizes[at] = size
        self._at = at = (at + 1) & _MASK
        if at & _SPAN_MASK == 0:
            self._look_at_wear(at)
        if size > _GATE_MG and size > self._peak:
            self._age = 0
            self._peak = size
            self._next_age = -1
            self._next_peak = 0
            self._turmoil = self._wear.turmoil
            self._window.open(at, self._turmoil)
        elif self._age >= 0:
            if self._weigh(size):
                return SUSPECTED
        if self._second.age >= 0:
            return self._follow(at)
        return 0

    def skim(self, samples: "array[int]", first: int, end: int) -> int:
        """Feed samples number first to end (x, y, z, x ...) as far as nothing happens; return the first that is left.

        What feed() would do with them, without a call for each: while no blow is weighed and none comes.
        """
        if self._age >= 0 or self._second.age >= 0 or self._at < 0:
            return first
        xs, ys, zs = self._x, self._y, self._z  # three: four would be packed into a tuple first
        sizes = self._sizes
        at = self._at
        size = self._size
        i = 3 * first
        while first < end:
            x_mg, y_mg, z_mg = samples[i], samples[i + 1], samples[i + 2]
            square = x_mg * x_mg + y_mg * y_mg + z_mg * z_mg
            if square > _GATE_MG2:
                break
            size = (size + square // size) >> 1
            while True:
                better = (size + square // (size or 1)) >> 1
                if better >= size:
                    break
                size = better
            xs[at] = x_mg
            ys[at] = y_mg
            zs[at] = z_mg
            sizes[at] = size
            size = size or 1
            at = (at + 1) & _MASK
            if at & _SPAN_MASK == 0:
                self._look_at_wear(at)
            i += 3
            first += 1
        self._at = at
        self._size = size
        return first

    def hold(self, x_mg: int, y_mg: int, z_mg: int, count: int) -> None:
        """So many samples that nobody read because the sensor felt no change; this is the last of them.

        Only while nothing is_excited. The first half is taken to be like the sample before them, the others like this
        one. They fill the rings; who wears the pendant is judged on samples that were read.
        """
        self._carry.forget()
        before = self._at - 1 & _MASK
        half = count // 2 if self._at >= 0 else 0
        self._repeat(before, half)
        self._has_held = True
        self.feed(x_mg, y_mg, z_mg)
        self._repeat(self._at - 1 & _MASK, count - half - 1)
        self._has_held = self._at & _SPAN_MASK != 0

    def _repeat(self, place: int, count: int) -> None:
        """Fill the rings with so many copies of the sample at that place."""
        xs, ys, zs = self._x, self._y, self._z  # three: four would be packed into a tuple first
        sizes = self._sizes
        x_mg, y_mg, z_mg = xs[place], ys[place], zs[place]
        size = sizes[place]
        at = self._at
        for _ in range(count):
            xs[at] = x_mg
            ys[at] = y_mg
            zs[at] = z_mg
            sizes[at] = size
            at = (at + 1) & _MASK
        if count > 0:
            self._at = at

    def _look_at_wear(self, at: int) -> None:
        """Another 128 samples are whole."""
        self._carry.age(at)
        if self._has_held:
            self._has_held = False
        else:
            self._wear.look(self._x, self._y, self._z, at)

    def _fill(self, x_mg: int, y_mg: int, z_mg: int, size: int) -> int:
        """What came before the first sample is taken to be like it."""
        for i in range(_RING):
            self._x[i] = x_mg
            self._y[i] = y_mg
            self._z[i] = z_mg
            self._sizes[i] = size
        return 0

    def _weigh(self, size: int) -> bool:
        """One sample of work on the case; True on the sample on which it is found to be a fall."""
        age = self._age = self._age + 1
        if self._next_age >= 0:
            self._next_age += 1
        if age >= _APART and size > _GATE_MG and size > self._next_peak:
            self._next_age = 0
            self._next_peak = size
        if age <= AGE_READY:
            self._window.work(age)
            return False
        return self._judge(age - AGE_READY - 1)

    def _judge(self, share: int) -> bool:
        """Part of the forest; True if this was the last part and the verdict is a fall."""
        trees = self._forest
        if share == 0:
            self._score = 0
        count = trees.count
        self._score += trees.score(self._window.features, count * share // _SHARES, count * (share + 1) // _SHARES)
        if share + 1 < _SHARES:
            return False
        self._score = self._carry.add(self._score, self._at - 1 - self._age & _MASK)
        watched = self._second.age
        may_tell = watched < 0 or (_REBOUND <= watched < _STILL_FALLING and not self._told_again)
        is_fall = self._score > self._limit and self._wear.is_worn and may_tell
        if is_fall:
            self._told_again = watched >= 0
            self._second.begin(self._age, self._score)
            self.impact_age_samples = self._age
        self._turn_to_next()
        return is_fall

    def _turn_to_next(self) -> None:
        """The case is closed; the largest later blow becomes the next."""
        self._age = self._next_age
        self._peak = self._next_peak
        self._next_age = -1
        self._next_peak = 0
        if self._age >= 0:
            self._window.open(self._at - self._age, self._turmoil)

    def _follow(self, at: int) -> int:
        """Stage 2."""
        answer = self._second.feed(at)
        if answer == 0:
            return 0
        self.impact_age_samples = self._second.impact_age
        return CONFIRMED if answer > 0 else RECOVERED


def _in_memory() -> tuple[Forest, Forest]:
    """The tables as a module. A pendant has no room for it: it keeps them on flash."""
    from shared import forest

    return forest.FIRST, forest.SECOND
