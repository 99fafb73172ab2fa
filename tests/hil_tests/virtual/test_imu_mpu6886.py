"""The MPU6886 model does what its datasheet says, and nothing that was not set up."""

import struct

import pytest

from hil_tests.virtual import imu_mpu6886 as mpu
from hil_tests.virtual.motion import Motion
from tests.hil_tests.virtual.steps import HandClock


@pytest.fixture
def clock():
    """Time that stands still until told."""
    return HandClock()


@pytest.fixture
def part(clock):
    """A part just powered, at rest, without noise."""
    return mpu.Mpu6886(Motion(clock, noise_mg=0), clock)


def _set_up_fifo(part):
    part.write(mpu.PWR_MGMT_1, b"\x01")
    part.write(mpu.CONFIG, b"\x01")
    part.write(mpu.SMPLRT_DIV, b"\x09")
    part.write(mpu.ACCEL_CONFIG, b"\x18")
    part.write(mpu.FIFO_EN, b"\x08")
    part.write(mpu.USER_CTRL, b"\x40")


def _level(part):
    return int.from_bytes(part.read(mpu.FIFO_COUNTH, 2), "big")


def test_it_says_who_it_is(part):
    """WHO_AM_I is 0x19."""
    assert part.read(mpu.WHO_AM_I, 1) == b"\x19"


def test_it_starts_asleep(part, clock):
    """Without leaving sleep nothing is measured."""
    clock.pass_s(1)

    assert part.read(mpu.PWR_MGMT_1, 1) == b"\x41"
    assert part.read(mpu.ACCEL_XOUT_H, 6) == bytes(6)


@pytest.mark.parametrize(
    ("register", "value"), [(mpu.PWR_MGMT_1, 0x41), (mpu.FIFO_EN, 0), (mpu.USER_CTRL, 0), (mpu.PWR_MGMT_2, 0x38)]
)
def test_a_fifo_that_is_not_wholly_set_up_stays_empty(part, clock, register, value):
    """Awake, accelerometer on, FIFO enabled, source chosen: without any one of them nothing is stored."""
    _set_up_fifo(part)
    part.write(register, bytes((value,)))
    part.write(mpu.USER_CTRL, bytes((part.read(mpu.USER_CTRL, 1)[0] | 4,)))
    clock.pass_s(0.5)

    assert _level(part) == 0
    assert part.read(mpu.FIFO_R_W, 2) == b"\xff\xff"


def test_the_divider_counts_only_with_the_filter_on(part, clock):
    """SMPLRT_DIV 9 is 100 Hz with DLPF_CFG 1, and ignored with DLPF_CFG 0."""
    _set_up_fifo(part)
    clock.pass_s(0.5)
    assert _level(part) == 50 * 8

    part.write(mpu.CONFIG, b"\x00")
    part.write(mpu.USER_CTRL, b"\x44")
    clock.pass_s(0.0505)
    assert _level(part) == 50 * 8


@pytest.mark.parametrize(("scale", "counts"), [(0x00, 16384), (0x08, 8192), (0x10, 4096), (0x18, 2048)])
def test_the_range_scales_the_counts(part, clock, scale, counts):
    """1 g is 16384, 8192, 4096 or 2048 counts, big-endian."""
    _set_up_fifo(part)
    part.write(mpu.ACCEL_CONFIG, bytes((scale,)))
    clock.pass_s(0.1)

    assert struct.unpack(">3h", part.read(mpu.ACCEL_XOUT_H, 6)) == (0, 0, counts)


def test_frames_are_acceleration_and_temperature(part, clock):
    """ACCEL_FIFO_EN alone writes 8 bytes a sample; with the gyroscope it is 14."""
    _set_up_fifo(part)
    clock.pass_s(0.025)
    frames = part.read(mpu.FIFO_R_W, 16)
    assert struct.unpack(">3h", frames[8:14]) == (0, 0, 2048)
    assert _level(part) == 0

    part.write(mpu.FIFO_EN, b"\x18")
    clock.pass_s(0.02)
    assert _level(part) == 28


def test_an_overflow_loses_the_oldest_bytes_and_the_alignment(part, clock):
    """1024 bytes are kept: 128 frames; then the oldest go, byte by byte, and INT_STATUS tells it once."""
    _set_up_fifo(part)
    part.write(mpu.FIFO_EN, b"\x18")  # 14 does not divide 1024
    clock.pass_s(0.995)

    assert _level(part) == 1024
    assert part.read(mpu.INT_STATUS, 1)[0] & 0x10
    assert not part.read(mpu.INT_STATUS, 1)[0] & 0x10
    head = 1024 % 14  # what is left of a cut frame
    data = part.read(mpu.FIFO_R_W, 1024)
    assert struct.unpack(">3h", data[head : head + 6]) == (0, 0, 2048)


def test_fifo_mode_1_keeps_the_oldest(part, clock):
    """CONFIG bit 6: when it is full, nothing more is written."""
    _set_up_fifo(part)
    part.write(mpu.CONFIG, b"\x41")
    clock.pass_s(1.005)
    part._motion.play([(1000, 0, 0)], 1)
    clock.pass_s(2)

    data = part.read(mpu.FIFO_R_W, 1024)
    assert sum(data[i : i + 2] != b"\0\0" for i in range(0, 1024, 8)) == 128 - 100


def test_an_interrupt_that_is_not_enabled_never_comes(part, clock):
    """DATA_RDY pulls the pin only with INT_ENABLE bit 0; reading INT_STATUS lets go."""
    _set_up_fifo(part)
    clock.pass_s(0.1)
    assert part.interrupt() == 0
    part.write(mpu.INT_ENABLE, b"\x01")
    clock.pass_s(0.015)

    assert part.interrupt() == 1
    part.read(mpu.INT_STATUS, 1)
    assert part.interrupt() == 0


def test_self_test_answers_what_the_factory_wrote(part, clock):
    """Each axis answers with half to one and a half of what its code promises: 2620 * 1.01 ** (code - 1)."""
    _set_up_fifo(part)
    part.write(mpu.ACCEL_CONFIG, b"\x00")
    clock.pass_s(0.2)
    before = struct.unpack(">3h", part.read(mpu.ACCEL_XOUT_H, 6))
    part.write(mpu.ACCEL_CONFIG, b"\xe0")
    clock.pass_s(0.2)
    during = struct.unpack(">3h", part.read(mpu.ACCEL_XOUT_H, 6))

    for code, a, b in zip(part.read(mpu.SELF_TEST_X_ACCEL, 3), before, during, strict=True):
        assert 0.5 < (b - a) / (2620 * 1.01 ** (code - 1)) < 1.5


def test_device_reset_puts_it_back_to_sleep(part, clock):
    """PWR_MGMT_1 bit 7 puts every register back."""
    _set_up_fifo(part)
    part.write(mpu.PWR_MGMT_1, b"\x80")
    clock.pass_s(1)

    assert part.read(mpu.PWR_MGMT_1, 1) == b"\x41"
    assert _level(part) == 0
