"""An M5StickC Plus2 as bought: which part hangs on which pin; without it this board would be a stranger.

ESP32-PICO-V3-02, MPU6886 without a wired interrupt: it sleeps lightly and looks every 0.8 s.
"""

import time

import esp32
import machine
from machine import ADC, I2C, PWM, Pin

from firmware.drivers.battery import Battery
from firmware.drivers.feedback import Light, Pulse
from firmware.drivers.mpu6886 import FIFO_SAMPLES, SAMPLE_HZ, Mpu6886
from shared.compat import sleep_ms, ticks_ms

NAME = "m5stickc_plus2"
IMU_HZ = SAMPLE_HZ
IMU_FIFO_SAMPLES = FIFO_SAMPLES
_BUZZ_HZ = 4_000  # the passive buzzer is loudest there
_LEAST_SLEEP_MS = 5  # shorter, going to sleep costs more than it saves


class Board:
    """The parts under the names that every board gives them."""

    sleeps_deep = False

    def __init__(self, settings):
        self._hold = Pin(4, Pin.OUT, value=1)  # the board cuts its own power unless this is high
        self._button = Pin(37, Pin.IN)  # active low, pulled up on the board
        self.imu = Mpu6886(I2C(0, scl=Pin(22), sda=Pin(21), freq=400_000))
        self.light = Light(PWM(Pin(19), freq=1_000, duty_u16=0), settings.led_bright_percent)
        # A buzzer is loudest at half duty.
        self.pulse = Pulse(PWM(Pin(2), freq=_BUZZ_HZ, duty_u16=0), self.light, settings.feel_percent * 65_535 // 200)
        self.battery = Battery(ADC(Pin(38), atten=ADC.ATTN_11DB))

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
        """Never known: the charger's line is not wired to the chip."""
        return False

    def sleep(self, ms):
        """Light sleep for ms; a press ends it."""
        if ms < _LEAST_SLEEP_MS:
            sleep_ms(ms)
            return
        esp32.wake_on_ext0(self._button, esp32.WAKEUP_ALL_LOW)
        machine.lightsleep(ms)
        self._button.init(Pin.IN)  # ext0 has given the pin to the RTC, and it would read as pressed (esp-idf#245)
