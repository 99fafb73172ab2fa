"""Without this file a person could choose her own threshold: models and limits are made from other people only."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.detector import learn
from tools.detector.folds import INNER, fold_of
from tools.detector.learn import Facts, Material
from tools.detector.material import Told, second_look
from tools.detector.sets import Trial
from tools.detector.table import Tables

# What low, normal and high sensitivity add to the limit of least cost: a log odds is 256. Normal leans to the side of
# sensitivity: of the two errors a missed fall is the worse, and a false alarm can be cancelled.
LEVEL_STEPS = (0, -192, -320)
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
    scores: NDArray[np.int64]  # out-of-fold, of the recorded cases used
    used: NDArray[np.bool_]  # which recorded cases those are


def make_models(
    trials: Sequence[Trial], material: Material, splits: Sequence[NDArray[np.bool_]], told: Told
) -> list[Model]:
    """A model for each split: taught on the trials marked in it, to be scored on all others.

    Inside the marked trials, limits are chosen from out-of-fold scores of an inner cross-validation by person.
    """
    known = learn.facts(trials)
    recorded = int((material.worth == 1.0).sum())  # they come first
    progress = told("forests", len(splits))
    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = [
            pool.submit(_first, list(trials), material, known, split, recorded, k) for k, split in enumerate(splits)
        ]
        halves = []
        for job in jobs:
            halves.append(job.result())
            progress(1)
    suspicious = np.zeros(recorded, dtype=bool)
    for half in halves:
        suspicious[np.flatnonzero(half.used)[half.scores > half.limit - learn.MARGIN]] = True
    base = material.of(np.arange(len(material.trial)) < recorded)
    looked = second_look(trials, base, suspicious, told)
    models = []
    for k, (split, half) in enumerate(zip(splits, halves, strict=True)):
        second = _second(trials, base, looked, known, half, split, k)
        half.tables.limits = tuple(half.limit + step for step in LEVEL_STEPS)
        models.append(Model(half.tables, second, np.flatnonzero(~split)))
    return models


def _first(
    trials: list[Trial], material: Material, known: Facts, split: NDArray[np.bool_], recorded: int, seed: int
) -> _Half:
    mine = np.append(split, True)[material.trial]  # the last: simulated daily life
    inside = material.of(mine)
    count = int(mine[:recorded].sum())
    inner = fold_of(trials, INNER, seed + 1, among=split)
    scores = learn.crossed(learn.grow, inside, known, inner, count)
    base = inside.of(np.arange(len(inside.trial)) < count)
    return _Half(learn.grow(inside, known), learn.choose_limit(scores, base, known), scores, mine[:recorded])


def _second(
    trials: Sequence[Trial],
    base: Material,
    looked: Material,
    known: Facts,
    half: _Half,
    split: NDArray[np.bool_],
    seed: int,
) -> Tables:
    """The second forest of a split, its features' score filled in from the first's out-of-fold scores."""
    score = dict(zip(_keys(base.of(half.used)), half.scores.tolist(), strict=True))
    scores = np.array([score.get(key, -(10**6)) for key in _keys(looked)])
    chosen = scores > half.limit - learn.MARGIN
    taught = looked.of(chosen)
    taught.features[:, 0] = np.clip(scores[chosen], -32_000, 32_000)
    inner = fold_of(list(trials), INNER, seed + 101, among=split)
    crossed = learn.crossed(learn.grow_second, taught, known, inner, len(taught.trial))
    tables = learn.grow_second(taught, known)
    limit = learn.choose_second_limit(crossed, scores[chosen] > half.limit, taught, known)
    tables.limits = (limit, limit, limit)
    return tables


def _keys(material: Material) -> list[tuple[int, int]]:
    return list(zip(material.trial.tolist(), material.sample.tolist(), strict=True))
