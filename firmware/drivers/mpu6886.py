"""InvenSense MPU-6886 on I2C; without it an M5StickC Plus2 feels nothing.

After "MPU-6886 Datasheet" DS-000193 rev. 1.1 (its register map). The contract: 100 samples a second wait in the FIFO,
up to 128 of them; ``read_into`` empties it as x, y, z in milli-g, clamped to ±16 g.
"""

from shared.compat import const, sleep_ms

ADDRESS = const(0x68)

_SELF_TEST_X = const(0x0D)
_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG_2 = const(0x1D)
_WOM_THR = const(0x20)  # x, y and z
_FIFO_EN = const(0x23)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_ACCEL_OUT = const(0x3B)
_ACCEL_INTEL_CTRL = const(0x69)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNT = const(0x72)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)

_IDENTITY = const(0x19)
_FRAME_SIZE = const(8)  # with ACCEL_FIFO_EN the temperature comes along behind the three axes (register 0x23)
_FIFO_OVERFLOW = const(0x10)
_MOVED = const(0xE0)  # WOM_X_INT, WOM_Y_INT, WOM_Z_INT
_WOM_STEP_MG = const(4)
_BATCH_FRAMES = const(32)  # read at once: keeps the buffer at 256 bytes
_SETTLE_MS = const(40)  # the filters need a few samples after a change
_SELF_TEST_READINGS = const(5)

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
        self._raw = bytearray(_BATCH_FRAMES * _FRAME_SIZE)
        self._view = memoryview(self._raw)
        self.overruns = 0
        self._has_stepped = True  # since rests() was asked last
        self.feels_rest = False  # its wake-on-motion has been seen to work, so that its silence means something

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
        self._status()
        self._i2c.readfrom_mem_into(self._address, _FIFO_COUNT, self._two)
        count = (self._two[0] << 8 | self._two[1]) // _FRAME_SIZE
        count = min(count, FIFO_SAMPLES, len(samples_mg) // 3)
        done = 0
        while done < count:
            batch = min(count - done, _BATCH_FRAMES)
            self._i2c.readfrom_mem_into(self._address, _FIFO_R_W, self._view[: batch * _FRAME_SIZE])
            self._unpack(batch, samples_mg, 3 * done)
            done += batch
        return count

    def watch_rest(self, step_mg):
        """From now on notice whether an axis changes by more than step_mg from a sample to the next.

        Wake-on-motion (registers 0x20 to 0x22, 0x69); its interrupt goes nowhere on this board, its bits are asked for.
        """
        for axis in range(3):
            self._write(_WOM_THR + axis, max(1, min(255, step_mg // _WOM_STEP_MG)))
        self._write(_INT_ENABLE, _MOVED)
        self._write(_ACCEL_INTEL_CTRL, 0xC0)  # ACCEL_INTEL_EN; ACCEL_INTEL_MODE: with the sample before
        self._read(_INT_STATUS)

    def rests(self, sample_mg, turn_mg):
        """True if no step was felt since this was asked last, and no axis is more than turn_mg from where it was then.

        sample_mg is the sample of that look (x, y, z) and becomes the one of this. Never true before it has been seen
        that a step would be felt. The FIFO stays as it is.
        """
        is_lost = self._status() & _FIFO_OVERFLOW
        has_stepped, self._has_stepped = self._has_stepped, False
        x_mg, y_mg, z_mg = sample_mg[0], sample_mg[1], sample_mg[2]
        self._i2c.readfrom_mem_into(self._address, _ACCEL_OUT, self._view[:_FRAME_SIZE])
        self._unpack(1, sample_mg, 0)
        turned_mg = max(abs(sample_mg[0] - x_mg), abs(sample_mg[1] - y_mg), abs(sample_mg[2] - z_mg))
        return self.feels_rest and not (is_lost or has_stepped) and turned_mg <= turn_mg

    def drop(self):
        """Forget what waits in the FIFO; return how many samples that were."""
        self._i2c.readfrom_mem_into(self._address, _FIFO_COUNT, self._two)
        self._write(_USER_CTRL, 0x44)
        return (self._two[0] << 8 | self._two[1]) // _FRAME_SIZE

    def self_test(self):
        """Push each axis by its electrode and see whether it moves as the factory noted; True if all three do.

        The wearer must be still for a tenth of a second; a failure is worth a second try. Empties the FIFO.
        """
        rest = self._mean()
        self._read(_INT_STATUS)
        self._write(_ACCEL_CONFIG, 0xF8)  # XA_ST, YA_ST, ZA_ST, ±16 g
        pushed = self._mean()
        self.feels_rest = bool(self._status() & _MOVED)  # it must have felt that push
        self._write(_ACCEL_CONFIG, 0x18)
        sleep_ms(_SETTLE_MS)
        self._write(_USER_CTRL, 0x44)  # what was pushed is not motion
        self._read(_INT_STATUS)
        for axis in range(3):
            code = self._read(_SELF_TEST_X + axis)
            if not code:
                return False
            # Factory trim in counts at ±2 g is 2620 * 1.01 ** (code - 1); ±16 g has an eighth of the counts.
            expected = int(2_620 * 1.01 ** (code - 1)) >> 3
            moved = pushed[axis] - rest[axis]
            if not expected // 2 <= moved <= expected * 3 // 2:
                return False
        return True

    def _unpack(self, frames, samples_mg, at):
        """Frames to milli-g. Written out for three axes: this is a third of all that this pendant computes."""
        raw = self._raw
        for i in range(0, frames * _FRAME_SIZE, _FRAME_SIZE):
            # 2048 counts to the g: ±16 g is the whole of 16 bits
            samples_mg[at] = (((raw[i] << 8 | raw[i + 1]) ^ 0x8000) - 0x8000) * 125 >> 8
            samples_mg[at + 1] = (((raw[i + 2] << 8 | raw[i + 3]) ^ 0x8000) - 0x8000) * 125 >> 8
            samples_mg[at + 2] = (((raw[i + 4] << 8 | raw[i + 5]) ^ 0x8000) - 0x8000) * 125 >> 8
            at += 3

    def _status(self):
        """What has happened since this was read last; reading clears it, so it is noted."""
        status = self._read(_INT_STATUS)
        if status & _FIFO_OVERFLOW:
            self.overruns += 1
        if status & _MOVED:
            self._has_stepped = True
        return status

    def _mean(self):
        """The mean of a few readings of each axis, in counts."""
        six = bytearray(6)
        sums = [0, 0, 0]
        sleep_ms(_SETTLE_MS)
        for _ in range(_SELF_TEST_READINGS):
            sleep_ms(1_000 // SAMPLE_HZ)
            self._i2c.readfrom_mem_into(self._address, _ACCEL_OUT, six)
            for axis in range(3):
                counts = six[2 * axis] << 8 | six[2 * axis + 1]
                sums[axis] += counts - 0x10000 if counts & 0x8000 else counts
        return [total // _SELF_TEST_READINGS for total in sums]

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)
