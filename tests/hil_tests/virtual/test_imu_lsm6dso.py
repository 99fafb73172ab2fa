"""The LSM6DSO model does what its datasheet says, and nothing that was not set up."""

import struct

import pytest

from hil_tests.virtual import imu_lsm6dso as lsm
from hil_tests.virtual.motion import Motion
from tests.hil_tests.virtual.steps import HandClock

_104_HZ_16_G = 0x44
_BATCH_104 = 0x04
_CONTINUOUS = 0x06


@pytest.fixture
def clock():
    """Time that stands still until told."""
    return HandClock()


@pytest.fixture
def part(clock):
    """A part just powered, at rest, without noise."""
    return lsm.Lsm6dso(Motion(clock, noise_mg=0), clock)


def _set_up_fifo(part, mode=_CONTINUOUS):
    part.write(lsm.CTRL1_XL, bytes((_104_HZ_16_G,)))
    part.write(lsm.FIFO_CTRL3, bytes((_BATCH_104,)))
    part.write(lsm.FIFO_CTRL4, bytes((mode,)))


def _level(part):
    low, high = part.read(lsm.FIFO_STATUS1, 2)
    return low | (high & 3) << 8


def test_it_says_who_it_is(part):
    """WHO_AM_I is 0x6C and cannot be written."""
    part.write(lsm.WHO_AM_I, b"\0")

    assert part.read(lsm.WHO_AM_I, 1) == b"\x6c"


@pytest.mark.parametrize("missing", [lsm.CTRL1_XL, lsm.FIFO_CTRL3, lsm.FIFO_CTRL4])
def test_a_fifo_that_is_not_wholly_set_up_stays_empty(part, clock, missing):
    """Rate, batching and mode: without any one of them nothing is stored."""
    _set_up_fifo(part)
    part.write(missing, b"\0")
    clock.pass_s(1)

    assert _level(part) == 0
    assert part.read(lsm.FIFO_DATA_OUT_TAG, 1) == b"\0"


def test_it_runs_at_104_hz(part, clock):
    """A second of batching leaves 104 words."""
    _set_up_fifo(part)
    clock.pass_s(1)

    assert _level(part) == 104


@pytest.mark.parametrize(("scale", "counts"), [(0x40, 16393), (0x48, 8197), (0x4C, 4098), (0x44, 2049)])
def test_the_range_scales_the_counts(part, clock, scale, counts):
    """1 g is 0.061, 0.122, 0.244 or 0.488 mg a count: a driver with the wrong range reads the wrong thing."""
    part.write(lsm.CTRL1_XL, bytes((scale,)))
    clock.pass_s(0.1)

    assert struct.unpack("<3h", part.read(lsm.OUTX_L_A, 6)) == (0, 0, counts)


def test_full_scale_is_held(part, clock):
    """Beyond the range the part reports the range's end."""
    part._motion.play([(30_000, -30_000, 0)], 1)
    part.write(lsm.CTRL1_XL, bytes((_104_HZ_16_G,)))
    clock.pass_s(0.1)

    assert struct.unpack("<2h", part.read(lsm.OUTX_L_A, 4)) == (32767, -32768)


def test_words_come_out_with_tag_counter_and_parity(part, clock):
    """Each word is tag and three axes; tags count in two bits and have even parity; a burst wraps to the next word."""
    _set_up_fifo(part)
    clock.pass_s(0.05)
    assert _level(part) == 5
    words = part.read(lsm.FIFO_DATA_OUT_TAG, 7 * 5)

    tags = words[::7]
    assert [tag >> 3 for tag in tags] == [2] * 5
    assert [tag >> 1 & 3 for tag in tags] == [1, 2, 3, 0, 1]
    assert all(tag.bit_count() % 2 == 0 for tag in tags)
    assert struct.unpack("<3h", words[1:7]) == (0, 0, 2049)
    assert _level(part) == 0


def test_a_word_is_gone_when_its_last_byte_is_read(part, clock):
    """Reading the tag alone, then six bytes, takes one word; reading half of it takes none."""
    _set_up_fifo(part)
    clock.pass_s(0.03)
    part.read(lsm.FIFO_DATA_OUT_TAG, 4)
    assert _level(part) == 3

    part.read(lsm.FIFO_DATA_OUT_TAG, 1)
    part.read(lsm.FIFO_DATA_OUT_TAG + 1, 6)

    assert _level(part) == 2


def test_continuous_mode_keeps_the_newest(part, clock):
    """After an overrun the oldest words are gone, and the status says so, once latched."""
    _set_up_fifo(part)
    clock.pass_s(3.005)
    part._motion.play([(100, 0, 0)], 1)
    clock.pass_s(3)

    low, high = part.read(lsm.FIFO_STATUS1, 2)
    assert (low | (high & 3) << 8, high & 0x60) == (512, 0x60)
    assert part.read(lsm.FIFO_STATUS2, 1)[0] & 0x08 == 0  # the latch was read just now
    words = part.read(lsm.FIFO_DATA_OUT_TAG, 7 * 512)
    assert sum(words[i + 1 : i + 3] != b"\0\0" for i in range(0, len(words), 7)) == 312


def test_fifo_mode_stops_when_full(part, clock):
    """Mode 001 keeps the oldest 512."""
    _set_up_fifo(part, mode=1)
    clock.pass_s(4.005)
    part._motion.play([(100, 0, 0)], 1)
    clock.pass_s(4)

    assert _level(part) == 512
    words = part.read(lsm.FIFO_DATA_OUT_TAG, 7 * 512)
    assert sum(words[i + 1 : i + 3] != b"\0\0" for i in range(0, len(words), 7)) == 512 - 416


def test_bypass_empties(part, clock):
    """Mode 000 forgets what was stored."""
    _set_up_fifo(part)
    clock.pass_s(1)
    part.write(lsm.FIFO_CTRL4, b"\0")
    part.write(lsm.FIFO_CTRL4, bytes((_CONTINUOUS,)))

    assert _level(part) == 0


def _arm_wake_up(part, *, latched=0, route=0x20, enable=0x80, threshold=2):
    part.write(lsm.CTRL1_XL, bytes((_104_HZ_16_G,)))
    part.write(lsm.TAP_CFG0, bytes((latched,)))
    part.write(lsm.WAKE_UP_THS, bytes((threshold,)))  # of 250 mg each
    part.write(lsm.MD1_CFG, bytes((route,)))
    part.write(lsm.TAP_CFG2, bytes((enable,)))


_BLOW = [(0, 0, 1000), (0, 0, 1000), (0, 0, 4000), (0, 0, 4000)]


@pytest.mark.parametrize("without", [{"route": 0}, {"enable": 0}, {"threshold": 63}])
def test_an_interrupt_that_is_not_set_up_never_comes(part, clock, without):
    """Not routed to INT1, not enabled, or above the threshold: the pin stays low."""
    _arm_wake_up(part, latched=1, **without)
    part._motion.play(_BLOW, 104)
    clock.pass_s(1)

    assert part.interrupt() == 0
    assert part.levels_since() == {0}


def test_a_latched_impact_waits_to_be_read(part, clock):
    """With LIR the pin stays high until WAKE_UP_SRC is read, which names the axis."""
    _arm_wake_up(part, latched=1)
    clock.pass_s(0.5)
    assert part.interrupt() == 0
    part._motion.play(_BLOW, 104)
    clock.pass_s(2)

    assert part.interrupt() == 1
    assert part.read(lsm.WAKE_UP_SRC, 1) == b"\x09"
    assert part.interrupt() == 0


def test_an_unlatched_impact_is_a_pulse(part, clock):
    """Without LIR the pin falls with the slope, but it has been high."""
    _arm_wake_up(part)
    part._motion.play(_BLOW, 104)
    clock.pass_s(1)

    assert part.interrupt() == 0
    assert part.levels_since() == {0, 1}


def test_the_pin_can_be_active_low(part, clock):
    """H_LACTIVE turns the level round."""
    _arm_wake_up(part, latched=1)
    part.write(lsm.CTRL3_C, b"\x24")
    assert part.interrupt() == 1
    part._motion.play(_BLOW, 104)
    clock.pass_s(1)

    assert part.interrupt() == 0


def test_the_watermark_raises_int1_only_when_routed(part, clock):
    """INT1_FIFO_TH follows the level of the FIFO against WTM."""
    _set_up_fifo(part)
    part.write(lsm.FIFO_CTRL1, b"\x1a")
    clock.pass_s(0.5)
    assert part.interrupt() == 0
    part.write(lsm.INT1_CTRL, b"\x08")

    assert part.interrupt() == 1
    part.read(lsm.FIFO_DATA_OUT_TAG, 7 * 52)
    assert part.interrupt() == 0


def test_self_test_pushes_every_axis(part, clock):
    """ST_XL adds between 50 and 1700 mg to each axis, and takes it away again."""
    part.write(lsm.CTRL1_XL, b"\x48")  # 4 g
    clock.pass_s(0.2)
    before = struct.unpack("<3h", part.read(lsm.OUTX_L_A, 6))
    part.write(lsm.CTRL5_C, b"\x01")
    clock.pass_s(0.2)
    during = struct.unpack("<3h", part.read(lsm.OUTX_L_A, 6))

    assert all(50 < (b - a) * 0.122 < 1700 for a, b in zip(before, during, strict=True))


def test_software_reset_and_power_both_forget(part, clock):
    """SW_RESET puts every register back; so does the loss of power, and the FIFO is gone."""
    _set_up_fifo(part)
    clock.pass_s(1)
    part.write(lsm.CTRL3_C, b"\x01")
    assert part.read(lsm.CTRL1_XL, 1) == b"\0"
    assert part.read(lsm.CTRL3_C, 1) == b"\x04"

    _set_up_fifo(part)
    clock.pass_s(1)
    part.power_on()
    assert _level(part) == 0
    assert part.read(lsm.FIFO_CTRL4, 1) == b"\0"


def test_long_rest_costs_nothing_and_loses_nothing(part, clock):
    """After a month at rest the FIFO is full of rest, at once."""
    _set_up_fifo(part)
    clock.pass_s(30 * 86400)

    assert _level(part) == 512


@pytest.mark.parametrize(("filters", "wakes"), [(0x11, 1), (0x01, 0)], ids=["high pass", "slope"])
def test_the_high_pass_sees_a_blow_that_the_slope_filter_misses(part, clock, filters, wakes):
    """SLOPE_FDS with HPCF_XL at ODR/200: 1,600 mg reached in ten samples; no two of them are 500 mg apart."""
    _arm_wake_up(part, latched=filters, threshold=4)  # 1,000 mg
    part.write(lsm.CTRL8_XL, b"\xa0")
    clock.pass_s(1)
    part._motion.play([(160 * i, 0, 1000) for i in range(11)], 104)
    clock.pass_s(0.2)

    assert part.interrupt() == wakes


def test_the_high_pass_forgets_where_down_is(part, clock):
    """A slow turn of 2 g in all, over ten seconds, wakes nobody."""
    _arm_wake_up(part, latched=0x11, threshold=4)
    part.write(lsm.CTRL8_XL, b"\xa0")
    part._motion.play([(0, 0, 1000 - 2 * i) for i in range(1_000)], 100)
    clock.pass_s(10)

    assert part.interrupt() == 0
