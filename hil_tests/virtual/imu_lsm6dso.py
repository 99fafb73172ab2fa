"""Without this model the LSM6DSO driver would meet its first part on a bench.

The accelerometer half of ST's LSM6DSO at register level (datasheet DS12140, application note AN5192): identity, ranges,
FIFO, wake-up, free fall left out, self-test. What a driver does not set up does not work. Not modelled: the gyroscope
(reads zero), embedded functions, compression, sensor hub, temperature drift, the analogue filters.
"""

import math
from collections import deque

from hil_tests.virtual.imu import Imu, to_counts

FUNC_CFG_ACCESS = 0x01
FIFO_CTRL1, FIFO_CTRL2, FIFO_CTRL3, FIFO_CTRL4 = 0x07, 0x08, 0x09, 0x0A
INT1_CTRL = 0x0D
WHO_AM_I = 0x0F
CTRL1_XL, CTRL3_C, CTRL5_C, CTRL8_XL, CTRL9_XL = 0x10, 0x12, 0x14, 0x17, 0x18
ALL_INT_SRC, WAKE_UP_SRC, STATUS_REG = 0x1A, 0x1B, 0x1E
OUTX_L_A = 0x28
FIFO_STATUS1, FIFO_STATUS2 = 0x3A, 0x3B
TAP_CFG0, TAP_CFG2 = 0x56, 0x58
WAKE_UP_THS, WAKE_UP_DUR = 0x5B, 0x5C
MD1_CFG = 0x5E
FIFO_DATA_OUT_TAG, FIFO_DATA_OUT_Z_H = 0x78, 0x7E

_IDENTITY = 0x6C
_FIFO_WORDS = 512  # 3 kB without compression
_TAG_XL = 0x02
_SELF_TEST_MG = 420  # within the datasheet's 50 to 1700 mg
_RATE_HZ = {1: 12.5, 2: 26, 3: 52, 4: 104, 5: 208, 6: 416, 7: 833, 8: 1667, 9: 3333, 10: 6667, 11: 1.6}
_MG_PER_COUNT = (0.061, 0.488, 0.122, 0.244)  # FS_XL 00, 01, 10, 11: 2, 16, 4, 8 g
_FULL_SCALE_MG = (2000, 16000, 4000, 8000)
_READ_ONLY = {WHO_AM_I, ALL_INT_SRC, WAKE_UP_SRC, 0x1C, 0x1D, STATUS_REG, *range(0x20, 0x2E), 0x3A, 0x3B}
_HIGH_PASS_DIVIDERS = (4, 10, 20, 45, 100, 200, 400, 800)  # HPCF_XL, datasheet table of CTRL8_XL
_BYPASS, _FIFO, _CONTINUOUS = 0, 1, 6


class Lsm6dso(Imu):
    """An LSM6DSO at 0x6A whose INT1 goes to a pin of the board."""

    address = 0x6A

    def _power_on_values(self):
        self._registers = bytearray(0x80)
        self._registers[WHO_AM_I] = _IDENTITY
        self._registers[CTRL3_C] = 0x04  # IF_INC
        self._registers[CTRL9_XL] = 0xE0
        self._fifo = deque()
        self._word = bytes(7)  # what FIFO_DATA_OUT shows
        self._tag_count = 0
        self._overrun = self._overrun_latched = False
        self._latest_mg = (0.0, 0.0, 0.0)
        self._previous_mg = None
        self._high_pass_mg = None
        self._data_ready = False
        self._over_threshold = 0
        self._wake_axes = 0
        self._wakes = False
        self._out = bytes(6)

    # -- time ---------------------------------------------------------------------------------------------------------

    def rate_hz(self):
        """Output data rate as set in CTRL1_XL; 0 in power-down."""
        return _RATE_HZ.get(self._registers[CTRL1_XL] >> 4, 0)

    def batch_limit(self):
        """No more samples than this can matter at once: what the FIFO holds, and a little."""
        return _FIFO_WORDS + 64

    def watches_fifo(self):
        """Can INT1 rise without any motion?"""
        return bool(self._registers[INT1_CTRL] & 0x39)

    def _sample(self, mg):
        if self._registers[CTRL5_C] & 3 in {1, 2}:
            sign = 1 if self._registers[CTRL5_C] & 3 == 1 else -1
            mg = tuple(axis + sign * _SELF_TEST_MG for axis in mg)
        self._previous_mg, self._latest_mg = (mg if self._previous_mg is None else self._latest_mg), mg
        self._data_ready = True
        self._out = b"".join(self._counts(axis).to_bytes(2, "little", signed=True) for axis in mg)
        self._batch()
        self._detect_wake_up()

    def _counts(self, mg):
        scale = self._registers[CTRL1_XL] >> 2 & 3
        if self._registers[CTRL8_XL] & 2 and scale == 1:
            scale = 0  # XL_FS_MODE: 16 g is not to be had
        return to_counts(mg, _MG_PER_COUNT[scale])

    def _batch(self):
        mode = self._registers[FIFO_CTRL4] & 7
        if mode == _BYPASS or not self._registers[FIFO_CTRL3] & 0x0F:
            return
        limit = _FIFO_WORDS
        if self._registers[FIFO_CTRL2] & 0x80:  # STOP_ON_WTM
            limit = min(limit, self._watermark() or limit)
        if len(self._fifo) >= limit:
            self._overrun = self._overrun_latched = True
            if mode == _FIFO:
                return
            self._fifo.popleft()
        self._tag_count = self._tag_count + 1 & 3
        tag = _TAG_XL << 3 | self._tag_count << 1
        tag |= tag.bit_count() & 1  # even parity
        self._fifo.append(bytes((tag,)) + self._out)

    def _slope(self):
        """Half the difference of two samples."""
        return [(now - before) / 2 for now, before in zip(self._latest_mg, self._previous_mg, strict=True)]

    def _high_passed(self):
        """First order, its corner at ODR / 4 to ODR / 800 by HPCF_XL; it begins at rest where it is switched on."""
        if self._high_pass_mg is None:
            self._high_pass_mg = (0.0, 0.0, 0.0)
            return self._high_pass_mg
        keep = 1 / (1 + 2 * math.pi / _HIGH_PASS_DIVIDERS[self._registers[CTRL8_XL] >> 5])
        moved = zip(self._high_pass_mg, self._latest_mg, self._previous_mg, strict=True)
        self._high_pass_mg = tuple(keep * (value + now - before) for value, now, before in moved)
        return self._high_pass_mg

    def _detect_wake_up(self):
        """The filter chosen by SLOPE_FDS against WAKE_UP_THS, AN5192 section 5.4."""
        filtered = self._high_passed() if self._registers[TAP_CFG0] & 0x10 else self._slope()
        if not self._registers[TAP_CFG2] & 0x80:
            return
        ths = self._registers[WAKE_UP_THS] & 0x3F
        duration = self._registers[WAKE_UP_DUR]
        scale = self._registers[CTRL1_XL] >> 2 & 3
        threshold_mg = ths * _FULL_SCALE_MG[scale] / (256 if duration & 0x10 else 64)
        axes = 0
        for bit, value in zip((4, 2, 1), filtered, strict=True):
            axes |= bit if abs(value) > threshold_mg else 0
        self._over_threshold = self._over_threshold + 1 if axes else 0
        if self._over_threshold > (duration >> 5 & 3):
            self._wake_axes = axes
            self._wakes = True
        elif not self._registers[TAP_CFG0] & 1:  # not latched: it falls with the cause
            self._wakes = False

    # -- interrupt ----------------------------------------------------------------------------------------------------

    def int1(self):
        """Level of the INT1 pin."""
        control = self._registers[INT1_CTRL]
        active = (
            (self._wakes and self._registers[MD1_CFG] & 0x20)
            or (control & 0x01 and self._data_ready)
            or (control & 0x08 and self._at_watermark())
            or (control & 0x10 and self._overrun)
            or (control & 0x20 and self._is_full())
        )
        return int(bool(active)) ^ (self._registers[CTRL3_C] >> 5 & 1)

    def _watermark(self):
        return self._registers[FIFO_CTRL1] | (self._registers[FIFO_CTRL2] & 1) << 8

    def _at_watermark(self):
        return 0 < self._watermark() <= len(self._fifo)

    def _is_full(self):
        return len(self._fifo) >= _FIFO_WORDS

    # -- bus ----------------------------------------------------------------------------------------------------------

    def _next_register(self, register):
        if register == FIFO_DATA_OUT_Z_H:
            return FIFO_DATA_OUT_TAG  # a burst goes on with the next word
        return register + 1 & 0x7F if self._registers[CTRL3_C] & 4 else register

    def _read_byte(self, register):
        if FIFO_DATA_OUT_TAG <= register <= FIFO_DATA_OUT_Z_H:
            return self._read_fifo(register)
        if OUTX_L_A <= register < OUTX_L_A + 6:
            self._data_ready = False
            return self._out[register - OUTX_L_A]
        reader = {
            FIFO_STATUS1: lambda: len(self._fifo) & 0xFF,
            FIFO_STATUS2: self._fifo_status2,
            STATUS_REG: lambda: int(self._data_ready),
            WAKE_UP_SRC: self._wake_up_src,
            ALL_INT_SRC: lambda: 0x02 if self._wakes else 0,
        }.get(register)
        return reader() if reader else self._registers[register]

    def _read_fifo(self, register):
        if register == FIFO_DATA_OUT_TAG:
            self._word = self._fifo[0] if self._fifo else b"\0" + self._word[1:]
        elif self._fifo:
            self._word = self._fifo[0]
        value = self._word[register - FIFO_DATA_OUT_TAG]
        if register == FIFO_DATA_OUT_Z_H and self._fifo:
            self._fifo.popleft()  # the word is gone when its last byte has been read
            self._overrun = False
        return value

    def _fifo_status2(self):
        status = len(self._fifo) >> 8 & 3
        status |= 0x80 if self._at_watermark() else 0
        status |= 0x40 if self._overrun else 0
        status |= 0x20 if self._is_full() else 0
        status |= 0x08 if self._overrun_latched else 0
        self._overrun_latched = False
        return status

    def _wake_up_src(self):
        source = (0x08 | self._wake_axes) if self._wakes else 0
        self._wakes = False
        self._over_threshold = 0
        return source

    def _write_byte(self, register, value):
        if register in _READ_ONLY or register >= FIFO_DATA_OUT_TAG:
            return
        if register == CTRL3_C and value & 0x01:  # SW_RESET
            self._power_on_values()
            return
        if register == CTRL1_XL and not value >> 4:
            self._previous_mg = None
        if register == FIFO_CTRL4 and not value & 7:
            self._fifo.clear()
            self._overrun = self._overrun_latched = False
        self._registers[register] = value
