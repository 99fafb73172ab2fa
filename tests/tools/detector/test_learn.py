"""Limits follow the goals and nothing else; nobody is scored by a forest that has met her."""

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="lightgbm is not installed: run `make extras`")

from tools.detector import learn
from tools.detector.learn import Material

_COUNT = 200


def _known(falls):
    """So many SisFall trials, the first of them falls, and the one that stands for simulated life."""
    fall = np.arange(_COUNT + 1) < falls
    return {
        "fall": fall,
        "at": np.where(fall, 500, -1),
        "set": np.array(["sisfall"] * _COUNT + [""]),
        "down": fall,
        "old": np.zeros(_COUNT + 1, dtype=bool),
        "hours": np.full(_COUNT + 1, 0.01),
    }


def _material(scored, sample=500):
    """One case for each trial."""
    trial = np.arange(scored)
    return Material(
        features=np.zeros((scored, 1), dtype=np.int16),
        trial=trial,
        sample=np.full(scored, sample),
        worth=np.ones(scored),
        played=trial,
        blow=np.full(scored, sample),
        in_hands=np.zeros(scored, dtype=bool),
    )


def test_a_goal_that_is_just_met_costs_one():
    """One fall in a hundred missed, and nothing else wrong."""
    known = _known(100)
    hit = known["fall"].copy()
    hit[0] = False
    chosen = np.arange(_COUNT + 1) < _COUNT

    assert learn.cost(hit, chosen, known, chest=0) == pytest.approx(1.0)


def test_what_is_furthest_from_its_goal_counts_most():
    """Two falls missed cost more than one fall and half as much daily life, measured in goals."""
    known = _known(100)
    chosen = np.arange(_COUNT + 1) < _COUNT
    missed = known["fall"].copy()
    missed[:2] = False
    assert learn.cost(missed, chosen, known, 0) == pytest.approx(2.0)

    even = known["fall"].copy()
    even[0] = False
    assert learn.cost(even, chosen, known, 0) < 2.0


def test_the_limit_lies_between_daily_life_and_falls():
    """Where they are apart, any limit between them costs nothing."""
    score = np.where(np.arange(_COUNT) < 100, 1_000 + np.arange(_COUNT), -1_000 - np.arange(_COUNT))

    assert -1_000 <= learn.choose_limit(score, _material(_COUNT), _known(100)) < 1_010


def test_the_second_limit_counts_trials_that_were_never_suspected():
    """A limit between a hundred falls and one false suspicion costs nothing."""
    known = _known(100)
    score = np.concatenate([np.full(100, 500), [-500]])
    chosen = np.arange(_COUNT + 1) < _COUNT

    assert -500 <= learn.choose_second_limit(score, _material(101), known, chosen) < 500


def test_a_case_is_never_scored_by_those_who_met_its_person():
    """Each fold's forest is grown without it, and simulated recordings are dealt out too."""
    trial = np.array([0, 1, 2, 3, -1, -1, -1])
    material = Material(
        features=np.zeros((7, 1), dtype=np.int16),
        trial=trial,
        sample=np.zeros(7, dtype=np.int64),
        worth=np.ones(7),
        played=np.arange(7),
        blow=np.zeros(7, dtype=np.int64),
        in_hands=np.zeros(7, dtype=bool),
    )
    fold = np.array([0, 1, 0, 1])
    met = []

    class Grown:
        def score(self, features):
            return np.full(len(features), len(met))

    def grower(inside, _known):
        met.append(set(inside.played.tolist()))
        return Grown()

    learn.crossed(grower, material, {}, fold)

    assert met == [{1, 3, 5}, {0, 2, 4, 6}]
