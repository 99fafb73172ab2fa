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


class Cases(FallDetector):
    """Writes down each case instead of judging it."""

    def __init__(self, into, wanted):
        super().__init__()
        self.into = into
        self.wanted = wanted  # None: every case's features; else {sample: score} where the second look shall begin
        self.now = (0, 0)
        self.looks = []

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

    def watch(self):
        """Go on with the second looks that are under way."""
        for begun, first, look in self.looks:
            if look.age < 0 or begun == self.now[1]:  # the detector, too, goes on with the next sample
                continue
            answer = look.feed(self._at)
            if answer:
                look.age = -1
                self.into.write(struct.pack("<ii", self.now[0], first))
                self.into.write(bytes(look.features))


def play(source, trial, start, count, pad, detector, each):
    """Feed one trial and then its last sample `pad` times."""
    source.seek(start * 6)
    chunk = array("h", bytes(6 * 4096))
    done = 0
    while done < count:
        source.readinto(chunk)
        for k in range(min(4096, count - done)):
            each(detector, trial, done + k, chunk[3 * k], chunk[3 * k + 1], chunk[3 * k + 2])
        done += 4096
    k = (count - 1) % 4096
    for i in range(count, count + pad):
        each(detector, trial, i, chunk[3 * k], chunk[3 * k + 1], chunk[3 * k + 2])


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
        if task == "answers":

            def each(detector, trial, sample, x, y, z):
                code = detector.feed(x, y, z)
                if code:
                    out.write(struct.pack("<iiii", trial, sample, code, detector.impact_age_samples))
        else:

            def each(detector, trial, sample, x, y, z):
                detector.now = (trial, sample)
                detector.feed(x, y, z)
                if detector.looks:
                    detector.watch()

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
            detector = FallDetector(trials[i + 2]) if task == "answers" else Cases(out, wanted)
            play(source, i // 3, trials[i], trials[i + 1], int(pad), detector, each)
            if i % 60 == 0:
                print(i // 3)


main()
