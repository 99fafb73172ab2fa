"""Without this file nobody could say how often a sleeping pendant is woken, or what it sleeps through.

Plays a recording against the pendant's own motion code: always awake and reading every sample; always awake and asking
the sensor whether it rests; and in deep sleep, where the sensor's high-pass wakes it, the chip takes its time to start,
and the FIFO gives back what came before. The register level is not played here (the drivers have tests of their own);
the filters are those of ``drivers/lsm6dso.py`` and ``drivers/mpu6886.py``.
"""

import math
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.config import Settings
from firmware.pendant.motion import Motion
from firmware.pendant.senses import pause_ms
from shared import fall

IMU_HZ = 104
FIFO_SAMPLES = 512
LIGHT_HZ = 100
LIGHT_FIFO_SAMPLES = 128
_DIVIDER = 200  # HPCF_XL as the driver sets it: the corner lies at ODR / 200


@dataclass
class Outcome:
    """What one recording did to a pendant. Times in seconds from the recording's first sample."""

    wakes: int = 0
    looks: int = 0  # into the FIFO
    samples: int = 0  # read in them
    rests: int = 0  # looks at which the sensor had felt nothing
    held: int = 0  # samples that passed in them
    awake_s: float = 0  # in light sleep between two looks
    suspected_s: list[float] = field(default_factory=list)


class _Fifo:
    """The sensor, as far as Motion sees it: samples up to now, as many as the FIFO holds."""

    def __init__(self, acc_mg: NDArray[np.int16], depth: int, rest_step_mg: int = 0) -> None:
        """rest_step_mg: of the sensor's wake-on-motion; 0 = it has none."""
        self._acc = acc_mg
        self._depth = depth
        self._read = 0
        self._steps = np.abs(np.diff(acc_mg.astype(np.int32), axis=0, prepend=acc_mg[:1])).max(axis=1) > rest_step_mg
        self.now = 0
        self.overruns = 0
        self._asked = 0  # of the steps
        self.samples = self.rest_looks = self.held = 0

    def read_into(self, samples: "array[int]") -> int:
        """As the drivers do: the oldest first, as many as there is room for."""
        first = max(self._read, self.now - self._depth)
        part = self._acc[first : min(self.now, first + len(samples) // 3)]
        self._read = first + len(part)
        samples[: 3 * len(part)] = array("h", part.astype("<i2").tobytes())
        self.samples += len(part)
        return len(part)

    def rests(self, sample: "array[int]", turn_mg: int) -> bool:
        """As drivers/mpu6886.py does."""
        newest = self._acc[max(0, self.now - 1)].astype(int)
        turned_mg = int(np.abs(newest - np.array(sample)).max())
        has_stepped = bool(self._steps[self._asked : self.now].any())
        self._asked = self.now
        sample[:] = array("h", newest.tolist())
        return not has_stepped and turned_mg <= turn_mg

    def drop(self) -> int:
        """As drivers/mpu6886.py does."""
        count = self.now - self._read
        self._read = self.now
        self.rest_looks += 1
        self.held += count
        return count


def hits(acc_mg: NDArray[np.int16], threshold_mg: int) -> NDArray[np.bool_]:
    """For each sample: does the sensor's wake-up filter stand above the threshold on any axis?"""
    keep = 1 / (1 + 2 * math.pi / _DIVIDER)
    steps = np.diff(acc_mg.astype(np.float64), axis=0, prepend=acc_mg[:1].astype(np.float64))
    found = np.zeros(len(acc_mg), dtype=bool)
    x = y = z = 0.0
    for i, (dx, dy, dz) in enumerate(steps.tolist()):
        x = keep * (x + dx)
        y = keep * (y + dy)
        z = keep * (z + dz)
        found[i] = abs(x) > threshold_mg or abs(y) > threshold_mg or abs(z) > threshold_mg
    return found


def always_awake(acc_mg: NDArray[np.int16], settings: Settings, *, rests: bool) -> Outcome:
    """The light kind, at its 100 Hz: batches from the FIFO, more often while the detector is excited."""
    fifo = _Fifo(acc_mg, LIGHT_FIFO_SAMPLES, settings.rest_step_mg)
    motion = Motion(fifo, LIGHT_HZ, LIGHT_FIFO_SAMPLES)
    motion.rests = rests
    outcome = Outcome()
    now = 0.0
    while now < len(acc_mg):
        now += _pause(motion, settings) * LIGHT_HZ / 1_000
        _look(motion, fifo, now, LIGHT_HZ, outcome)
    outcome.awake_s = len(acc_mg) / LIGHT_HZ
    return outcome


def asleep(acc_mg: NDArray[np.int16], boot_s: float, settings: Settings) -> Outcome:
    """The deep kind: off until the filter hits, then awake until the detector is calm and nothing hits any more."""
    found = np.flatnonzero(hits(acc_mg, settings.impact_wake_mg))
    outcome = Outcome()
    fifo = _Fifo(acc_mg, FIFO_SAMPLES)
    tail = b""
    asleep_since = 0.0
    at = 0
    while at < len(found):
        woken = float(max(found[at], asleep_since))
        motion = Motion(fifo, IMU_HZ, FIFO_SAMPLES)
        if woken - asleep_since < FIFO_SAMPLES:
            motion.resume(tail)
        now = woken + boot_s * IMU_HZ
        outcome.wakes += 1
        lively = now
        asked = int(np.searchsorted(found, now))
        while True:
            _look(motion, fifo, now, IMU_HZ, outcome)
            at = int(np.searchsorted(found, now))
            if motion.is_excited:
                lively = now
            if now >= len(acc_mg):
                break
            if not motion.is_excited and now - lively >= settings.linger_ms * IMU_HZ / 1_000:
                if at == asked:
                    break
                lively, asked = now, at  # something has hit since it was asked last: stay a little longer
            now += _pause(motion, settings) * IMU_HZ / 1_000
        outcome.awake_s += (now - woken) / IMU_HZ - boot_s
        tail = motion.tail()
        asleep_since = now
    return outcome


def _pause(motion: Motion, settings: Settings) -> int:
    return int(pause_ms(motion.due_ms, settings))


def _look(motion: Motion, fifo: _Fifo, now: float, hz: int, outcome: Outcome) -> None:
    fifo.now = min(int(now), len(fifo._acc))  # noqa: SLF001 - its own module
    outcome.looks += 1
    said = motion.read()
    outcome.samples, outcome.rests, outcome.held = fifo.samples, fifo.rest_looks, fifo.held
    if any(code == fall.SUSPECTED for code, _delay_ms in said):
        outcome.suspected_s.append(now / hz)
