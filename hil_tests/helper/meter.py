"""Without this file microamps would stay an estimate: INA219 and INA226, the current through a shunt, by I2C.

Registers and scales: INA226 datasheet SBOS547A, 7.6 (shunt voltage, LSB 2.5 uV, identity 0x5449 in FEh) and INA219
SBOS448G, 8.6 (LSB 10 uV, no identity). The shunt's voltage is read and divided here, so no calibration register is set.
"""

_CONFIG = 0x00
_SHUNT = 0x01
_MAKER = 0xFE
_TI = 0x5449
# INA226: 16 averages, 1.1 ms each, shunt only, continuous. INA219: 12 bits, 16 samples (8.51 ms), shunt only, +-40 mV.
_SETTING_226 = 0x4525
_SETTING_219 = 0x0045
_UV_226_X10 = 25
_UV_219_X10 = 100


class Meter:
    """Reads one. OSError if nothing answers at that address."""

    def __init__(self, i2c, address, shunt_mohm):
        self._i2c = i2c
        self._address = address
        self._shunt_mohm = shunt_mohm
        self.is_226 = self._word(_MAKER) == _TI
        setting = _SETTING_226 if self.is_226 else _SETTING_219
        i2c.writeto_mem(address, _CONFIG, bytes((setting >> 8, setting & 0xFF)))
        self._uv_x10 = _UV_226_X10 if self.is_226 else _UV_219_X10

    def ua(self):
        """Microamps through the shunt now; negative is the other way round."""
        counts = self._word(_SHUNT)
        if counts & 0x8000:
            counts -= 0x10000
        return counts * self._uv_x10 * 100 // self._shunt_mohm

    def _word(self, register):
        data = self._i2c.readfrom_mem(self._address, register, 2)
        return data[0] << 8 | data[1]
