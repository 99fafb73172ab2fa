"""Run the shipped detector over many trials; without it every number would be measured on a copy of the code.

Runs under MicroPython (the VM) or CPython: ``player.py ROOT JOB``. JOB names a folder with ``samples`` (int16 x, y, z),
``trials`` (int32: first sample, number, sensitivity level) and one of these tasks in ``task``:
  features  every case that is judged: trial, sample, features         -> ``cases`` (int32 x 2, then int16)
  second    the same for the second look, at the cases named in ``at``  -> ``cases``
  answers   what the detector says: trial, sample, code, impact's age  -> ``answers`` (int32 x 4)
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, PTH123, E402
# (It runs inside MicroPython too, which has neither annotated modules nor pathlib.)

import struct
import sys
from array import array

_ROOT, _JOB = sys.argv[1], sys.argv[2]
sys.path.insert(0, _ROOT)

from shared import forest
from shared.fall import FallDetector
from shared.fall_second import SecondLook

_JUDGED = 90  # samples from the blow to the verdict
_CHUNK = 1024  # samples read at once


class Said(FallDetector):
    """Writes down each answer."""

    def __init__(self, into, level):
        super().__init__(level)
        self.into = into

    def take(self, trial, sample, x, y, z):
        """One sample that is not quiet."""
        code = self.feed(x, y, z)
        if code:
            self.into.write(struct.pack("<iiii", trial, sample, code, self.impact_age_samples))

    def is_done(self):
        """Every sample is wanted."""
        return False


class Cases(FallDetector):
    """Writes down each case instead of judging it."""

    def __init__(self, into, wanted):
        super().__init__()
        self.into = into
        self.wanted = wanted  # None: every case's features; else {sample: score} where the second look shall begin
        self.now = (0, 0)
        self.looks = []
        self.left = len(wanted or ())  # second looks that are not over

    def is_done(self):
        """True if nothing more is wanted of the trial."""
        return self.wanted is not None and self.left <= 0

    def _judge(self, share):
        if self._age < _JUDGED:
            return False
        trial, sample = self.now
        if self.wanted is None:
            self.into.write(struct.pack("<ii", trial, sample - self._age))
            self.into.write(bytes(self._window.features))
        elif sample - self._age in self.wanted:
            look = SecondLook(self._window, forest.SECOND)
            look.begin(self._age, self.wanted[sample - self._age])
            self.looks.append((sample, sample - self._age, look))
        self._turn_to_next()
        return False

    def take(self, trial, sample, x, y, z):
        """One sample that is not quiet."""
        self.now = (trial, sample)
        self.feed(x, y, z)
        if self.looks:
            self.watch()

    def skim(self, samples, first, end):
        """As the detector does, but not past a second look that is under way."""
        return first if self.looks else super().skim(samples, first, end)

    def watch(self):
        """Go on with the second looks that are under way."""
        going = []
        for begun, first, look in self.looks:
            if begun != self.now[1] and look.feed(self._at):  # the detector, too, goes on with the next sample
                self.into.write(struct.pack("<ii", self.now[0], first))
                self.into.write(bytes(look.features))
                self.left -= 1
            else:
                going.append((begun, first, look))
        self.looks = going


def play(source, trial, start, count, pad, detector):
    """Feed one trial and then its last sample `pad` times; what is quiet is skimmed, as on the pendant."""
    source.seek(start * 6)
    chunk = array("h", bytes(6 * _CHUNK))
    for first in range(0, count, _CHUNK):
        source.readinto(chunk)
        play_chunk(trial, first, chunk, min(_CHUNK, count - first), detector)
        if detector.is_done():
            return
    k = 3 * ((count - 1) % _CHUNK)
    last = array("h", list(chunk[k : k + 3]) * pad)
    play_chunk(trial, count, last, pad, detector)


def play_chunk(trial, first, samples, count, detector):
    """Feed so many samples, the first of them number `first` of its trial."""
    k = detector.skim(samples, 0, count)
    while k < count:
        detector.take(trial, first + k, samples[3 * k], samples[3 * k + 1], samples[3 * k + 2])
        k = detector.skim(samples, k + 1, count)


def read_ints(path):
    """The int32 numbers of a file."""
    with open(path, "rb") as file:
        return array("i", file.read())


def main():
    """Do the task."""
    with open(_JOB + "/task") as file:
        task, pad = file.read().split()
    trials = read_ints(_JOB + "/trials")
    with open(_JOB + "/samples", "rb") as source, open(_JOB + "/out", "wb") as out:
        wanted = None
        at = read_ints(_JOB + "/at") if task == "second" else []
        looked_at = {}
        for k in range(0, len(at), 3):
            looked_at.setdefault(at[k], {})[at[k + 1]] = at[k + 2]
        for i in range(0, len(trials), 3):
            if task == "second":
                wanted = looked_at.get(i // 3)
                if wanted is None:
                    continue
            detector = Said(out, trials[i + 2]) if task == "answers" else Cases(out, wanted)
            play(source, i // 3, trials[i], trials[i + 1], int(pad), detector)
            if i % 60 == 0:
                print(i // 3)


main()
