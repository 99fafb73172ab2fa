"""The MPU-6886 driver against the register model of the part."""

from array import array

import pytest

from firmware.drivers import mpu6886
from hil_tests.virtual import imu_mpu6886
from tests.firmware.drivers.wired import Bus, Wired


@pytest.fixture
def wired(monkeypatch):
    """A part at rest and its driver, begun."""
    one = Wired(imu_mpu6886.Mpu6886, mpu6886.Mpu6886, mpu6886, monkeypatch)
    one.driver.begin()
    return one


def samples(count=128):
    """A buffer for so many."""
    return array("h", [0] * (3 * count))


def test_another_part_is_refused():
    """Nothing there: an OSError, which the pendant survives."""
    with pytest.raises(OSError, match="19"):
        mpu6886.Mpu6886(Bus(None)).begin()


def test_half_a_second_is_fifty_samples_of_milli_g(wired):
    """At rest, one gravity on the third axis."""
    wired.driver.read_into(samples())
    wired.clock.pass_s(0.5)
    buffer = samples()

    assert wired.driver.read_into(buffer) == 50
    assert list(buffer[:3]) == [0, 0, 1_000]


def test_the_range_is_sixteen_g_both_ways(wired):
    """What is beyond is cut, and three squares stay below 2**30."""
    wired.motion.play([(40_000, -40_000, 7_777)], 1)
    wired.clock.pass_s(0.1)
    buffer = samples()
    count = wired.driver.read_into(buffer)
    x, y, z = buffer[3 * count - 3 : 3 * count]

    assert 15_990 <= x <= 16_000
    assert y == -16_000
    assert abs(z - 7_777) <= 1
    assert x * x + y * y + z * z < 1 << 30


def test_the_fifo_holds_more_than_a_second_and_says_when_it_ran_over(wired):
    """128 samples: the latest ones, still in step after the overrun."""
    wired.clock.pass_s(10)
    buffer = samples()

    assert wired.driver.read_into(buffer) == 128
    assert wired.driver.overruns == 1
    assert {buffer[3 * i + 2] for i in range(128)} == {1_000}


def test_the_self_test_passes_and_leaves_no_motion_behind(wired):
    """The push of the test is not in the FIFO afterwards."""
    assert wired.driver.self_test()
    wired.clock.pass_s(0.1)
    buffer = samples()
    count = wired.driver.read_into(buffer)

    assert 8 <= count <= 12
    assert {buffer[3 * i] for i in range(count)} == {0}


@pytest.mark.parametrize("ratio", [0, 0.3, 2.0])
def test_a_part_that_moves_otherwise_than_the_factory_noted_fails(wired, monkeypatch, ratio):
    """Not at all, too little, too far."""
    monkeypatch.setattr(imu_mpu6886, "_SELF_TEST_RATIO", ratio)

    assert not wired.driver.self_test()


@pytest.fixture
def resting(wired):
    """The same, its wake-on-motion armed and its push felt; where it rests is known."""
    wired.driver.watch_rest(60)
    assert wired.driver.self_test()
    wired.still = array("h", [0, 0, 1_000])
    wired.driver.rests(wired.still, 60)
    return wired


def test_at_rest_the_fifo_need_not_be_read(resting):
    """So many samples have passed, this is where it rests, and the FIFO begins anew."""
    resting.driver.drop()
    resting.clock.pass_s(0.8)

    assert resting.driver.rests(resting.still, 60)
    assert list(resting.still) == [0, 0, 1_000]
    assert resting.driver.drop() == 80
    resting.clock.pass_s(0.1)
    assert resting.driver.read_into(samples()) == 10


@pytest.mark.parametrize(("step_mg", "rests"), [(56, True), (68, False)])
def test_a_step_is_no_rest(resting, step_mg, rests):
    """On any axis, above the threshold, even if all is still again; and nothing of it is lost by having asked."""
    resting.driver.drop()
    resting.motion.play([(0, 0, 1_000), (0, 0, 1_000), (0, step_mg, 1_000), (0, 0, 1_000)], 100, then="rest")
    resting.clock.pass_s(0.5)
    buffer = samples()

    assert resting.driver.rests(resting.still, 60) is rests
    assert resting.driver.read_into(buffer) == 50
    assert max(buffer[1::3]) in {step_mg - 1, step_mg}
    resting.clock.pass_s(0.5)
    assert resting.driver.rests(resting.still, 60)


def test_a_step_seen_while_samples_are_read_is_not_forgotten(resting):
    """Reading clears the part's bits; the driver keeps them until somebody asks about rest."""
    resting.motion.play([(0, 0, 1_000), (0, 900, 1_000), (0, 0, 1_000)], 100, then="rest")
    resting.clock.pass_s(0.5)
    resting.driver.read_into(samples())

    assert not resting.driver.rests(resting.still, 60)
    assert resting.driver.rests(resting.still, 60)


@pytest.mark.parametrize(("turned_mg", "rests"), [(50, True), (300, False)])
def test_who_slumps_without_a_step_does_not_rest(resting, turned_mg, rests):
    """Half a second of turning, a few milli-g a sample: a faint begins like that."""
    resting.motion.play([(turned_mg * i // 50, 0, 1_000) for i in range(51)], 100)
    resting.clock.pass_s(0.8)

    assert resting.driver.rests(resting.still, 60) is rests
    assert resting.still[0] in {turned_mg - 1, turned_mg}


def test_a_part_that_has_never_felt_a_push_is_not_believed_to_rest(wired, monkeypatch):
    """Without the set-up, or with one that does nothing, every sample is read."""
    still = array("h", [0, 0, 1_000])
    wired.driver.self_test()
    for _ in range(2):
        wired.clock.pass_s(0.5)
        assert not wired.driver.rests(still, 60)

    monkeypatch.setattr(imu_mpu6886.Mpu6886, "_detect_motion", lambda *_: None)
    wired.driver.watch_rest(60)
    assert wired.driver.self_test()
    for _ in range(2):
        wired.clock.pass_s(0.5)
        assert not wired.driver.rests(still, 60)
    assert wired.driver.read_into(samples()) > 0


def test_a_fifo_that_ran_over_at_rest_is_said(resting):
    """Somebody came too late: counted, and read."""
    resting.clock.pass_s(5)

    assert not resting.driver.rests(resting.still, 60)
    assert resting.driver.overruns == 1


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
