"""Without one way to 100 Hz, two tools would score the same trial on different samples."""

import numpy as np
from numpy.typing import NDArray

from tools.recordings.recording import Samples

RATE_HZ = 100.0
CLIP_MG = 16_000  # what the sensor of a pendant can say, and what keeps three squares below 2**30


def resample(acc_mg: NDArray[np.number], fs_hz: float, rate_hz: float = RATE_HZ) -> Samples:
    """Bring acc_mg [N, 3] from fs_hz to rate_hz: int16 [M, 3] in milli-g, clipped to 16 g.

    Going down, each new sample is the mean over one new step round its moment (a boxcar, by the scoring
    protocol); going up, it is interpolated linearly. Sample k of the result lies at k / rate_hz seconds.
    """
    acc = np.asarray(acc_mg, dtype=np.float64)
    if len(acc) == 0:
        return np.zeros((0, 3), dtype=np.int16)
    if fs_hz != rate_hz:
        acc = _decimate(acc, fs_hz, rate_hz) if fs_hz > rate_hz else _interpolate(acc, fs_hz, rate_hz)
    return np.clip(np.rint(acc), -CLIP_MG, CLIP_MG).astype(np.int16)


def moment(sample: int, fs_hz: float, rate_hz: float = RATE_HZ) -> int:
    """Where a sample counted at fs_hz is found at rate_hz; -1 stays -1."""
    return sample if sample < 0 else round(sample * rate_hz / fs_hz)


def _decimate(acc: NDArray[np.float64], fs_hz: float, rate_hz: float) -> NDArray[np.float64]:
    step = fs_hz / rate_hz
    count = int((len(acc) - 1) / step) + 1
    centre = np.arange(count) * step + 0.5  # old sample k covers k .. k + 1
    edges = np.arange(len(acc) + 1)
    first = np.maximum(centre - step / 2, 0)
    last = np.minimum(centre + step / 2, len(acc))
    total = np.vstack([np.zeros((1, 3)), np.cumsum(acc, axis=0)])
    mean = [
        (np.interp(last, edges, total[:, i]) - np.interp(first, edges, total[:, i])) / (last - first) for i in range(3)
    ]
    return np.stack(mean, axis=1)


def _interpolate(acc: NDArray[np.float64], fs_hz: float, rate_hz: float) -> NDArray[np.float64]:
    step = fs_hz / rate_hz
    at = np.arange(int((len(acc) - 1) / step) + 1) * step
    return np.stack([np.interp(at, np.arange(len(acc)), acc[:, i]) for i in range(3)], axis=1)
