"""Tables: what LightGBM learned, what training believes, and what the shipped code does are one."""

import numpy as np
import pytest

lgb = pytest.importorskip("lightgbm", reason="lightgbm is not installed: run `make extras`")

from tools.detector.table import Tables, module, quantise  # noqa: E402 (it imports lightgbm)


@pytest.fixture(scope="module")
def learned():
    """A forest on random integers, and its tables."""
    rng = np.random.default_rng(5)
    features = rng.integers(-3_000, 3_000, (2_000, 12)).astype(np.int16)
    truth = (features[:, 3] > 200) ^ (features[:, 7] + features[:, 1] < -900)
    settings = {
        "objective": "binary",
        "num_leaves": 16,
        "verbose": -1,
        "num_threads": 1,
        "boost_from_average": False,
        "seed": 1,
    }
    booster = lgb.train(settings, lgb.Dataset(features.astype(np.float32), truth.astype(int)), 30)
    return booster, quantise(booster), features


def _shipped(tables):
    """The Forest that the written module makes."""
    space: dict = {}
    exec(module(tables, tables, "A test."), space)
    return space["FIRST"]


def test_quantised_trees_say_what_the_learner_said(learned):
    """Rounding leaves to a byte moves a score by less than a hundredth of a tree's vote, summed up."""
    booster, tables, features = learned
    exact = np.asarray(booster.predict(features.astype(np.float32), raw_score=True))

    assert np.abs(tables.score(features) / 256 - exact).max() < 30 / 512 + 1e-6


def test_two_forests_become_their_mean(learned):
    """Twice the same one says what it said alone."""
    booster, tables, features = learned
    both = quantise(booster, booster)

    assert len(both.leaf) == 2 * len(tables.leaf)
    assert np.abs(both.score(features) - tables.score(features)).max() <= 60


def test_the_shipped_code_walks_the_same_trees(learned):
    """Row by row, from the written source."""
    _, tables, features = learned
    forest = _shipped(tables)
    mine = tables.score(features[:200])

    assert [forest.score(row.tolist(), 0, forest.count) for row in features[:200]] == mine.tolist()


def test_parts_of_a_forest_add_up(learned):
    """The detector judges in two shares."""
    _, tables, features = learned
    forest = _shipped(tables)
    row = features[0].tolist()

    assert forest.score(row, 0, 13) + forest.score(row, 13, forest.count) == forest.score(row, 0, forest.count)


def test_the_same_trees_give_the_same_file(learned):
    """Byte for byte."""
    booster, tables, _ = learned

    assert module(tables, tables, "x") == module(quantise(booster), quantise(booster), "x")


def test_an_empty_forest_scores_nothing():
    """Before training there is nothing to say."""
    assert Tables().score(np.zeros((3, 5), dtype=np.int16)).tolist() == [0, 0, 0]
