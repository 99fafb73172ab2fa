"""Without a small model of a body and of the thing that hangs on it, motion would have to be stored.

A body is a direction (how far it leans forward and sideways), an acceleration of its own, and blows. What the sensor
feels is gravity minus that acceleration, seen from the leaning body, from a pendant that may swing on its cord.

Not captured: soft tissue and clothes, rotation about the vertical, forces of turning (the pendant is a point on a rod
without length), two bodies touching, the tumbling of a real fall, the variety of people. Peaks and times are taken from
the range seen in played falls, not fitted to any. It is made to exercise programs, not to train or to judge a detector
alone; where it is the only evidence there is, the tables say "simulated".
"""

import numpy as np
from numpy.typing import NDArray

from tools.recordings.recording import Samples

RATE_HZ = 100
Floats = NDArray[np.float64]


class Body:
    """Motion in the making: each verb appends a stretch of time."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.lean_deg: list[Floats] = []  # [n, 2] forward and sideways, per stretch
        self.push_g: list[Floats] = []  # [n, 3] specific force beside gravity, in the body's axes (z along the spine)
        self.weight: list[Floats] = []  # [n] how much of gravity is felt: 1 standing, 0 in free fall
        self.now_deg = np.zeros(2)
        self.swing: list[tuple[int, float]] = []  # where the pendant was set swinging, how far in degrees

    def vary(self, value: float, by: float = 0.2) -> float:
        """The value, changed at random by up to the fraction `by`."""
        return value * float(self.random.uniform(1 - by, 1 + by))

    @property
    def length(self) -> int:
        """Samples so far."""
        return sum(len(part) for part in self.weight)

    def _append(self, lean: Floats, push: Floats, weight: Floats) -> None:
        self.lean_deg.append(lean)
        self.push_g.append(push)
        self.weight.append(weight)
        self.now_deg = lean[-1].copy()

    def hold(self, seconds: float, tremble_g: float = 0.008, sway_deg: float = 0.8) -> None:
        """Stay as it is, with breath and small sway."""
        n = max(1, round(seconds * RATE_HZ))
        t = np.arange(n) / RATE_HZ
        sway = np.outer(np.sin(2 * np.pi * self.vary(0.3) * t + self.random.uniform(0, 6)), np.ones(2)) * sway_deg
        sway *= np.minimum(1, t / 0.5)[:, None]
        self._append(self.now_deg + sway - sway[0], self.random.normal(0, tremble_g, (n, 3)), np.ones(n))

    def walk(self, seconds: float, steps_hz: float = 1.8, up_g: float = 0.25) -> None:
        """Walk: one bounce a step, half as much sideways, a heel strike with each."""
        n = max(1, round(seconds * RATE_HZ))
        phase = np.cumsum(steps_hz * (1 + 0.04 * self.random.normal(size=n))) / RATE_HZ
        push = np.zeros((n, 3))
        push[:, 2] = up_g * np.sin(2 * np.pi * phase) + 0.4 * up_g * np.sin(4 * np.pi * phase + 0.7)
        push[:, 1] = 0.4 * up_g * np.sin(np.pi * phase)
        push[:, 0] = 0.3 * up_g * np.sin(2 * np.pi * phase + 1.2)
        push[:, 2] += up_g * np.exp(-(((phase % 1.0) - 0.3) ** 2) / 0.004)
        push += self.random.normal(0, 0.02, (n, 3))
        lean = self.now_deg + np.stack([2 * np.sin(2 * np.pi * phase), 2 * np.sin(np.pi * phase)], axis=1)
        self._append(lean, push, np.ones(n))
        self.now_deg = lean[-1]

    def lean_to(self, forward_deg: float, side_deg: float, seconds: float, effort_g: float = 0.05) -> None:
        """Turn smoothly to another direction, with the pushes that go with it."""
        n = max(2, round(seconds * RATE_HZ))
        t = np.linspace(0, 1, n)
        ease = (t * t * (3 - 2 * t))[:, None]
        lean = self.now_deg * (1 - ease) + np.array([forward_deg, side_deg]) * ease
        slow = np.sin(np.pi * t)[:, None] * self.random.normal(0, effort_g, (1, 3))
        self._append(lean, slow + self.random.normal(0, 0.3 * effort_g, (n, 3)), np.ones(n))

    def sink(self, seconds: float, weight: float, forward_deg: float, side_deg: float) -> None:
        """Go down while turning: only the fraction `weight` of gravity is felt at the deepest."""
        n = max(2, round(seconds * RATE_HZ))
        t = np.linspace(0, 1, n)
        ease = (t**2.2)[:, None]
        lean = self.now_deg * (1 - ease) + np.array([forward_deg, side_deg]) * ease
        felt = 1 - (1 - weight) * np.sin(np.pi * t**1.5 / 2)
        self._append(lean, self.random.normal(0, 0.05, (n, 3)), felt)

    def tumble(self, seconds: float) -> None:
        """Fall freely and turn over: a thing let go, not a body."""
        n = max(2, round(seconds * RATE_HZ))
        turn = np.linspace(0, 1, n)[:, None] * self.random.uniform(-150, 150, (1, 2))
        self._append(self.now_deg + turn, self.random.normal(0, 0.02, (n, 3)), np.full(n, 0.03))

    def blow(
        self, peak_g: float, width_s: float = 0.06, rebounds: int = 3, axis: tuple[float, ...] = (0.6, 0.3, 0.75)
    ) -> None:
        """Hit something: a half sine, then smaller and smaller ones."""
        way = np.array(axis) + self.random.normal(0, 0.2, 3)
        way /= np.linalg.norm(way)
        parts = []
        for k in range(rebounds + 1):
            n = max(3, round(width_s * RATE_HZ * (1 + 0.4 * k)))
            size = peak_g * 0.42**k * (1 if k % 2 == 0 else -0.6)
            parts.append(np.sin(np.pi * (np.arange(n) + 0.5) / n) * size)
        push = np.concatenate(parts)[:, None] * way + self.random.normal(0, 0.04, (sum(map(len, parts)), 3))
        self._append(np.tile(self.now_deg, (len(push), 1)), push, np.ones(len(push)))

    def swing_pendant(self, degrees: float) -> None:
        """From here on the pendant swings on its cord, and comes to rest in some seconds."""
        self.swing.append((self.length, degrees))

    def samples_mg(self, mount: Floats, noise_g: float = 0.006) -> Samples:
        """What a sensor mounted by the rotation `mount` [3, 3] says: int16 [N, 3] milli-g."""
        lean = np.concatenate(self.lean_deg)
        for start, degrees in self.swing:
            t = np.arange(len(lean) - start) / RATE_HZ
            away = degrees * np.exp(-t / self.vary(1.6)) * np.sin(2 * np.pi * self.vary(1.1, 0.15) * t)
            lean[start:, 0] += away
            lean[start:, 1] += 0.6 * away * np.cos(2 * np.pi * 0.3 * t)
        forward, side = np.radians(lean).T
        gravity = np.stack([np.sin(forward), np.cos(forward) * np.sin(side), np.cos(forward) * np.cos(side)], axis=1)
        felt = gravity * np.concatenate(self.weight)[:, None] + np.concatenate(self.push_g)
        felt += self.random.normal(0, noise_g, felt.shape)
        return np.clip(np.rint(felt @ mount.T * 1_000), -16_000, 16_000).astype(np.int16)


def random_mount(random: np.random.Generator) -> Floats:
    """A rotation [3, 3], all mountings equally likely."""
    q = random.normal(size=4)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
