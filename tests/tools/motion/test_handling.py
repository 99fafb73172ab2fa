"""A pendant in somebody's hands: the same for the same seed, turned about, within a sensor's range."""

import numpy as np

from tools.motion.handling import handled


def test_the_same_seed_plays_the_same():
    """Nothing is stored because it can be made again."""
    assert (handled(5) == handled(5)).all()
    assert handled(5).shape != handled(6).shape or (handled(5) != handled(6)).any()


def test_it_is_turned_about_and_knocked():
    """Over some seeds: gravity comes from many sides, there are blows, nothing leaves 16 g."""
    blows = turned = 0
    for seed in range(12):
        acc = handled(seed).astype(float)
        size = np.linalg.norm(acc, axis=1)
        mean = np.array([acc[i : i + 50].mean(axis=0) for i in range(0, len(acc) - 50, 50)])
        mean /= np.linalg.norm(mean, axis=1)[:, None]
        turned += bool((mean @ mean.T).min() < 0)
        blows += bool(size.max() > 1_500)
        assert len(acc) > 600
        assert np.abs(acc).max() <= 16_000
    assert turned > 6
    assert blows > 6
