"""InvenSense MPU-6886 on I2C; without it an M5StickC Plus2 feels nothing.

After "MPU-6886 Datasheet" DS-000193 rev. 1.1 (its register map). The contract: 100 samples a second wait in the FIFO,
up to 128 of them; ``read_into`` empties it as x, y, z in milli-g, clamped to ±16 g.
"""

from shared.compat import const, sleep_ms

ADDRESS = const(0x68)

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG_2 = const(0x1D)
_FIFO_EN = const(0x23)
_INT_STATUS = const(0x3A)
_ACCEL_OUT = const(0x3B)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNT = const(0x72)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)

_IDENTITY = const(0x19)
_FRAME_SIZE = const(8)  # with ACCEL_FIFO_EN the temperature comes along behind the three axes (register 0x23)
_FIFO_OVERFLOW = const(0x10)
_FIRST_SAMPLE_MS = const(40)  # the filters need a few samples after waking

SAMPLE_HZ = const(100)
FIFO_SAMPLES = const(128)  # 1 kB (section 1.2)


class SensorError(OSError):
    """The sensor does not answer as the datasheet says it must."""


class Mpu6886:
    """``overruns`` counts the times that samples were lost because nobody read in time."""

    def __init__(self, i2c, address=ADDRESS):
        self._i2c = i2c
        self._address = address
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._raw = bytearray(FIFO_SAMPLES * _FRAME_SIZE)
        self._view = memoryview(self._raw)
        self.overruns = 0

    def begin(self):
        """Reset, range ±16 g, 100 Hz, FIFO on; SensorError if it is not an MPU-6886."""
        if self._read(_WHO_AM_I) != _IDENTITY:
            raise SensorError("no MPU-6886 at 0x{:02x}".format(self._address))
        self._write(_PWR_MGMT_1, 0x80)  # DEVICE_RESET
        sleep_ms(100)  # the clearing of the bit is not promised a time; 100 ms is InvenSense's own code
        self._write(_PWR_MGMT_1, 0x01)  # awake, best clock
        self._write(_PWR_MGMT_2, 0x07)  # the three gyroscopes stand by: they draw ten times the accelerometer
        self._write(_SMPLRT_DIV, 9)  # 1 kHz / (1 + 9)
        self._write(_CONFIG, 0x01)  # a full FIFO drops its oldest; DLPF on, or the divider does nothing
        self._write(_ACCEL_CONFIG, 0x18)  # ±16 g
        self._write(_ACCEL_CONFIG_2, 0x03)  # 44.8 Hz: what 100 samples a second can hold
        self._write(_FIFO_EN, 0x08)  # ACCEL_FIFO_EN
        self._write(_USER_CTRL, 0x44)  # FIFO_EN and FIFO_RST

    def read_into(self, samples_mg):
        """Empty the FIFO into array('h') as x, y, z, x, y, z ... milli-g; return the number of samples."""
        if self._read(_INT_STATUS) & _FIFO_OVERFLOW:
            self.overruns += 1
        self._i2c.readfrom_mem_into(self._address, _FIFO_COUNT, self._two)
        count = (self._two[0] << 8 | self._two[1]) // _FRAME_SIZE
        count = min(count, FIFO_SAMPLES, len(samples_mg) // 3)
        if not count:
            return 0
        self._i2c.readfrom_mem_into(self._address, _FIFO_R_W, self._view[: count * _FRAME_SIZE])
        raw = self._raw
        at = 0
        for i in range(count):
            start = i * _FRAME_SIZE
            for axis in range(3):
                counts = raw[start + 2 * axis] << 8 | raw[start + 2 * axis + 1]
                if counts & 0x8000:
                    counts -= 0x10000
                samples_mg[at] = counts * 125 >> 8  # 2048 counts to the g: ±16 g is the whole of 16 bits
                at += 1
        return count

    def self_test(self):
        """True if a single reading is there and near one gravity or in motion: not stuck, not all zero."""
        sleep_ms(_FIRST_SAMPLE_MS)
        six = bytearray(6)
        self._i2c.readfrom_mem_into(self._address, _ACCEL_OUT, six)
        return any(six) and any(byte != 0xFF for byte in six)

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)
