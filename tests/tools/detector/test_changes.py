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
