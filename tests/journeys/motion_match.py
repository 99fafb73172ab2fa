"""How well a window of motion agrees with what was played; the sensor's clock does not beat with the recording's."""

import numpy as np

from shared import waves


def error_mg(played, window, first):
    """How far the window is from what was played from that sample on (a fraction too), beyond its rounding."""
    times = first + np.arange(2 * waves.SAMPLES)
    track = np.stack([np.interp(times, np.arange(len(played)), played[:, axis]) for axis in range(3)], 1)
    pairs = track.reshape(-1, 2, 3)  # of two that are as large as each other noise decides: either will do
    off = np.abs(pairs - window[:, None]).max(2).min(1)
    return np.max(off - np.sqrt(np.abs(window)).max(1) - 1)


def worst_mg(played, window):
    """The error at the moment that fits best: the sensor's clock does not beat with the recording's."""
    impact = np.argmax((played.astype(np.int64) ** 2).sum(1)) - 2 * waves.IMPACT
    coarse = min(np.arange(impact - 3, impact + 3, 0.05), key=lambda first: error_mg(played, window, first))
    return min(error_mg(played, window, first) for first in np.arange(coarse - 0.05, coarse + 0.05, 0.002))
