"""Motion is what was played, when it was played."""

import numpy as np
import pytest

from hil_tests.virtual.motion import Motion
from tests.hil_tests.virtual.steps import HandClock


@pytest.fixture
def clock():
    """Time that stands still until told."""
    return HandClock()


def test_rest_is_one_g_with_a_little_noise(clock):
    """Unless told otherwise a board lies flat and still."""
    motion = Motion(clock, seed=3)
    values = [motion.sample_mg(100 + i / 100) for i in range(500)]

    assert all(abs(z - 1000) < 20 and abs(x) < 20 and abs(y) < 20 for x, y, z in values)
    assert len(set(values)) > 400


def test_a_recording_starts_now_and_is_interpolated(clock):
    """Between two samples the line is straight; after the last it is held, or rest comes back."""
    motion = Motion(clock, noise_mg=0)
    start_s = motion.play([(0, 0, 0), (100, 0, 0)], 10)

    assert start_s == 100
    assert motion.sample_mg(99.9) == (0, 0, 1000)
    assert motion.sample_mg(100.05) == pytest.approx((50, 0, 0))
    assert motion.sample_mg(200) == (100, 0, 0)
    motion.play([(7, 7, 7)], 10, then="rest", start_s=300)
    assert motion.sample_mg(301) == (0, 0, 1000)


def test_a_later_recording_takes_over(clock):
    """Who plays again does not wait for the end of what is being played."""
    motion = Motion(clock, noise_mg=0)
    motion.play([(1, 1, 1)] * 1000, 1)
    clock.pass_s(10)
    motion.play([(2, 2, 2)], 1)

    assert motion.sample_mg(105) == (1, 1, 1)
    assert motion.sample_mg(111) == (2, 2, 2)


def test_arrays_of_int16_do_not_overflow(clock):
    """Recordings come as numpy's int16: their squares would not fit."""
    motion = Motion(clock, noise_mg=0)
    recording = np.array([[300, 0, 400], [32767, -32768, 0]], np.int16)
    motion.orient(*recording[0])
    assert motion.sample_mg(101) == pytest.approx((600, 0, 800))

    motion.play(recording, 1, start_s=200)
    assert motion.sample_mg(201) == (32767, -32768, 0)


def test_nothing_to_play_is_refused(clock):
    """An empty recording or an impossible rate is an error at once."""
    with pytest.raises(ValueError, match="0 samples"):
        Motion(clock).play([], 100)
    with pytest.raises(ValueError, match="0 Hz"):
        Motion(clock).play([(0, 0, 0)], 0)
