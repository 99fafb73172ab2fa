"""The button of an M5StickC Plus2 through a light sleep, with the pin as the chip leaves it."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from firmware.config import Settings

_BUTTON = 37


class Pin:
    """A pin that ext0 watches belongs to the RTC after the sleep, and reads 0, until it is set up again."""

    IN, OUT = 1, 3
    of_rtc: ClassVar = set()

    def __init__(self, number, mode=None, value=1):
        self._number = number
        self._level = value
        self.init(mode)

    def init(self, _mode):
        """Digital again: rtc_gpio_deinit."""
        self.of_rtc.discard(self._number)

    def value(self):
        """Nobody presses."""
        return 0 if self._number in self.of_rtc else self._level


@pytest.fixture
def board(monkeypatch):
    """The board file, on a desk."""
    monkeypatch.setattr(Pin, "of_rtc", set())
    part = lambda *_args, **_kwargs: SimpleNamespace(duty_u16=lambda _duty: None)  # noqa: E731
    part.ATTN_11DB = 3
    machine = SimpleNamespace(ADC=part, I2C=part, PWM=part, Pin=Pin, lightsleep=lambda _ms: Pin.of_rtc.add(_BUTTON))
    monkeypatch.setitem(sys.modules, "machine", machine)
    chip = SimpleNamespace(wake_on_ext0=lambda _pin, _level: None, WAKEUP_ALL_LOW=False)
    monkeypatch.setitem(sys.modules, "esp32", chip)
    spec = importlib.util.spec_from_file_location("m5_on_a_desk", Path("firmware/boards/m5stickc_plus2.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Board(Settings())


def test_a_button_that_nobody_presses_is_up_after_light_sleep(board):
    """Else the first sleep of its life would be a hold of three seconds: a call for help that nobody made."""
    assert not board.is_button_down()
    board.sleep(800)

    assert not board.is_button_down()
