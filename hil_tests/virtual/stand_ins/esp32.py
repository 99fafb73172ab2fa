"""Without this module a board could not say what may wake it.

Stands in for MicroPython's esp32: each chip has only the wake sources its silicon has (an ESP32-C3 knows no ext0 and
ext1, an ESP32 no GPIO wake from deep sleep), and only its RTC pins may be named.
"""

import struct

import host
import wire
from machine import pin_number

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True


def _wake_on(source, pins, level):
    mask = 0
    for pin in pins:
        number = pin_number(pin)
        if number not in host.facts["rtc_pins"]:
            raise ValueError("invalid pin")
        mask |= 1 << number
    host.call(wire.WAKE_ON, struct.pack(">BBQ", source, 1 if level else 0, mask))


if "ext" in host.facts["wake_sources"]:

    def wake_on_ext0(pin=None, level=None):
        """Wake when this pin is at the level; None takes it back."""
        _wake_on(wire.WOKEN_BY_EXT0, () if pin is None else (pin,), level)

    def wake_on_ext1(pins=None, level=None):
        """Wake when all of these are low, or any is high."""
        _wake_on(wire.WOKEN_BY_EXT1, pins or (), level)


if "gpio" in host.facts["wake_sources"]:

    def wake_on_gpio(pins=None, level=None):
        """Wake when any of these is at the level (any low, or any high): since MicroPython 1.27."""
        _wake_on(wire.WOKEN_BY_GPIO, pins or (), level)


def mcu_temperature():
    """Degrees Celsius on the die; here always a warm pocket."""
    return 31
