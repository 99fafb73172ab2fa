"""What is done to recordings, to teach or to try the detector, is what it says."""

import numpy as np
import pytest

from tools.detector import variants
from tools.detector.changes import CHANGES
from tools.detector.sets import Trial
from tools.motion import synthesise


@pytest.fixture
def fall():
    """A synthetic fall as a trial."""
    recording = synthesise("fall_back", 3)
    return Trial(recording, "neck", "somebody", recording.impact)


def _sizes(samples):
    return np.linalg.norm(np.asarray(samples, dtype=float), axis=1)


def test_turning_changes_no_size(fall):
    """Only directions."""
    turned = CHANGES["turned at random"](fall, np.random.default_rng(1))

    assert np.abs(_sizes(turned) - _sizes(fall.samples)).max() < 2
    assert np.abs(turned - fall.samples).max() > 100


@pytest.mark.parametrize("name", ["cord swings (simulated)", "pendant flips (simulated)"])
def test_the_cord_changes_only_what_comes_after_the_blow(fall, name):
    """And no size."""
    changed = CHANGES[name](fall, np.random.default_rng(1))

    assert (changed[: fall.fall_at] == fall.samples[: fall.fall_at]).all()
    assert np.abs(_sizes(changed) - _sizes(fall.samples)).max() < 2
    assert np.abs(changed[fall.fall_at + 30 :] - fall.samples[fall.fall_at + 30 :]).max() > 100


def test_a_faster_sensor_gives_more_samples(fall):
    """104 for every 100."""
    assert len(CHANGES["104 Hz"](fall, np.random.default_rng(1))) == pytest.approx(1.04 * len(fall.samples), abs=2)


def test_an_upright_variant_ends_near_where_it_began(fall):
    """Within 40 degrees of the former direction, whatever the fall did."""
    acc = fall.samples.astype(float)
    for seed in range(5):
        changed = variants.upright(acc, fall.fall_at, np.random.default_rng(seed))
        before = changed[fall.fall_at - 200 : fall.fall_at - 60].mean(axis=0)
        after = changed[fall.fall_at + 50 : fall.fall_at + 100].mean(axis=0)
        cosine = before @ after / np.linalg.norm(before) / np.linalg.norm(after)

        assert cosine > np.cos(np.radians(41))


def test_a_resting_variant_lies_still(fall):
    """Only the sensor's noise is left."""
    changed = variants.rest(fall.samples.astype(float), fall.fall_at, np.random.default_rng(2))

    assert changed[fall.fall_at + 200 : fall.fall_at + 600].std(axis=0).max() < 8


def test_another_wearer_moves_the_fall_by_her_pace(fall):
    """The blow is found where the pace says, and standing still stays 1 g within the sensor's gain."""
    acc = fall.samples.astype(float)
    for way in (variants.body, variants.loose):
        for seed in range(6):
            changed, pace = way(acc.copy(), fall.fall_at, np.random.default_rng(seed))
            at = int(_sizes(changed).argmax())

            assert 0.9 <= pace <= 1.1
            assert abs(at - fall.fall_at / pace) < 25
            assert 850 < _sizes(changed[: fall.fall_at // 2]).mean() < 1_200


def test_a_softer_cloth_lets_slow_motion_through():
    """Gravity stays, a blow of one sample is worn down, nothing comes before it."""
    acc = np.tile([0.0, 0.0, 1_000.0], (200, 1))
    acc[100] = [0.0, 0.0, 5_000.0]
    passed = variants.low_passed(acc, 10)

    assert np.abs(passed[:100] - acc[:100]).max() < 1
    assert 1_500 < passed[100, 2] < 4_000
    assert abs(passed[190, 2] - 1_000) < 20


def test_turning_about_a_way_by_nothing_changes_nothing():
    """And by half a turn about z it changes the signs of x and y."""
    acc = np.array([[100.0, 200.0, 300.0]])
    up = np.array([0.0, 0.0, 1.0])

    assert variants.about(up, np.zeros(1), acc) == pytest.approx(acc)
    assert variants.about(up, np.array([np.pi]), acc) == pytest.approx(np.array([[-100.0, -200.0, 300.0]]))
