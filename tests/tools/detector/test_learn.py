"""Limits follow the goals and nothing else; nobody is scored by a forest that has met her."""

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="lightgbm is not installed: run `make extras`")

from shared.fall_carry import Carry
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

    class Lesson:
        def grow(self, but):
            met.append(set(material.played[~but].tolist()))
            return Grown()

    learn.crossed(Lesson(), material, fold)

    assert met == [{1, 3, 5}, {0, 2, 4, 6}]


def test_a_forest_that_leaves_rows_out_has_not_met_them():
    """Features are put into bins once, but labels that were left out teach nothing."""
    random = np.random.default_rng(2)
    features = random.integers(-500, 500, (4_000, 6)).astype(np.int16)
    is_fall = (features[:, 2] > 0).astype(np.int64)
    left_out = np.arange(4_000) % 2 == 0
    spoilt = np.where(left_out, 1 - is_fall, is_fall)
    lessons = [learn.Lesson(features, truth, np.ones(4_000), learn.FIRST, 20) for truth in (is_fall, spoilt)]

    one, other = (lesson.grow(left_out).score(features) for lesson in lessons)
    assert one.tolist() == other.tolist()
    assert ((one > 0) == is_fall).mean() > 0.95


def test_training_adds_what_the_pendant_adds():
    """Recording by recording, in the order of the blows."""
    random = np.random.default_rng(4)
    played = np.repeat(np.arange(20), 30)
    blow = np.concatenate([np.cumsum(random.integers(25, 330, 30)) for _ in range(20)])
    score = random.integers(-3_000, 2_000, 600)
    expected = []
    for number in range(20):
        carry = Carry()
        seen = 0
        for at, mine in zip(blow[played == number].tolist(), score[played == number].tolist(), strict=True):
            for boundary in range((seen // 128 + 1) * 128, at + 90, 128):  # a blow is judged 0.9 s after it
                carry.age(boundary & 511)
            seen = at + 90
            expected.append(carry.add(mine, at & 511))
    mixed = random.permutation(600)
    cases = learn.Material(
        np.zeros((600, 1), dtype=np.int16), mixed, blow[mixed], np.ones(600), played[mixed], blow[mixed], mixed < 0
    )

    assert learn.carried(score[mixed], cases).tolist() == np.array(expected)[mixed].tolist()
