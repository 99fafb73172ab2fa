"""Without this file a pendant would be taken up, turned about and put on in one way only.

Directions wander at random, as in hands; knocks come at random moments; at the end it lies still or is worn. Like all
simulated motion it captures what its author thought of, no more.
"""

import numpy as np

from tools.motion.body import RATE_HZ, Floats
from tools.recordings.recording import Samples

_REST = (0.0, 0.0, 0.0, 0.0)  # how fast it turns (degrees/s), how hard it is pushed (g), knocks a second, largest (g)


def handled(seed: int) -> Samples:
    """A pendant is taken up, turned about in hands, knocked, hung on or laid down: the same for the same seed."""
    random = np.random.default_rng(50_000 + seed)
    turning, pushing = [], []
    for seconds, how in _plan(random):
        turning.append(_wander(random, seconds, 0.25, np.radians(how[0])))
        pushing.append(_wander(random, seconds, 0.08, how[1]))
        _knock(random, pushing[-1], how[2], how[3])
    acc = (_directions(random, np.concatenate(turning)) + np.concatenate(pushing)) * 1_000
    acc += random.normal(0, random.uniform(1, 8), acc.shape) + random.uniform(-40, 40, 3)
    return np.clip(np.rint(acc), -16_000, 16_000).astype(np.int16)


def _plan(random: np.random.Generator) -> list[tuple[float, tuple[float, float, float, float]]]:
    """Stretches of time: seconds, and what is done in them."""
    plan = []
    if random.random() < 0.6:
        plan.append((random.uniform(1, 5), _REST))
    for _ in range(random.integers(1, 4)):
        rough = (random.uniform(30, 250), random.uniform(0.05, 0.45), random.uniform(0.2, 1.5), random.uniform(1, 5))
        plan.append((random.uniform(1.5, 5), rough))
        if random.random() < 0.4:
            plan.append((random.uniform(0.5, 2), (random.uniform(2, 20), random.uniform(0.01, 0.08), 0.0, 0.0)))
    is_worn = random.random() < 0.6
    plan.append(
        (random.uniform(5, 10), (random.uniform(2, 15), random.uniform(0.01, 0.15), 0.2, 1.0) if is_worn else _REST)
    )
    return plan


def _wander(random: np.random.Generator, seconds: float, lasting_s: float, size: float) -> Floats:
    """Three numbers that wander round zero, fading in and out."""
    count = int(seconds * RATE_HZ)
    keep = np.exp(-1 / (RATE_HZ * lasting_s))
    kernel = keep ** np.arange(int(8 * lasting_s * RATE_HZ))
    drive = random.normal(size=(count + len(kernel) - 1, 3)) * np.sqrt(1 - keep * keep) * size
    path = np.stack([np.convolve(drive[:, i], kernel, mode="valid") for i in range(3)], axis=1)
    place = np.arange(count)
    return np.asarray(path * np.minimum(1, np.minimum(place, place[::-1]) / 25)[:, None])


def _knock(random: np.random.Generator, push: Floats, a_second: float, largest_g: float) -> None:
    """Add blows, each with smaller ones after it."""
    for _ in range(random.poisson(a_second * len(push) / RATE_HZ)):
        at, width = int(random.integers(0, len(push))), int(random.integers(2, 7))
        size = random.uniform(0.6, max(largest_g, 0.7))
        way = random.normal(size=3)
        way /= np.linalg.norm(way)
        for _ in range(random.integers(1, 4)):
            end = min(len(push), at + width)
            push[at:end] += (np.sin(np.pi * (np.arange(end - at) + 0.5) / width) * size)[:, None] * way
            at, size, width = end, -0.5 * size, width + 1


def _directions(random: np.random.Generator, turning: Floats) -> Floats:
    """Gravity as the turning pendant feels it, in g."""
    way = random.normal(size=3)
    path = np.empty_like(turning)
    for i, rate in enumerate(turning):
        way = way + np.cross(way, rate) / RATE_HZ
        way /= np.linalg.norm(way)
        path[i] = way
    return path
