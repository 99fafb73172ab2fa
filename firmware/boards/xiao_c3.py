"""A Seeed XIAO ESP32-C3 with an LSM6DSO: which part hangs on which pin; without it this board would be a stranger.

Wired as docs/hardware.md draws it. It sleeps deeply: the IMU goes on filling its FIFO, and pulls INT1 low on an impact.
"""

import time

import esp32
import machine
from machine import ADC, I2C, PWM, Pin

from firmware.drivers.battery import Battery
from firmware.drivers.feedback import Light, Pulse
from firmware.drivers.lsm6dso import FIFO_SAMPLES, SAMPLE_HZ, Lsm6dso
from shared.compat import sleep_ms, ticks_ms

NAME = "xiao_c3"
IMU_HZ = SAMPLE_HZ
IMU_FIFO_SAMPLES = FIFO_SAMPLES
_MOTOR_HZ = 20_000  # above hearing
_TIMER_WAKE = 4  # ESP_SLEEP_WAKEUP_TIMER, the port gives ESP-IDF's number
_LEAST_SLEEP_MS = 5  # shorter, going to sleep costs more than it saves


class Board:
    """The parts under the names that every board gives them."""

    sleeps_deep = True

    def __init__(self, settings):
        self._button = Pin(2, Pin.IN, Pin.PULL_UP)  # active low
        self._struck = Pin(3, Pin.IN)  # INT1 of the IMU, active low: the C3 wakes on one level for all its pins
        self._charger = Pin(5, Pin.IN)
        self.imu = Lsm6dso(I2C(0, scl=Pin(7), sda=Pin(6), freq=400_000))
        self.light = Light(PWM(Pin(20), freq=1_000, duty_u16=0), settings.led_bright_percent)
        self.pulse = Pulse(PWM(Pin(10), freq=_MOTOR_HZ, duty_u16=0), self.light, settings.feel_percent * 65_535 // 100)
        self.battery = Battery(ADC(Pin(4), atten=ADC.ATTN_11DB))

    def now_ms(self):
        """The tick."""
        return ticks_ms()

    def chip_ms(self):
        """The chip's clock: it goes on through deep sleep and resets, and stops with the power."""
        return time.time_ns() // 1_000_000

    def wait(self, ms):
        """Do nothing for ms, with everything switched on."""
        sleep_ms(ms)

    def is_button_down(self):
        """The level now."""
        return not self._button.value()

    def is_charging(self):
        """True while the charger has power."""
        return bool(self._charger.value())

    def sleep(self, ms):
        """Light sleep for ms; a press ends it."""
        if ms < _LEAST_SLEEP_MS:
            sleep_ms(ms)
            return
        esp32.wake_on_gpio((self._button,), esp32.WAKEUP_ALL_LOW)
        machine.lightsleep(ms)

    def sleep_deep(self, ms, by_impact):
        """Deep sleep for ms; a press ends it, or an impact if by_impact. Does not return: main.py runs again.

        A sensor that nobody asks holds its line low for ever: that would be a wake after the other, each like a press.
        """
        esp32.wake_on_gpio((self._button, self._struck) if by_impact else (self._button,), esp32.WAKEUP_ALL_LOW)
        machine.deepsleep(ms)

    def woke_by_timer(self):
        """True if nothing but time ended the last sleep."""
        return machine.wake_reason() == _TIMER_WAKE
