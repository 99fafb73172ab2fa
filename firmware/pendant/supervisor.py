"""The sign of life, and the pendant's own health; without it a dead pendant would look like a quiet wearer."""

from firmware import config
from firmware.drivers.battery import percent_of
from shared import frames, words
from shared.compat import const

# What a FAULT event names in its argument.
FAULT_IMU = const(1)  # the motion sensor does not answer: falls are not seen
FAULT_IMU_LATE = const(2)  # samples were lost before they were read
FAULT_BUTTON = const(3)  # the button is stuck
FAULT_FLASH = const(4)  # flash did not take an event, or gave back something that is not one
FAULT_CRASH = const(5)  # the firmware has crashed and begun anew
FAULT_SAFE_MODE = const(6)  # it crashed too often: only button and beats work
FAULT_SETTINGS = const(7)  # the settings file is spoilt; the defaults are used

_STILL_AFTER_MS = const(120_000)  # breathing moves a worn pendant more often than every two minutes


class Supervisor:
    """Makes the beats and watches the battery. Times are on the long clock, in ms."""

    def __init__(self, memory, settings, board, record, reset_cause, is_safe_mode):
        self._memory = memory
        self._settings = settings
        self._board = board
        self._record = record
        self._reset_cause = reset_cause
        self._is_safe_mode = is_safe_mode
        self._moved_ms = 0
        self._is_low_told = False
        self._faults = set()
        self.rssi_dbm = frames.RSSI_UNKNOWN_DBM

    def fault(self, code):
        """Tell a fault, once a boot."""
        if code not in self._faults:
            self._faults.add(code)
            self._record(words.FAULT, code, (0, 0), frames.DELAY_UNKNOWN_MS)

    def moved(self, at_ms):
        """The wearer moves."""
        self._moved_ms = at_ms

    def beat_is_due(self, at_ms):
        """True when it is time; the next one is then counted from here."""
        if at_ms < self._memory.beat_due_ms:
            return False
        settings = self._settings
        every_s = settings.beat_powered_s if self._board.is_charging() else settings.beat_s
        self._memory.beat_due_ms = at_ms + every_s * 1_000
        self._watch_battery()
        return True

    def next_ms(self, at_ms):
        """Milliseconds until the next beat."""
        return max(0, self._memory.beat_due_ms - at_ms)

    def beat(self, at_ms):
        """The body of a BEAT frame, as things stand now."""
        memory = self._memory
        mv = self._board.battery.read_mv()
        flags = 0
        if self._board.is_charging():
            flags |= words.CHARGING | words.EXTERNAL_POWER
        if at_ms - self._moved_ms >= _STILL_AFTER_MS:
            flags |= words.STILL
        elif not flags:
            flags |= words.WORN
        if self._is_safe_mode:
            flags |= words.SAFE_MODE
        return frames.pack_beat(
            frames.Beat(
                memory.boot, frames.FIRST_BEAT_SEQ | memory.beats & 0x7FFFFF, mv, percent_of(mv), self.rssi_dbm,
                self._reset_cause, flags, config.FIRMWARE, at_ms // 1_000,
            )
        )  # fmt: skip

    def _watch_battery(self):
        percent = percent_of(self._board.battery.read_mv())
        if percent > self._settings.battery_low_percent + 5:
            self._is_low_told = False  # it has been charged
        elif percent <= self._settings.battery_low_percent and not self._is_low_told:
            self._is_low_told = True
            self._record(words.BATTERY_LOW, percent, (0, 0), frames.DELAY_UNKNOWN_MS)
