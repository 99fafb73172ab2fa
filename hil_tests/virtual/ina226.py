"""Without this model the bench's meter would meet its first part on a bench.

TI's INA226 at register level as far as the helper uses it (datasheet SBOS547A, 7.6): configuration, shunt voltage,
identity. What flows is said by `milliamps`, a function; a virtual board draws nothing by itself.
"""

import struct

_CONFIG, _SHUNT, _MAKER, _DIE = 0x00, 0x01, 0xFE, 0xFF
_UV_A_COUNT = 2.5
_MODE_SHUNT = 0x1  # the lowest bit of the mode: the shunt is measured
_CONTINUOUS = 0x4


class Ina226:
    """An INA226 at 0x40 with a shunt of 0.1 ohm."""

    address = 0x40
    shunt_ohm = 0.1

    def __init__(self, motion, clock):
        self.milliamps = lambda: 0.0
        self.power_on()

    def power_on(self):
        """Registers as after power-up."""
        self._registers = {_CONFIG: 0x4127, _MAKER: 0x5449, _DIE: 0x2260}

    def read(self, register, n):
        """Two bytes, the higher first."""
        value = self._shunt() if register == _SHUNT else self._registers.get(register, 0)
        return struct.pack(">H", value & 0xFFFF)[:n]

    def write(self, register, data):
        """Write a register."""
        if register not in {_MAKER, _DIE, _SHUNT} and len(data) == 2:
            (self._registers[register],) = struct.unpack(">H", bytes(data))

    def _shunt(self):
        if self._registers[_CONFIG] & (_MODE_SHUNT | _CONTINUOUS) != _MODE_SHUNT | _CONTINUOUS:
            return 0  # it was never told to measure this
        return max(-0x8000, min(0x7FFF, round(self.milliamps() * self.shunt_ohm * 1000 / _UV_A_COUNT)))

    def levels_since(self):
        """It pulls no pin."""
        return {0}

    def is_quiet(self):
        """It never will."""
        return True
