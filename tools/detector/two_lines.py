"""Without the rule that the project began with, the bench would have nothing simple to compare with.

The movement round an impact is long and strong, and gravity points elsewhere afterwards. Same interface as
shared/fall.py; runs under CPython and MicroPython.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, PLR1730
# (It runs inside MicroPython too, which has neither annotated modules nor pathlib.)

from array import array

from shared.compat import const

SUSPECTED = 1
CONFIRMED = 2
RECOVERED = 3

_RING = const(512)  # samples remembered, a power of two
_MASK = const(511)
_CLAMP_MG = const(16_000)  # three squares of it stay below 2**30, so nothing is allocated
_IMPACT_MG2 = const(2_560_000)  # 1.6 g squared: every fall recorded so far goes over it
_ANSWER = const(90)  # samples from the impact to the answer; the rest of the second is for computing
_BEFORE_FROM, _BEFORE_TO = const(300), const(100)  # samples before the impact: how the wearer stood
_AFTER_FROM = const(60)  # samples after the impact: how the wearer lies
_ROUND = const(50)  # the movement is summed this far to both sides
_MOVEMENT_MG = const(25_400)  # the rule's first line: 254 mg on average over the second, times 100
_WATCH = const(1_000)  # samples after SUSPECTED within which stage 2 answers
_WALK_MG = const(60)  # mean | |a| - 1 g | of somebody who is up and about


def _root(square, guess):
    """The integer square root, by Newton from a guess near it."""
    if square <= 0:
        return 0
    if guess < 1:
        guess = 1
    while True:
        better = (guess + square // guess) >> 1
        if -1 <= better - guess <= 1:
            return better
        guess = better


class TwoLineRule:
    """Feed it 100 samples a second; it answers on the sample that settles the question."""

    def __init__(self):
        self._x = array("h", [0] * _RING)
        self._y = array("h", [0] * _RING)
        self._z = array("h", [0] * _RING)
        self._seen = 0  # samples so far, stops at _RING
        self._at = 0  # where the next sample goes
        self._age = -1  # samples since the impact that is weighed; -1 = none
        self._peak2 = 0
        self._watch = -1  # samples since SUSPECTED; -1 = nobody is down
        self._before = array("i", [0, 0, 0])
        self._after = array("i", [0, 0, 0])
        self.impact_age_samples = 0  # at the last answer: samples since the impact

    @property
    def is_excited(self):
        """True while an impact is weighed or a fall is watched: read the FIFO more often."""
        return self._age >= 0 or self._watch >= 0

    def feed(self, x_mg, y_mg, z_mg):
        """Take one sample; 0, or SUSPECTED, CONFIRMED, RECOVERED on the sample that shows it."""
        x_mg = max(-_CLAMP_MG, min(_CLAMP_MG, x_mg))
        y_mg = max(-_CLAMP_MG, min(_CLAMP_MG, y_mg))
        z_mg = max(-_CLAMP_MG, min(_CLAMP_MG, z_mg))
        at = self._at
        self._x[at] = x_mg
        self._y[at] = y_mg
        self._z[at] = z_mg
        self._at = (at + 1) & _MASK
        if self._seen < _RING:
            self._seen += 1
        square = x_mg * x_mg + y_mg * y_mg + z_mg * z_mg
        if self._age >= 0:
            self._age += 1
        if self._watch >= 0:
            return self._follow()
        if square > _IMPACT_MG2 and square > self._peak2:
            self._age = 0
            self._peak2 = square
        elif self._age >= _ANSWER:
            return self._weigh()
        return 0

    def _weigh(self):
        """The rule, once a candidate is old enough."""
        age = self._age
        self._age = -1
        self._peak2 = 0
        self.impact_age_samples = age
        if self._movement(age + _ROUND, age - _ROUND) < _MOVEMENT_MG:
            return 0
        self._gravity(self._before, age + _BEFORE_FROM, age + _BEFORE_TO)
        self._gravity(self._after, age - _AFTER_FROM, 0)
        if self._cosine_percent() > 50:
            return 0
        self._watch = 0
        self._age = age
        return SUSPECTED

    def _follow(self):
        """Stage 2: up and walking again, or still down when the time is over."""
        self._watch += 1
        if self._watch % 50:
            return 0
        self._gravity(self._after, 100, 0)
        is_up = self._watch >= 150 and self._cosine_percent() > 80
        code = 0
        if is_up and self._movement(100, 0) > _WALK_MG * 100:
            code = RECOVERED
        elif self._watch >= _WATCH:
            code = CONFIRMED
        if code:
            self.impact_age_samples = self._age
            self._age = self._watch = -1
        return code

    def _movement(self, first, last):
        """Sum of | |a| - 1 g | in milli-g over the samples from `first` to `last` ago."""
        total = 0
        size = 1000
        for ago in range(min(first, self._seen), last, -1):
            i = (self._at - ago) & _MASK
            x = self._x[i]
            y = self._y[i]
            z = self._z[i]
            size = _root(x * x + y * y + z * z, size)
            total += abs(size - 1000)
        return total

    def _gravity(self, into, first, last):
        """Mean vector in milli-g over the samples from `first` to `last` ago; the oldest if too few."""
        x = y = z = count = 0
        oldest = self._seen
        for ago in range(first, last, -1):
            i = (self._at - (min(oldest, ago))) & _MASK
            x += self._x[i]
            y += self._y[i]
            z += self._z[i]
            count += 1
        into[0] = x // count
        into[1] = y // count
        into[2] = z // count

    def _cosine_percent(self):
        """Cosine between the gravity before and after, in hundredths."""
        a = self._before
        b = self._after
        dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        size_a = _root(a[0] * a[0] + a[1] * a[1] + a[2] * a[2], 1000) + 1
        size_b = _root(b[0] * b[0] + b[1] * b[1] + b[2] * b[2], 1000) + 1
        return dot // size_a * 100 // size_b
