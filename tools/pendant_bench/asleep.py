"""Without this file nobody could say how often a sleeping pendant is woken, or what it sleeps through.

Plays a recording against the pendant's own motion code, once always awake and once in deep sleep: the sensor's
high-pass wakes it, the chip takes its time to start, the FIFO gives back what came before. The register level is not
played here (the drivers have tests of their own); the filter is the one of ``drivers/lsm6dso.py``.
"""

import math
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.config import Settings
from firmware.pendant.motion import Motion
from firmware.pendant.wake import pause_ms
from shared import fall

IMU_HZ = 104
FIFO_SAMPLES = 512
_DIVIDER = 200  # HPCF_XL as the driver sets it: the corner lies at ODR / 200


@dataclass
class Outcome:
    """What one recording did to a pendant. Times in seconds from the recording's first sample."""

    wakes: int = 0
    looks: int = 0  # into the FIFO
    samples: int = 0  # read in them
    awake_s: float = 0  # in light sleep between two looks
    suspected_s: list[float] = field(default_factory=list)


class _Fifo:
    """The sensor, as far as Motion sees it: samples up to now, as many as the FIFO holds."""

    def __init__(self, acc_mg: NDArray[np.int16]) -> None:
        self._acc = acc_mg
        self._read = 0
        self.now = 0
        self.overruns = 0

    def waiting(self) -> int:
        """How many the next read_into will give."""
        return self.now - max(self._read, self.now - FIFO_SAMPLES)

    def read_into(self, samples: "array[int]") -> int:
        """As the drivers do."""
        first = max(self._read, self.now - len(samples) // 3)
        part = self._acc[first : self.now]
        self._read = self.now
        samples[: 3 * len(part)] = array("h", part.astype("<i2").tobytes())
        return len(part)


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


def always_awake(acc_mg: NDArray[np.int16], hz: int, settings: Settings) -> Outcome:
    """The light kind: batches from the FIFO, more often while the detector is excited."""
    fifo = _Fifo(acc_mg)
    motion = Motion(fifo, hz, FIFO_SAMPLES)
    outcome = Outcome()
    now = 0.0
    while now < len(acc_mg):
        now += _pause(motion, settings) * hz / 1_000
        _look(motion, fifo, now, hz, outcome)
    outcome.awake_s = len(acc_mg) / hz
    return outcome


def asleep(acc_mg: NDArray[np.int16], boot_s: float, settings: Settings) -> Outcome:
    """The deep kind: off until the filter hits, then awake until the detector is calm and nothing hits any more."""
    found = np.flatnonzero(hits(acc_mg, settings.impact_wake_mg))
    outcome = Outcome()
    fifo = _Fifo(acc_mg)
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
    outcome.samples += fifo.waiting()
    code, _delay_ms = motion.read()
    if code == fall.SUSPECTED:
        outcome.suspected_s.append(now / hz)
