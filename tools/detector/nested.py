"""Without this file a person could choose her own threshold: models and limits are made from other people only."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from tools.detector import learn
from tools.detector.folds import INNER, fold_of
from tools.detector.learn import Facts, Material
from tools.detector.material import Told, second_look
from tools.detector.sets import Trial
from tools.detector.table import Tables
from tools.recordings.recording import Samples

# What low, normal and high sensitivity add to the limit of least cost: a missed fall is taken to be as bad as one, two,
# four false alarms, and a log odds is 256. A false alarm can be cancelled.
LEVEL_STEPS = tuple(-round(256 * log(worse)) for worse in (1, 2, 4))
_LOOSE = "neck"  # the set whose sensor hangs as a pendant does
WORKERS = 2


@dataclass(frozen=True)
class Model:
    """Both forests with their limits, and the trials they may be scored on."""

    first: Tables
    second: Tables
    scored: NDArray[np.int64]  # numbers of trials


@dataclass(frozen=True)
class _Half:
    """A first forest and what its choice rested on."""

    tables: Tables
    limit: int
    scores: NDArray[np.int64]  # out-of-fold, of all cases; _NOT_MINE for those of other people


_NOT_MINE = -(10**6)


def make_models(
    trials: Sequence[Trial],
    material: Material,
    played: Sequence[Samples],
    splits: Sequence[NDArray[np.bool_]],
    told: Told,
) -> list[Model]:
    """A model for each split: taught on the trials marked in it, to be scored on all others.

    Inside the marked trials, limits are chosen from out-of-fold scores of an inner cross-validation by person. A split
    of all trials gives the same model whatever other splits there are: the one that ships.
    """
    seeds = [0 if split.all() else k for k, split in enumerate(splits)]
    known = learn.facts(trials)
    progress = told("forests", len(splits))
    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = [
            pool.submit(_first, list(trials), material, known, split, seed)
            for seed, split in zip(seeds, splits, strict=True)
        ]
        halves = []
        for job in jobs:
            halves.append(job.result())
            progress(1)
    suspicious = np.zeros(len(material.trial), dtype=bool)
    for half in halves:
        suspicious |= half.scores > half.limit - learn.MARGIN
    looked, numbers = second_look(played, material, np.flatnonzero(suspicious), len(trials), told)
    models = []
    for seed, split, half in zip(seeds, splits, halves, strict=True):
        second = _second(trials, looked, half.scores[numbers], known, half.limit, split, seed)
        half.tables.limits = tuple(half.limit + step for step in LEVEL_STEPS)
        models.append(Model(half.tables, second, np.flatnonzero(~split)))
    return models


def _first(trials: list[Trial], material: Material, known: Facts, split: NDArray[np.bool_], seed: int) -> _Half:
    mine = np.append(split, True)[material.trial]  # the last: simulated daily life
    if not any(trial.set_name == _LOOSE for trial, is_mine in zip(trials, split, strict=True) if is_mine):
        mine &= ~material.in_hands  # or a loose pendant's turning would mean hands, and never a fall
    inside = material.of(mine)
    lesson = learn.first_lesson(inside, known)
    inner = learn.crossed(lesson, inside, fold_of(trials, INNER, seed + 1, among=split))
    inner = learn.carried(inner, inside)
    recorded = inside.played < len(trials)
    limit = learn.choose_limit(inner[recorded], inside.of(recorded), known)
    scores = np.full(len(mine), _NOT_MINE, dtype=np.int64)
    scores[mine] = inner
    return _Half(lesson.grow(), limit, scores)


def _second(
    trials: Sequence[Trial],
    looked: Material,
    scores: NDArray[np.int64],
    known: Facts,
    limit: int,
    split: NDArray[np.bool_],
    seed: int,
) -> Tables:
    """The second forest of a split; scores: the first's of its cases, out of fold, for feature 0."""
    chosen = scores > limit - learn.MARGIN
    taught = looked.of(chosen)
    taught.features[:, 0] = np.clip(scores[chosen], -32_000, 32_000)
    inner = fold_of(list(trials), INNER, seed + 101, among=split)
    lesson = learn.second_lesson(taught, known)
    crossed = learn.crossed(lesson, taught, inner)
    asked = (scores[chosen] > limit) & (taught.played < len(trials))
    tables = lesson.grow()
    second = learn.choose_second_limit(crossed[asked], taught.of(asked), known, np.append(split, False))
    tables.limits = (second, second, second)
    return tables
