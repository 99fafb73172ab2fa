"""Without this model the MPU6886 driver would meet its first part on a bench.

The accelerometer half of InvenSense's MPU-6886 at register level (datasheet DS-000193; the same core as ICM-20602):
identity, sleep, sample rate, ranges, FIFO, interrupts, self-test. What a driver does not set up does not work. Not
modelled: the gyroscope (reads zero, but takes its place in the FIFO), low-power cycling, offsets.
"""

from collections import deque

from hil_tests.virtual.imu import Imu, to_counts

SELF_TEST_X_ACCEL = 0x0D
SMPLRT_DIV, CONFIG, ACCEL_CONFIG, ACCEL_CONFIG2 = 0x19, 0x1A, 0x1C, 0x1D
WOM_X, WOM_Z = 0x20, 0x22
FIFO_EN = 0x23
INT_PIN_CFG, INT_ENABLE, FIFO_WM_INT_STATUS, INT_STATUS = 0x37, 0x38, 0x39, 0x3A
ACCEL_XOUT_H, GYRO_ZOUT_L = 0x3B, 0x48
FIFO_WM_TH1, FIFO_WM_TH2 = 0x60, 0x61
ACCEL_INTEL_CTRL, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2 = 0x69, 0x6A, 0x6B, 0x6C
FIFO_COUNTH, FIFO_COUNTL, FIFO_R_W, WHO_AM_I = 0x72, 0x73, 0x74, 0x75

_IDENTITY = 0x19
_FIFO_BYTES = 1024
_SELF_TEST_CODE = (96, 101, 99)  # what the factory burnt in
_SELF_TEST_RATIO = 0.97  # response of this healthy part to what its code promises; the datasheet wants 0.5 to 1.5
_MG_PER_COUNT = (1 / 16.384, 1 / 8.192, 1 / 4.096, 1 / 2.048)
_WOM_MG = 4  # per count of the wake-on-motion thresholds
_TEMPERATURE = (340).to_bytes(2, "big")
_READ_ONLY = {FIFO_WM_INT_STATUS, INT_STATUS, *range(ACCEL_XOUT_H, GYRO_ZOUT_L + 1), FIFO_COUNTH, FIFO_COUNTL, WHO_AM_I}


class Mpu6886(Imu):
    """An MPU6886 at 0x68."""

    address = 0x68

    def _power_on_values(self):
        self._registers = bytearray(0x80)
        self._registers[CONFIG] = 0x80
        self._registers[PWR_MGMT_1] = 0x41  # asleep
        self._registers[WHO_AM_I] = _IDENTITY
        self._registers[SELF_TEST_X_ACCEL : SELF_TEST_X_ACCEL + 3] = bytes(_SELF_TEST_CODE)
        self._fifo = deque()
        self._out = bytes(14)
        self._count_latched = 0
        self._status = 0
        self._previous_mg = None

    # -- time ---------------------------------------------------------------------------------------------------------

    def rate_hz(self):
        """1 kHz / (1 + SMPLRT_DIV), where the divider counts only with the filter on (CONFIG DLPF_CFG 1 to 6)."""
        if self._registers[PWR_MGMT_1] & 0x40 or self._registers[PWR_MGMT_2] & 0x38 == 0x38:
            return 0
        if self._registers[ACCEL_CONFIG2] & 0x08:
            return 4000  # ACCEL_FCHOICE_B: the filter is passed by
        if self._registers[CONFIG] & 7 in {0, 7}:
            return 1000
        return 1000 / (1 + self._registers[SMPLRT_DIV])

    def batch_limit(self):
        """No more samples than this can matter at once."""
        return _FIFO_BYTES // 8 + 64

    def watches_fifo(self):
        """Can the interrupt rise without any motion?"""
        return bool(self._registers[INT_ENABLE] & 0x11 or self._fifo_threshold())

    def _sample(self, mg):
        config = self._registers[ACCEL_CONFIG]
        scale = _MG_PER_COUNT[config >> 3 & 3]
        felt = []
        for axis, code, bit in zip(mg, _SELF_TEST_CODE, (0x80, 0x40, 0x20), strict=True):
            # FT = 2620 * 1.01 ** (code - 1), in counts at 2 g
            push = 2620 * 1.01 ** (code - 1) * _MG_PER_COUNT[0] * _SELF_TEST_RATIO if config & bit else 0
            felt.append(axis + push)
        acceleration = b"".join(to_counts(axis, scale).to_bytes(2, "big", signed=True) for axis in felt)
        self._out = acceleration + _TEMPERATURE + bytes(6)
        self._status |= 0x01
        self._store()
        self._detect_motion(felt)

    def _store(self):
        enabled = self._registers[FIFO_EN] & 0x18
        if not enabled or not self._registers[USER_CTRL] & 0x40:
            return
        frame = {0x08: self._out[:8], 0x10: self._out[6:], 0x18: self._out}[enabled]
        for byte in frame:
            if len(self._fifo) >= _FIFO_BYTES:
                self._status |= 0x10
                if self._registers[CONFIG] & 0x40:  # FIFO_MODE: full is full
                    return
                self._fifo.popleft()  # bytes, not frames: alignment is the driver's to mend
            self._fifo.append(byte)

    def _detect_motion(self, mg):
        if self._previous_mg is not None and self._registers[ACCEL_INTEL_CTRL] & 0x80:
            thresholds = self._registers[WOM_X : WOM_Z + 1]
            for bit, now, before, threshold in zip((0x80, 0x40, 0x20), mg, self._previous_mg, thresholds, strict=True):
                if abs(now - before) > threshold * _WOM_MG:
                    self._status |= bit
        if self._previous_mg is None or self._registers[ACCEL_INTEL_CTRL] & 0x40:  # else: against the first sample
            self._previous_mg = mg

    # -- interrupt ----------------------------------------------------------------------------------------------------

    def int1(self):
        """Level of the INT pin."""
        active = self._status & self._registers[INT_ENABLE] or self._over_threshold()
        return int(bool(active)) ^ (self._registers[INT_PIN_CFG] >> 7)

    def _fifo_threshold(self):
        return (self._registers[FIFO_WM_TH1] & 3) << 8 | self._registers[FIFO_WM_TH2]

    def _over_threshold(self):
        return 0 < self._fifo_threshold() <= len(self._fifo)

    # -- bus ----------------------------------------------------------------------------------------------------------

    def _next_register(self, register):
        return register if register == FIFO_R_W else register + 1 & 0x7F

    def _read_byte(self, register):
        if register == FIFO_R_W:
            return self._fifo.popleft() if self._fifo else 0xFF
        if register == FIFO_COUNTH:
            self._count_latched = len(self._fifo)
            return self._count_latched >> 8
        if register == FIFO_COUNTL:
            return self._count_latched & 0xFF
        if register == INT_STATUS:
            status, self._status = self._status, 0
            return status
        if register == FIFO_WM_INT_STATUS:
            return 0x40 if self._over_threshold() else 0
        if ACCEL_XOUT_H <= register <= GYRO_ZOUT_L:
            return self._out[register - ACCEL_XOUT_H]
        return self._registers[register]

    def _write_byte(self, register, value):
        if register in _READ_ONLY:
            return
        if register == PWR_MGMT_1 and value & 0x80:  # DEVICE_RESET
            self._power_on_values()
            return
        if register == USER_CTRL:
            if value & 0x04:  # FIFO_RST, clears itself
                self._fifo.clear()
            value &= ~0x05
        self._registers[register] = value
