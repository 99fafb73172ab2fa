"""Without these a good number would have nothing to stand beside: the rules of FACTS, a small tree, a small network.

They are scored by trial, as our detector is, but leniently: a rule may look at the whole trial, the rules
that need posture wait 2.5 s, and nothing is asked about when they answer. The tree and the network see what our first
forest sees, of the same people.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tools.detector import learn
from tools.detector.learn import Facts, Material
from tools.detector.sets import Trial

Bools = NDArray[np.bool_]
_TWO_LINES = (254.0, 60.0)  # mean | |a| - 1 g | over a second in milli-g, and degrees


def rules(trials: Sequence[Trial]) -> dict[str, Bools]:
    """For each rule, which trials it takes for a fall."""
    sizes = [np.linalg.norm(trial.samples.astype(np.float64), axis=1) for trial in trials]
    return {
        "peak > 3 g": np.array([size.max() > 3_000 for size in sizes]),
        "hobby rule": np.array([_hobby(size) for size in sizes]),
        "two-line rule": np.array([_two_lines(t.samples, size) for t, size in zip(trials, sizes, strict=True)]),
    }


def _hobby(size: NDArray[np.float64]) -> bool:
    """Under 0.35 g, and within a second over 2.2 g."""
    low = np.flatnonzero(size < 350)
    high = np.flatnonzero(size > 2_200)
    after = np.searchsorted(high, low)
    found = after < len(high)
    return bool((high[after[found]] - low[found] <= 100).any())


def _two_lines(acc: NDArray[np.int16], size: NDArray[np.float64]) -> bool:
    """Much movement round the largest |a|, and gravity elsewhere afterwards."""
    at = int(np.argmax(size))
    moved = np.abs(size[max(0, at - 50) : at + 50] - 1_000).sum() / 100
    before = _mean(acc, at - 300, at - 100)
    after = _mean(acc, at + 100, at + 250)
    cosine = before @ after / (np.linalg.norm(before) * np.linalg.norm(after) + 1e-9)
    return bool(moved > _TWO_LINES[0] and np.degrees(np.arccos(np.clip(cosine, -1, 1))) > _TWO_LINES[1])


def _mean(acc: NDArray[np.int16], first: int, last: int) -> NDArray[np.float64]:
    index = np.clip(np.arange(first, last), 0, len(acc) - 1)
    return np.asarray(acc[index].astype(np.float64).mean(axis=0))


def learned(name: str, base: Material, known: Facts, fold: NDArray[np.int64]) -> Bools:
    """A tree of depth 4 or a network of 16 hidden units, by person; the threshold is its teachers' too."""
    is_fall, weight = learn.taught(base, known)
    features = np.sign(base.features) * np.log1p(np.abs(base.features) / 20.0) if name == "network" else base.features
    place = fold[base.trial]
    hit = np.zeros(len(known["fall"]), dtype=bool)
    for k in np.unique(place):
        inside, outside = place != k, place == k
        used = inside & (weight > 0)
        score = _tree(features, is_fall, weight, used) if name == "tree" else _network(features, is_fall, weight, used)
        limit = learn.choose_limit(score[inside], base.of(inside), known)
        best = learn.best_of(score[outside], base.of(outside), known)
        hit |= best > limit
    return hit[:-1]


def _tree(
    features: NDArray[np.generic], is_fall: NDArray[np.int64], weight: NDArray[np.float64], used: Bools
) -> NDArray[np.int64]:
    tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=20, random_state=1)
    tree.fit(features[used], is_fall[used], sample_weight=weight[used])
    return np.asarray((tree.predict_proba(features)[:, 1] * 1_000).astype(np.int64))


def _network(
    features: NDArray[np.generic], is_fall: NDArray[np.int64], weight: NDArray[np.float64], used: Bools
) -> NDArray[np.int64]:
    random = np.random.default_rng(1)
    scale = StandardScaler().fit(features[used])
    values = np.clip(scale.transform(features), -4, 4)
    share = weight[used] / weight[used].sum()
    drawn = random.choice(np.flatnonzero(used), int(weight[used].sum()), p=share)
    network = MLPClassifier((16,), alpha=0.3, max_iter=25, batch_size=256, learning_rate_init=2e-3, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped early on purpose
        network.fit(values[drawn], is_fall[drawn])
    chance = np.clip(network.predict_proba(values)[:, 1], 1e-6, 1 - 1e-6)
    return np.asarray((np.log(chance / (1 - chance)) * 100).astype(np.int64))
