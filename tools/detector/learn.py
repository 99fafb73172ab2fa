"""Without this file the forests could not be grown: what is learned from, how, and where the limits are put."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from shared import fall_carry
from tools.detector.sets import Trial
from tools.detector.table import Tables, quantise

Facts = dict[str, NDArray[np.generic]]

SEEDS = (1, 2)  # of the forests whose mean is shipped
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
    "deterministic": True,
    "force_col_wise": True,
}
FIRST_TREES = 250  # of each
_QUICK = {"learning_rate": 0.2, "max_bin": 63}
_QUICK_TREES = 40
_PLAIN = -4 * 256  # what scores less in a quick forest is plainly daily life
_THINNED = 6
SECOND = {
    **FIRST,
    "learning_rate": 0.13,
    "num_leaves": 10,
    "feature_fraction": 0.5,
    "min_data_in_leaf": 30,
}
SECOND_TREES = 45
# What the detector shall reach: sensitivity and specificity by trial.
GOALS = {"sisfall": (0.99, 0.995), "neck": (0.98, 0.98), "waist": (0.985, 0.98)}
ELDERLY_GOAL = 0.995  # specificity on SisFall's old people
CHEST_GOAL = 0.25  # false alarms an hour
SECOND_GOALS = (0.015, 0.007)  # what stage 2 may lose of each set's falls, and confirm of its daily life
_WORST = 4  # the power to which shares of the goals are raised: what is furthest from its goal counts most
_SET_WEIGHT = {"sisfall": 1.0, "neck": 2.0, "waist": 2.0, "chest": 3.0}
_SECOND_LIFE = 3.0  # daily life that looks like a fall is rare
_NEAR = 10  # samples: a case so near the impact is the fall
_AFTER = 150  # a later blow so near still belongs to it
_BEFORE = 200  # a blow so near before it may be the stumble: not taught either way
_LATER_WEIGHT = 0.3
_NEVER = -(10**6)
MARGIN = 1_200  # a case so little below the limit (4.7 log odds) teaches the second forest too


@dataclass(frozen=True)
class Material:
    """Cases to learn from: features [n, f], the trial each belongs to (-1: simulated), sample of the blow as in the
    unchanged trial, a weight for where they come from; which recording was played, where in it the blow is, and whether
    it was played by simulated hands."""

    features: NDArray[np.int16]
    trial: NDArray[np.int64]
    sample: NDArray[np.int64]
    worth: NDArray[np.float64]
    played: NDArray[np.int64]
    blow: NDArray[np.int64]
    in_hands: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Material":
        """Those cases only."""
        return Material(*(getattr(self, field.name)[chosen] for field in fields(self)))


def join(parts: Sequence[Material]) -> Material:
    """All of them."""
    return Material(*(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Material)))


def facts(trials: Sequence[Trial]) -> Facts:
    """What is known about the trials, as arrays; one more at the end stands for simulated daily life (index -1)."""
    return {
        "fall": np.array([t.is_fall for t in trials] + [False]),
        "at": np.array([t.fall_at for t in trials] + [-1]),
        "set": np.array([t.set_name for t in trials] + [""]),
        "down": np.array([t.stays_down for t in trials] + [False]),
        "old": np.array([t.recording.is_elderly for t in trials] + [False]),
        "hours": np.array([len(t.samples) / 360_000 for t in trials] + [0.0]),
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


class Lesson:
    """What forests are grown from: its features are put into bins once, whichever rows a forest is to leave out."""

    def __init__(
        self,
        features: NDArray[np.int16],
        is_fall: NDArray[np.int64],
        weight: NDArray[np.float64],
        recipe: dict[str, object],
        trees: int,
    ) -> None:
        """weight: rows of weight 0 are not taught."""
        self._rows = np.flatnonzero(weight > 0)
        self._recipe, self._trees = recipe, trees
        self._data = lgb.Dataset(
            features[self._rows].astype(np.float32),
            is_fall[self._rows],
            weight=weight[self._rows],
            params=recipe,
            free_raw_data=False,
        ).construct()

    def grow(self, but: NDArray[np.bool_] | None = None) -> Tables:
        """A forest taught on everything but the marked rows: the mean of several, each with its own seed."""
        data = self._data if but is None else self._data.subset(np.flatnonzero(~but[self._rows]).tolist())
        return quantise(*(lgb.train({**self._recipe, "seed": seed}, data, self._trees) for seed in SEEDS))


def first_lesson(material: Material, known: Facts) -> Lesson:
    """Of the first forest. Of what is plainly daily life one case in _THINNED is taught, for all of them."""
    is_fall, weight = taught(material, known)
    third = np.where(np.arange(len(weight)) % 3 == 0, weight, 0)
    quick = Lesson(material.features, is_fall, third, {**FIRST, **_QUICK}, _QUICK_TREES).grow()
    plain = (quick.score(material.features) < _PLAIN) & (is_fall == 0)
    drawn = np.random.default_rng(SEEDS[0]).random(len(weight)) < 1 / _THINNED
    weight = np.where(plain, np.where(drawn, _THINNED, 0), 1) * weight
    return Lesson(material.features, is_fall, weight, FIRST, FIRST_TREES)


def carried(score: NDArray[np.int64], material: Material) -> NDArray[np.int64]:
    """Each blow's score with what the one before it adds: shared/fall_carry.py for many recordings at once."""
    order = np.lexsort((material.blow, material.played))
    before, after = order[:-1], order[1:]
    is_near = material.blow[after] - material.blow[before] <= fall_carry.CARRY_SPAN
    near = (material.played[after] == material.played[before]) & is_near
    kept = np.clip(score[before[near]], fall_carry.CARRY_LEAST, fall_carry.CARRY_MOST) - fall_carry.CARRY_LEAST
    total = score.copy()
    total[after[near]] += kept * fall_carry.CARRY_SHARE >> 8
    return total


def best_of(score: NDArray[np.int64], material: Material, known: Facts) -> NDArray[np.int64]:
    """Each trial's highest score; in a fall, of the cases that the protocol lets count."""
    trial = material.trial
    late = material.sample - known["at"][trial].astype(int)
    counts = ~known["fall"][trial].astype(bool) | (np.abs(late) <= _AFTER)
    best = np.full(len(known["fall"]), _NEVER, dtype=np.int64)
    np.maximum.at(best, trial[counts], score[counts])
    return best


def _share(hit: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float(hit[among].mean()) if among.any() else 0.0


def cost(hit: NDArray[np.bool_], chosen: NDArray[np.bool_], known: Facts, chest: int) -> float:
    """How far from the goals, which rule over the choice alone: each is 1 when it is just met.

    hit: which trials are said to be falls; chest: false alarms in the chest recordings.
    """
    parts = []
    life = chosen & ~known["fall"].astype(bool)
    for name, (sensitivity, specificity) in GOALS.items():
        mine = known["set"] == name
        parts.append(_share(~hit, chosen & mine & known["fall"].astype(bool)) / (1 - sensitivity))
        parts.append(_share(hit, life & mine) / (1 - specificity))
    parts.append(_share(hit, life & (known["set"] == "sisfall") & known["old"].astype(bool)) / (1 - ELDERLY_GOAL))
    hours = float(known["hours"][chosen & (known["set"] == "chest")].sum())
    parts.append(chest / hours / CHEST_GOAL if hours else 0.0)
    return _together(parts)


def _together(parts: Sequence[float]) -> float:
    return float(sum(part**_WORST for part in parts) ** (1 / _WORST))


def choose_limit(score: NDArray[np.int64], material: Material, known: Facts) -> int:
    """The limit that costs least on these (out-of-fold) scores, taken from the middle of the best stretch."""
    best = best_of(score, material, known)
    chosen = _trials_of(material, known)
    in_chest = known["set"][material.trial] == "chest"
    limits = np.unique(np.quantile(best[chosen & (best > _NEVER)], np.linspace(0.02, 0.98, 500)).astype(int))
    return _cheapest(
        limits, [cost(best > limit, chosen, known, int((score[in_chest] > limit).sum())) for limit in limits]
    )


def _trials_of(material: Material, known: Facts) -> NDArray[np.bool_]:
    chosen = np.zeros(len(known["fall"]), dtype=bool)
    chosen[np.unique(material.trial)] = True
    chosen[-1] = False
    return chosen


def _cheapest(limits: NDArray[np.int64], costs: Sequence[float]) -> int:
    smooth = np.convolve(np.pad(np.array(costs), 4, mode="edge"), np.ones(9) / 9, mode="valid")
    return int(limits[int(np.argmin(smooth))])


def crossed(lesson: Lesson, material: Material, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """Out-of-fold scores of all cases; simulated recordings are dealt to the folds one by one."""
    places = np.append(fold, -1)[material.trial]
    nobody = material.trial < 0
    places[nobody] = material.played[nobody] % (int(fold.max()) + 1)
    score = np.zeros(len(places), dtype=np.int64)
    for k in np.unique(places):
        mine = np.flatnonzero(places == k)
        score[mine] = lesson.grow(places == k).score(material.features[mine])
    return score


def second_lesson(material: Material, known: Facts) -> Lesson:
    """Of the second forest: suspicious cases only."""
    fall = known["fall"][material.trial].astype(bool)
    late = np.abs(material.sample - known["at"][material.trial].astype(int))
    down = known["down"][material.trial].astype(bool)
    used = (~fall) | (down & (late <= _AFTER))
    weight = material.worth * np.array([_SET_WEIGHT.get(str(s), 1.0) for s in known["set"]])[material.trial]
    weight = weight * np.where(fall, 1.0, _SECOND_LIFE) * used
    return Lesson(material.features, fall.astype(int), weight, SECOND, SECOND_TREES)


def choose_second_limit(score: NDArray[np.int64], material: Material, known: Facts, chosen: NDArray[np.bool_]) -> int:
    """The limit at which what is lost of the suspected falls, and confirmed of daily life, is least beside the goals.

    material: the suspected cases as recorded; chosen: the trials they are from, and those that were never suspected.
    """
    best = np.full(len(known["fall"]), _NEVER, dtype=np.int64)
    np.maximum.at(best, material.trial, score)
    down = chosen & known["down"].astype(bool) & (best > _NEVER)
    life = chosen & ~known["fall"].astype(bool)
    limits = np.unique(np.quantile(score, np.linspace(0.0, 0.5, 300)).astype(int))
    costs = []
    for limit in limits:
        hit = best > limit
        sets = [known["set"] == name for name in GOALS]
        lost = [_share(~hit, down & mine) / SECOND_GOALS[0] for mine in sets]
        false = [_share(hit, life & mine) / SECOND_GOALS[1] for mine in sets]
        costs.append(_together([*lost, *false]))
    return _cheapest(limits, costs)
