"""Without this file the forests could not be grown: what is learned from, how, and where the limits are put."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from tools.detector.sets import Trial
from tools.detector.table import Tables, quantise

Facts = dict[str, NDArray[np.generic]]

SEED = 1
# Small trees that cut at random places: less of each data set's own sensors is learned by heart.
FIRST = {
    "objective": "binary",
    "boost_from_average": False,  # or the first tree's leaves would not fit a byte
    "learning_rate": 0.1,
    "num_leaves": 16,
    "min_data_in_leaf": 20,
    "extra_trees": True,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "max_bin": 127,
    "verbose": -1,
    "num_threads": 1,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
}
FIRST_TREES = 250
SECOND = {
    **FIRST,
    "num_leaves": 6,
    "learning_rate": 0.08,
    "feature_fraction": 0.5,
    "min_data_in_leaf": 15,
    "lambda_l2": 10,
}
SECOND_TREES = 60
# What an error is worth, one over the share of errors that the goals allow.
GOALS = {"sisfall": (0.99, 0.995), "neck": (0.98, 0.98), "waist": (0.985, 0.98)}
CHEST_WORTH = 0.5  # a false alarm in the chest recordings
_SET_WEIGHT = {"sisfall": 1.0, "neck": 2.0, "waist": 2.0, "chest": 3.0}
_NEAR = 10  # samples: a case so near the impact is the fall
_AFTER = 150  # a later blow so near still belongs to it
_BEFORE = 200  # a blow so near before it may be the stumble: not taught either way
_LATER_WEIGHT = 0.3
_NEVER = -(10**6)
SECOND_LOSS = 0.006  # of the falls that stage 1 found, stage 2 may give up so many
MARGIN = 384  # a case so little below the limit (1.5 log odds) teaches the second forest too


@dataclass(frozen=True)
class Material:
    """Cases to learn from: features [n, f], the trial each belongs to (-1: simulated), sample of the blow as in the
    unchanged trial, and a weight for where they come from."""

    features: NDArray[np.int16]
    trial: NDArray[np.int64]
    sample: NDArray[np.int64]
    worth: NDArray[np.float64]

    def of(self, chosen: NDArray[np.bool_]) -> "Material":
        """Those cases only."""
        return Material(self.features[chosen], self.trial[chosen], self.sample[chosen], self.worth[chosen])


def join(parts: Sequence[Material]) -> Material:
    """All of them."""
    return Material(
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.trial for p in parts]),
        np.concatenate([p.sample for p in parts]),
        np.concatenate([p.worth for p in parts]),
    )


def facts(trials: Sequence[Trial]) -> Facts:
    """What is known about the trials, as arrays; one more at the end stands for simulated daily life (index -1)."""
    return {
        "fall": np.array([t.is_fall for t in trials] + [False]),
        "at": np.array([t.fall_at for t in trials] + [-1]),
        "set": np.array([t.set_name for t in trials] + [""]),
        "down": np.array([t.stays_down for t in trials] + [False]),
    }


def taught(material: Material, known: Facts) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each case whether it is a fall, and its weight."""
    fall = known["fall"][material.trial].astype(bool)
    late = material.sample - known["at"][material.trial].astype(int)
    is_fall = fall & (late >= -_NEAR) & (late <= _AFTER)
    weight = material.worth * np.array([_SET_WEIGHT.get(str(s), 1.0) for s in known["set"]])[material.trial]
    weight[is_fall & (late > _NEAR)] *= _LATER_WEIGHT
    weight[fall & ((late > _AFTER) | ((late < -_NEAR) & (late >= -_BEFORE)))] = 0
    return is_fall.astype(int), weight


def grow(material: Material, known: Facts) -> Tables:
    """The first forest."""
    is_fall, weight = taught(material, known)
    used = weight > 0
    data = lgb.Dataset(material.features[used].astype(np.float32), is_fall[used], weight=weight[used])
    return quantise(lgb.train(FIRST, data, FIRST_TREES))


def best_of(score: NDArray[np.int64], material: Material, known: Facts) -> NDArray[np.int64]:
    """Each trial's highest score; in a fall, of the cases that the protocol lets count."""
    trial = material.trial
    late = material.sample - known["at"][trial].astype(int)
    counts = ~known["fall"][trial].astype(bool) | (np.abs(late) <= _AFTER)
    best = np.full(len(known["fall"]), _NEVER, dtype=np.int64)
    np.maximum.at(best, trial[counts], score[counts])
    return best


def cost(hit: NDArray[np.bool_], chosen: NDArray[np.bool_], known: Facts, chest: int) -> float:
    """How far from the goals: 1 for each goal that is just met. chest: false alarms there."""
    total = chest * CHEST_WORTH
    for name, (sensitivity, specificity) in GOALS.items():
        falls = chosen & (known["set"] == name) & known["fall"].astype(bool)
        life = chosen & (known["set"] == name) & ~known["fall"].astype(bool)
        if falls.any():
            total += float((~hit[falls]).mean()) / (1 - sensitivity)
        if life.any():
            total += float(hit[life].mean()) / (1 - specificity)
    return total


def choose_limit(score: NDArray[np.int64], material: Material, known: Facts) -> int:
    """The limit that costs least on these (out-of-fold) scores, taken from the middle of the best stretch."""
    best = best_of(score, material, known)
    chosen = np.zeros(len(best), dtype=bool)
    chosen[np.unique(material.trial)] = True
    chosen[-1] = False
    in_chest = known["set"][material.trial] == "chest"
    limits = np.unique(np.quantile(best[chosen & (best > _NEVER)], np.linspace(0.02, 0.98, 500)).astype(int))
    costs = np.array([cost(best > limit, chosen, known, int((score[in_chest] > limit).sum())) for limit in limits])
    smooth = np.convolve(np.pad(costs, 4, mode="edge"), np.ones(9) / 9, mode="valid")
    return int(limits[int(np.argmin(smooth))])


def crossed(
    grower: Callable[[Material, Facts], Tables], material: Material, known: Facts, fold: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Out-of-fold scores of the first `count` cases (those as recorded); fold [trials]: -1 is taught always."""
    places = np.append(fold, -1)[material.trial]
    score = np.zeros(count, dtype=np.int64)
    for k in np.unique(places[:count]):
        mine = np.flatnonzero(places[:count] == k)
        score[mine] = grower(material.of(places != k), known).score(material.features[mine])
    return score


def grow_second(material: Material, known: Facts) -> Tables:
    """The second forest, from suspicious cases only."""
    fall = known["fall"][material.trial].astype(bool)
    late = np.abs(material.sample - known["at"][material.trial].astype(int))
    down = known["down"][material.trial].astype(bool)
    used = (~fall) | (down & (late <= _AFTER))
    weight = np.where(fall, 1.0, 3.0)[used]
    data = lgb.Dataset(material.features[used].astype(np.float32), fall[used].astype(int), weight=weight)
    return quantise(lgb.train(SECOND, data, SECOND_TREES))


def choose_second_limit(
    score: NDArray[np.int64], suspected: NDArray[np.bool_], material: Material, known: Facts
) -> int:
    """Let through as few false suspicions as possible while losing at most SECOND_LOSS of the true ones."""
    fall = known["fall"][material.trial].astype(bool) & known["down"][material.trial].astype(bool)
    true = score[suspected & fall]
    return int(np.quantile(true, SECOND_LOSS)) if len(true) else 0
