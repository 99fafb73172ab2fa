"""STMicroelectronics LSM6DSO on I2C; without it a sleeping pendant would miss what came before the impact.

After the datasheet (DS12140; registers: chapter 9) and application note AN5192 (wake-up: section 5.4, FIFO: chapter 9,
self-test: chapter 10). The contract: 104 samples a second wait in the FIFO, up to 512 of them (4.9 s);
``read_into`` empties it as x, y, z in milli-g; ``arm`` lets INT1 go low on an impact and stay low until it is read.
"""

from shared.compat import const, sleep_ms

ADDRESS = const(0x6A)

_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL5_C = const(0x14)
_CTRL6_C = const(0x15)
_CTRL8_XL = const(0x17)
_WAKE_UP_SRC = const(0x1B)
_OUTX_L_A = const(0x28)
_FIFO_STATUS1 = const(0x3A)
_TAP_CFG0 = const(0x56)
_TAP_CFG2 = const(0x58)
_WAKE_UP_THS = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)
_FIFO_DATA_OUT_TAG = const(0x78)

_IDENTITY = const(0x6C)
_WORD_SIZE = const(7)  # one tag, six data bytes
_TAG_ACCELEROMETER = const(0x02)  # in the upper five bits of the tag (section 9.80)
_WAKE_UP_EVENT = const(0x08)  # WU_IA
_FIFO_OVERRUN = const(0x08)  # FIFO_OVR_LATCHED, in FIFO_STATUS2
_BATCH_WORDS = const(32)  # read at once: keeps the buffer at 224 bytes
_SETTLE_MS = const(40)  # the filters need a few samples after a change
_SELF_TEST_READINGS = const(5)  # as many as AN5192 averages

SAMPLE_HZ = const(104)
FIFO_SAMPLES = const(512)
_WAKE_STEP_MG2 = const(125)  # twice the 62.5 mg of WK_THS with WAKE_THS_W: the range / 256 (section 9.73)


class SensorError(OSError):
    """The sensor does not answer as the datasheet says it must."""


class Lsm6dso:
    """``overruns`` counts the times that samples were lost because nobody read in time."""

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._raw = bytearray(_BATCH_WORDS * _WORD_SIZE)
        self._view = memoryview(self._raw)
        self.overruns = 0

    def begin(self):
        """Reset, range ±16 g, 104 Hz in low power, FIFO on; SensorError if it is not an LSM6DSO."""
        self.check()
        self._write(_CTRL3_C, 0x01)  # SW_RESET
        sleep_ms(10)
        self._write(_CTRL3_C, 0x64)  # BDU, INT1 active low (the button's level), addresses count up
        self._write(_CTRL6_C, 0x10)  # XL_HM_MODE off: normal mode at 104 Hz, a seventh of the current
        self._write(_CTRL2_G, 0x00)  # no gyroscope
        self._write(_CTRL1_XL, 0x44)  # 104 Hz, ±16 g
        self._write(_FIFO_CTRL1, 0x00)
        self._write(_FIFO_CTRL2, 0x00)
        self._write(_FIFO_CTRL3, 0x04)  # the accelerometer is batched at 104 Hz, the gyroscope is not
        self._write(_FIFO_CTRL4, 0x06)  # continuous: a full FIFO drops its oldest

    def check(self):
        """SensorError unless an LSM6DSO answers; enough after deep sleep, through which it went on working."""
        if self._read(_WHO_AM_I) != _IDENTITY:
            raise SensorError("no LSM6DSO at 0x{:02x}".format(self._address))

    def arm(self, threshold_mg):
        """From now on an impact pulls INT1 low until ``struck`` is asked.

        An axis counts when it is more than threshold_mg from where it has been in the last seconds (high-pass at
        ODR/200, 0.5 Hz). The slope filter, the part's default, sees an impact only if it is steep: at the threshold
        that loses no recorded fall it wakes more often (docs/performance.md).
        """
        steps = max(1, min(63, threshold_mg * 2 // _WAKE_STEP_MG2))
        self._write(_CTRL8_XL, 0xA0)  # HPCF_XL: ODR/200; the FIFO's own path stays unfiltered
        self._write(_TAP_CFG0, 0x11)  # SLOPE_FDS: the high-pass; LIR: latched
        self._write(_WAKE_UP_THS, steps)
        self._write(_WAKE_UP_DUR, 0x10)  # WAKE_THS_W; one sample is enough
        self._write(_MD1_CFG, 0x20)  # INT1_WU
        self._write(_TAP_CFG2, 0x80)  # INTERRUPTS_ENABLE
        self.struck()

    def struck(self):
        """True if an impact has come since the last time this was asked; lets go of INT1."""
        return bool(self._read(_WAKE_UP_SRC) & _WAKE_UP_EVENT)

    def read_into(self, samples_mg):
        """Empty the FIFO into array('h') as x, y, z, x, y, z ... milli-g; return the number of samples."""
        self._i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, self._two)
        if self._two[1] & _FIFO_OVERRUN:
            self.overruns += 1
        words = min((self._two[1] & 0x03) << 8 | self._two[0], len(samples_mg) // 3)
        count = 0
        while words:
            batch = min(words, _BATCH_WORDS)
            # The address runs 0x78..0x7E and turns round to 0x78 by itself (AN5192 section 9.8).
            self._i2c.readfrom_mem_into(self._address, _FIFO_DATA_OUT_TAG, self._view[: batch * _WORD_SIZE])
            count = self._unpack(batch, samples_mg, count)
            words -= batch
        return count

    def self_test(self):
        """Push each axis by its electrode and see whether it moves as far as the datasheet promises (table 2: 50 to
        1,700 mg); True if all three do. The wearer must be still for a tenth of a second; a failure is worth a second
        try. Empties the FIFO.
        """
        rest = self._mean()
        self._write(_CTRL5_C, 0x01)  # ST_XL positive
        pushed = self._mean()
        self._write(_CTRL5_C, 0x00)
        sleep_ms(_SETTLE_MS)
        self._write(_FIFO_CTRL4, 0x00)  # bypass empties it: what was pushed is not motion
        self._write(_FIFO_CTRL4, 0x06)
        self.struck()
        for axis in range(3):
            if not 50 <= abs(pushed[axis] - rest[axis]) * 61 // 125 <= 1_700:
                return False
        return True

    def _mean(self):
        """The mean of a few readings of each axis, in counts."""
        six = bytearray(6)
        sums = [0, 0, 0]
        sleep_ms(_SETTLE_MS)
        for _ in range(_SELF_TEST_READINGS):
            sleep_ms(10)
            self._i2c.readfrom_mem_into(self._address, _OUTX_L_A, six)
            for axis in range(3):
                counts = six[2 * axis + 1] << 8 | six[2 * axis]
                sums[axis] += counts - 0x10000 if counts & 0x8000 else counts
        return [total // _SELF_TEST_READINGS for total in sums]

    def _unpack(self, words, samples_mg, count):
        """Put the FIFO words that are the accelerometer's behind count samples; return the new count."""
        raw = self._raw
        at = 3 * count
        for start in range(0, words * _WORD_SIZE, _WORD_SIZE):
            if raw[start] >> 3 != _TAG_ACCELEROMETER:
                continue
            # Written out for three axes: this is a third of all that this pendant computes. 0.488 mg/LSB (table 2)
            samples_mg[at] = (((raw[start + 2] << 8 | raw[start + 1]) ^ 0x8000) - 0x8000) * 61 // 125
            samples_mg[at + 1] = (((raw[start + 4] << 8 | raw[start + 3]) ^ 0x8000) - 0x8000) * 61 // 125
            samples_mg[at + 2] = (((raw[start + 6] << 8 | raw[start + 5]) ^ 0x8000) - 0x8000) * 61 // 125
            at += 3
        return at // 3

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)
