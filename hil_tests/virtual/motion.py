"""Without this module nothing would move: it is what an accelerometer on a virtual board feels.

A source answers one question, sample_mg(t): the acceleration in milli-g at an instant of the bench's clock.
"""

import bisect
import math
import random
import threading
from collections.abc import Sequence

_NOISE_TABLE = 1009  # a prime, so that the noise does not beat with a sampling rate
_TRACKS_KEPT = 64  # a sensor that nobody has asked for longer than these is not told the truth
_REST_MG = (0, 0, 1000)


class Motion:
    """Rest with a little noise, and recordings played one after another.

    Between two samples of a recording the line is straight; there is no anti-alias filter as a real part has, so play
    at the rate it was recorded with.
    """

    def __init__(self, clock, *, noise_mg: float = 3, seed: int = 0):
        self._clock = clock
        noise = random.Random(seed)
        self._noise = [noise.gauss(0, noise_mg) for _ in range(_NOISE_TABLE)]
        self._lock = threading.Lock()
        self._starts: list[float] = []
        self._tracks: list[_Track] = []
        self.rest_mg: tuple[float, float, float] = _REST_MG

    def play(
        self, acc_mg: Sequence[Sequence[float]], fs_hz: float, *, then: str = "hold", start_s: float | None = None
    ) -> float:
        """Play acc_mg (N by 3, milli-g) from now or from start_s; returns the bench second of its first sample.

        Afterwards the last sample is held (then="hold"), or rest comes back (then="rest").
        """
        if len(acc_mg) == 0 or fs_hz <= 0 or then not in {"hold", "rest"}:
            raise ValueError(
                f"play {len(acc_mg)} samples at {fs_hz} Hz, then {then!r}: needs samples, a rate, hold or rest"
            )
        samples = [(float(x), float(y), float(z)) for x, y, z in acc_mg]
        start_s = self._clock.now_s() if start_s is None else start_s
        with self._lock:
            while self._starts and self._starts[-1] >= start_s:
                self._starts.pop()
                self._tracks.pop()
            self._starts.append(start_s)
            self._tracks.append(_Track(start_s, fs_hz, samples, self.rest_mg if then == "rest" else samples[-1]))
            if len(self._tracks) > _TRACKS_KEPT:
                del self._starts[0], self._tracks[0]
        return start_s

    def orient(self, x_mg: float, y_mg: float, z_mg: float) -> None:
        """Rest in this attitude from now on."""
        axes_mg = (float(x_mg), float(y_mg), float(z_mg))  # numpy's int16 would overflow
        length_mg = math.hypot(*axes_mg) or 1
        self.play([tuple(axis_mg * 1000 / length_mg for axis_mg in axes_mg)], 1)

    def sample_mg(self, t_s: float) -> tuple[float, float, float]:
        """Acceleration at an instant, milli-g, noise included."""
        track = self._track_at(t_s)
        x, y, z = self.rest_mg if track is None else track.at(t_s)
        i = int(t_s * 1000) % _NOISE_TABLE
        noise = self._noise
        return x + noise[i], y + noise[i - 337], z + noise[i - 701]

    def moves_until_s(self, t_s: float) -> float:
        """The bench second after which nothing will change, as far as is known at t_s."""
        track = self._track_at(t_s)
        with self._lock:
            if self._starts and self._starts[-1] > t_s:
                return self._tracks[-1].end_s
        return t_s if track is None else max(t_s, track.end_s)

    def _track_at(self, t_s):
        with self._lock:
            i = bisect.bisect_right(self._starts, t_s)
            return self._tracks[i - 1] if i else None


class _Track:
    def __init__(self, start_s, fs_hz, samples, afterwards):
        self._start_s = start_s
        self._fs_hz = fs_hz
        self._samples = samples
        self._afterwards = afterwards
        self.end_s = start_s + (len(samples) - 1) / fs_hz

    def at(self, t_s):
        position = (t_s - self._start_s) * self._fs_hz
        i = int(position)
        if i >= len(self._samples) - 1:
            return self._samples[-1] if position <= len(self._samples) - 1 else self._afterwards
        part = position - i
        a, b = self._samples[i], self._samples[i + 1]
        return tuple(p + (q - p) * part for p, q in zip(a, b, strict=True))
