"""The LSM6DSO driver against the register model of the part."""

from array import array

import pytest

from firmware.drivers import lsm6dso
from hil_tests.virtual import imu_lsm6dso
from tests.firmware.drivers.wired import Bus, Wired


@pytest.fixture
def wired(monkeypatch):
    """A part at rest and its driver, begun."""
    one = Wired(imu_lsm6dso.Lsm6dso, lsm6dso.Lsm6dso, lsm6dso, monkeypatch)
    one.driver.begin()
    return one


def samples(count=512):
    """A buffer for so many."""
    return array("h", [0] * (3 * count))


def test_another_part_is_refused():
    """Nothing there, or something else at the address: an OSError, which the pendant survives."""
    with pytest.raises(OSError, match="19"):
        lsm6dso.Lsm6dso(Bus(None)).begin()


def test_a_second_is_104_samples_of_milli_g(wired):
    """At rest, one gravity on the third axis, within a count."""
    wired.driver.read_into(samples())
    wired.clock.pass_s(1)
    buffer = samples()

    assert wired.driver.read_into(buffer) == 104
    assert list(buffer[:2]) == [0, 0]
    assert abs(buffer[2] - 1_000) <= 1
    assert wired.driver.read_into(buffer) == 0


def test_the_range_is_sixteen_g_both_ways(wired):
    """What is beyond is cut, and three squares stay below 2**30."""
    wired.motion.play([(40_000, -40_000, 7_777)], 1)
    wired.clock.pass_s(0.5)
    buffer = samples()
    count = wired.driver.read_into(buffer)
    x, y, z = buffer[3 * count - 3 : 3 * count]

    assert 15_980 <= x <= 16_000
    assert -16_000 <= y <= -15_980
    assert abs(z - 7_777) <= 1
    assert x * x + y * y + z * z < 1 << 30


def test_the_fifo_holds_nearly_five_seconds_and_says_when_it_ran_over(wired):
    """512 samples: the latest ones; an overrun is counted once."""
    wired.clock.pass_s(4)
    buffer = samples()
    assert wired.driver.read_into(buffer) >= 416
    assert wired.driver.overruns == 0
    wired.clock.pass_s(60)

    assert wired.driver.read_into(buffer) == 512
    assert wired.driver.overruns == 1


def test_a_small_buffer_gets_the_oldest_and_the_rest_later(wired):
    """Nothing is thrown away."""
    wired.driver.read_into(samples())
    wired.clock.pass_s(1)
    small = samples(40)

    assert [wired.driver.read_into(small) for _ in range(4)] == [40, 40, 24, 0]


def test_an_impact_pulls_the_line_low_until_it_is_asked(wired):
    """Active low, as the button: one level wakes the C3. A slow turn does not."""
    wired.driver.arm(875)
    wired.clock.pass_s(1)
    assert wired.part.interrupt() == 1
    wired.motion.play([(0, 0, 1_000 - 5 * i) for i in range(400)], 100)
    wired.clock.pass_s(4)
    assert wired.part.interrupt() == 1
    wired.motion.play([(0, 0, 1_000), (1_500, 0, 1_000), (0, 0, 1_000)], 104)
    wired.clock.pass_s(1)

    assert wired.part.interrupt() == 0
    assert wired.driver.struck()
    assert wired.part.interrupt() == 1
    assert not wired.driver.struck()


@pytest.mark.parametrize(("peak_mg", "wakes"), [(700, False), (1_100, True)])
def test_the_threshold_is_the_one_that_was_asked_for(wired, peak_mg, wakes):
    """875 mg from where the axis has been: 20 % below does not wake, 25 % above does."""
    wired.driver.arm(875)
    wired.clock.pass_s(3)
    wired.motion.play([(0, 0, 1_000), (peak_mg, 0, 1_000), (0, 0, 1_000)], 104)
    wired.clock.pass_s(1)

    assert wired.driver.struck() is wakes


def test_the_self_test_passes_and_leaves_no_motion_behind(wired):
    """The push of the test is not in the FIFO afterwards."""
    assert wired.driver.self_test()
    wired.clock.pass_s(0.1)
    buffer = samples()
    count = wired.driver.read_into(buffer)

    assert 8 <= count <= 12
    assert max(abs(buffer[3 * i]) for i in range(count)) <= 1


def test_a_part_that_does_not_move_fails_its_self_test(wired, monkeypatch):
    """A structure that is stuck."""
    monkeypatch.setattr(imu_lsm6dso, "_SELF_TEST_MG", 0)

    assert not wired.driver.self_test()


def test_a_new_beginning_takes_back_the_push_of_a_self_test_that_was_broken_off(wired, monkeypatch):
    """The bus goes silent while the electrodes push: what is read after begin() is the wearer's own again."""
    means = iter([wired.driver._mean])

    def mean():
        for real in means:
            return real()
        raise OSError(116)

    monkeypatch.setattr(wired.driver, "_mean", mean)
    with pytest.raises(OSError, match="116"):
        wired.driver.self_test()
    buffer = samples()
    wired.clock.pass_s(0.2)
    pushed = wired.driver.read_into(buffer)
    assert abs(buffer[3 * pushed - 3]) > 50
    wired.driver.begin()
    wired.clock.pass_s(0.2)
    count = wired.driver.read_into(buffer)

    assert count
    assert max(abs(buffer[3 * i]) for i in range(count)) <= 1
