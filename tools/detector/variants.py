"""Without these variants the forest would learn four sensors and four ways of wearing them, not falls.

Each takes float [N, 3] milli-g and a random generator. ``sensor`` changes what differs between sensors, ``body`` what
differs between people, clothes and cords too; the others are for falls and change what the cord does after the blow at
sample `at`. They are used in training only.
"""

import numpy as np
from numpy.typing import NDArray

from tools.motion.body import random_mount

Floats = NDArray[np.float64]
_LONG = 3_000  # samples: a recording of many movements is not set swinging as one


def sensor(acc: Floats, random: np.random.Generator) -> tuple[Floats, float]:
    """Another sensor: gain, offset, noise, rate, range. Also returns by how much faster time runs in it."""
    acc = acc * (1 + random.uniform(-0.03, 0.03)) + random.uniform(-90, 90, 3)
    acc += random.normal(0, random.uniform(0, 10), acc.shape)
    pace = 1.0
    if random.random() < 0.5:
        pace = float(random.uniform(0.95, 1.05))
        acc = _paced(acc, pace)
    if random.random() < 0.3:
        acc = np.clip(acc, -8_000, 8_000)
    return acc, pace


def body(acc: Floats, at: int, random: np.random.Generator, swings: float = 0.35) -> tuple[Floats, float]:
    """Another wearer: stronger or weaker, quicker or slower, softer clothes, a cord that swings after the blow at `at`.

    Also returns by how much faster time runs.
    """
    slow = _smoothed(acc, 101)
    acc = slow + np.exp(random.uniform(-0.25, 0.25)) * (acc - slow)
    if len(acc) < _LONG and random.random() < swings:
        t = np.arange(len(acc) - at) / 100
        turn = np.sin(2 * np.pi * random.uniform(0.8, 1.4) * t) * np.exp(-t / 1.6)
        acc[at:] = about(_any_way(random), np.radians(random.uniform(10, 40)) * turn, acc[at:])
    if random.random() < 0.4:
        acc = low_passed(acc, float(np.exp(random.uniform(np.log(8), np.log(40)))))
    acc = acc * np.exp(random.uniform(-0.08, 0.08))
    pace = 1.0
    if random.random() < 0.6:
        pace = float(random.uniform(0.9, 1.1))
        acc = _paced(acc, pace)
    acc = acc + random.uniform(-60, 60, 3) + random.normal(0, random.uniform(0, 10), acc.shape)
    if random.random() < 0.3:
        acc = np.clip(acc, -8_000, 8_000)
    return acc, pace


def loose(acc: Floats, at: int, random: np.random.Generator) -> tuple[Floats, float]:
    """Another wearer, and the cord misbehaves in one of the three ways."""
    way = (flip, rest, upright)[int(random.integers(3))]
    return body(way(acc, at, random), at, random, swings=0.2)


def low_passed(acc: Floats, hertz: float) -> Floats:
    """What a softer cloth or a slower sensor lets through."""
    share = 1 - np.exp(-2 * np.pi * hertz / 100)
    kernel = share * (1 - share) ** np.arange(int(np.ceil(8 / share)))
    kernel /= kernel.sum()
    before = np.repeat(acc[:1], len(kernel) - 1, axis=0)
    long = np.vstack([before, acc])
    return np.stack([np.convolve(long[:, i], kernel, mode="valid") for i in range(3)], axis=1)


def about(way: Floats, angle: Floats, acc: Floats) -> Floats:
    """Turn acc [n, 3] about the unit vector `way` by angle [n], in radians."""
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (acc @ way)[:, None] * way
    return np.asarray(acc * cosine + np.cross(way, acc) * sine + along * (1 - cosine))


def _smoothed(acc: Floats, count: int) -> Floats:
    half = count // 2
    total = np.cumsum(np.pad(acc, ((half + 1, half), (0, 0)), mode="edge"), axis=0)
    return np.asarray((total[count:] - total[:-count]) / count)


def _paced(acc: Floats, pace: float) -> Floats:
    t = np.arange(0, len(acc) - 1, pace)
    i = t.astype(int)
    part = (t - i)[:, None]
    return np.asarray(acc[i] * (1 - part) + acc[i + 1] * part)


def _any_way(random: np.random.Generator) -> Floats:
    way = random.normal(size=3)
    return np.asarray(way / np.linalg.norm(way))


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
