"""Without these changes nobody would know whether the detector knows falls or only four sensors.

Each takes a trial's samples and a random generator, and gives what another sensor, mounting or cord would have said.
"""

from collections.abc import Callable

import numpy as np

from tools.detector import variants
from tools.detector.sets import Trial
from tools.motion.body import random_mount
from tools.recordings.recording import Samples

Change = Callable[[Trial, np.random.Generator], Samples]


def _clip(acc: np.ndarray) -> Samples:
    return np.asarray(np.clip(np.rint(acc), -16_000, 16_000), dtype=np.int16)


def turned(trial: Trial, random: np.random.Generator) -> Samples:
    """Mounted any way round."""
    return _clip(trial.samples @ random_mount(random).T)


def offset(trial: Trial, random: np.random.Generator) -> Samples:
    """80 milli-g off on every axis, either way."""
    return _clip(trial.samples + 80.0 * random.choice([-1, 1], 3))


def gain(trial: Trial, random: np.random.Generator) -> Samples:
    """3 % too much or too little on every axis."""
    return _clip(trial.samples * (1 + 0.03 * random.choice([-1, 1], 3)))


def noise(trial: Trial, random: np.random.Generator) -> Samples:
    """10 milli-g rms of noise on every axis."""
    return _clip(trial.samples + random.normal(0, 10, trial.samples.shape))


def faster(trial: Trial, random: np.random.Generator) -> Samples:
    """104 samples a second, fed as if they were 100."""
    at = np.arange(0, len(trial.samples) - 1, 100 / 104)
    i = at.astype(int)
    part = (at - i)[:, None]
    return _clip(trial.samples[i] * (1 - part) + trial.samples[i + 1] * part)


def clipped(trial: Trial, random: np.random.Generator) -> Samples:
    """A sensor that ends at 8 g."""
    return _clip(np.clip(trial.samples, -8_000, 8_000))


def swinging(trial: Trial, random: np.random.Generator) -> Samples:
    """Simulated loose cord: after a fall gravity swings by up to 30 degrees, fading over some seconds."""
    if not trial.is_fall:
        return trial.samples
    acc = trial.samples.astype(np.float64)
    t = np.arange(len(acc) - trial.fall_at) / 100
    angle = np.radians(random.uniform(10, 30)) * np.exp(-t / 1.6) * np.sin(2 * np.pi * random.uniform(0.9, 1.3) * t)
    way = random.normal(size=3)
    way /= np.linalg.norm(way)
    acc[trial.fall_at :] = variants.about(way, angle, acc[trial.fall_at :])
    return _clip(acc)


def flipped(trial: Trial, random: np.random.Generator) -> Samples:
    """Simulated loose cord: the pendant turns over at the blow, gravity afterwards comes from anywhere."""
    if not trial.is_fall:
        return trial.samples
    return _clip(variants.flip(trial.samples.astype(np.float64), trial.fall_at, random))


CHANGES: dict[str, Change] = {
    "turned at random": turned,
    "offset 80 mg": offset,
    "gain 3 %": gain,
    "noise 10 mg rms": noise,
    "104 Hz": faster,
    "clipped at 8 g": clipped,
    "cord swings (simulated)": swinging,
    "pendant flips (simulated)": flipped,
}
