"""Without these variants the forest would learn four sensors and four ways of wearing them, not falls.

Each takes float [N, 3] milli-g and a random generator. ``sensor`` changes what differs between sensors; the others
are for falls and change what the cord does after the blow at sample `at`. They are used in training only.
"""

import numpy as np
from numpy.typing import NDArray

from tools.motion.body import random_mount

Floats = NDArray[np.float64]


def sensor(acc: Floats, random: np.random.Generator) -> tuple[Floats, float]:
    """Another sensor: gain, offset, noise, rate, range. Also returns by how much faster time runs in it."""
    acc = acc * (1 + random.uniform(-0.03, 0.03)) + random.uniform(-60, 60, 3)
    acc += random.normal(0, random.uniform(0, 10), acc.shape)
    pace = 1.0
    if random.random() < 0.5:
        pace = float(random.uniform(0.96, 1.04))
        t = np.arange(0, len(acc) - 1, pace)
        i = t.astype(int)
        part = (t - i)[:, None]
        acc = acc[i] * (1 - part) + acc[i + 1] * part
    if random.random() < 0.3:
        acc = np.clip(acc, -8_000, 8_000)
    return acc, pace


def flip(acc: Floats, at: int, random: np.random.Generator) -> Floats:
    """The pendant turns over at the blow: gravity afterwards comes from anywhere."""
    turned = acc.copy()
    turned[at:] = acc[at:] @ random_mount(random).T
    return turned


def upright(acc: Floats, at: int, random: np.random.Generator) -> Floats:
    """The worst a cord can do: gravity afterwards within 40 degrees of where it was before."""
    before, after = _way(acc[max(0, at - 200) : max(1, at - 60)]), _way(acc[at + 50 : at + 100])
    turned = acc.copy()
    turned[at:] = acc[at:] @ _between(after, _tilted(before, float(random.uniform(0, 40)), random)).T
    return turned


def rest(acc: Floats, at: int, random: np.random.Generator) -> Floats:
    """The pendant comes to lie on the floor beside the body: a constant direction and the sensor's noise."""
    settled = at + int(random.integers(12, 45))
    before, after = _way(acc[max(0, at - 200) : max(1, at - 60)]), _way(acc[at + 20 : at + 60])
    aim = _tilted(before, float(random.uniform(0, 70)), random)
    changed = acc.copy()
    changed[at:] = acc[at:] @ _between(after, aim).T
    count = len(changed) - settled
    if count > 0:
        fade = np.exp(-np.arange(count) / random.uniform(3, 15))[:, None]
        still = aim * 1_000 + random.normal(0, 4, (count, 3))
        changed[settled:] = changed[settled:] * fade + (1 - fade) * still
    return changed


def _way(acc: Floats) -> Floats:
    mean = acc.mean(axis=0) if len(acc) else np.array([0.0, 0.0, 1.0])
    return np.asarray(mean / (np.linalg.norm(mean) + 1e-9))


def _tilted(way: Floats, degrees: float, random: np.random.Generator) -> Floats:
    """A unit vector so many degrees from `way`, to any side."""
    side = random.normal(size=3)
    side -= side @ way * way
    side /= np.linalg.norm(side) + 1e-9
    angle = np.radians(degrees)
    return np.asarray(way * np.cos(angle) + side * np.sin(angle))


def _between(first: Floats, second: Floats) -> Floats:
    """The rotation [3, 3] that takes the unit vector first to second the shortest way."""
    x, y, z = np.cross(first, second)
    cosine = float(first @ second)
    if cosine < -0.999:
        return np.eye(3)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + cosine))
