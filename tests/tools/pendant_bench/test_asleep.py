"""What wakes a sleeping pendant in the estimate, on motion that is made by hand."""

import numpy as np

from firmware.config import Settings
from tools.pendant_bench import asleep

_DOWN = [0, 0, 1_000]


def still(seconds):
    """Nobody moves."""
    return np.repeat(np.array([_DOWN], dtype=np.int16), int(seconds * asleep.IMU_HZ), axis=0)


def blow(mg):
    """One sample on the first axis."""
    return np.array([[mg, 0, 1_000]], dtype=np.int16)


def test_nobody_moves_and_nothing_wakes():
    """A night costs no start."""
    outcome = asleep.asleep(still(600), 0.4, Settings())

    assert (outcome.wakes, outcome.awake_s) == (0, 0)


def test_the_threshold_is_the_setting():
    """Below it sleep goes on, above it ends."""
    for mg, wakes in ((800, 0), (950, 1)):
        outcome = asleep.asleep(np.vstack([still(10), blow(mg), still(10)]), 0.4, Settings())
        assert outcome.wakes == wakes


def test_a_slow_turn_does_not_wake():
    """The filter forgets where down was: two gravities in ten seconds."""
    turn = np.array([[0, 0, 1_000 - 2 * i] for i in range(1_000)], dtype=np.int16)

    assert not asleep.hits(turn, 875).any()


def test_it_stays_awake_while_it_is_lively():
    """Ten blows half a second apart are one wake; ten blows ten seconds apart are ten."""
    close = np.vstack([still(5)] + [np.vstack([blow(1_500), still(0.5)]) for _ in range(10)] + [still(10)])
    far = np.vstack([still(5)] + [np.vstack([blow(1_500), still(10)]) for _ in range(10)])

    assert asleep.asleep(close, 0.4, Settings()).wakes == 1
    assert asleep.asleep(far, 0.4, Settings()).wakes == 10


def test_a_fall_is_told_asleep_as_it_is_told_awake():
    """The FIFO gives the chip what it slept through."""
    from tools.motion import synthesise

    fall = synthesise("fall_forward")
    whole = np.vstack([still(6), fall.acc_mg, still(2)])
    awake = asleep.always_awake(whole, Settings(), rests=False)
    resting = asleep.always_awake(whole, Settings(), rests=True)
    deep = asleep.asleep(whole, 0.4, Settings())

    assert len(awake.suspected_s) == len(deep.suspected_s) == 1
    assert abs(awake.suspected_s[0] - deep.suspected_s[0]) < 0.6
    assert resting.suspected_s == awake.suspected_s
    assert resting.samples < awake.samples


def test_who_rests_is_read_now_and_then():
    """Seven looks of eight at a still pendant read one sample for all."""
    outcome = asleep.always_awake(still(256), Settings(), rests=True)

    assert 0.86 < outcome.rests / outcome.looks < 0.89
    assert outcome.samples + outcome.held == 256 * asleep.IMU_HZ
