"""The sign of life, and the pendant's own health; without it a dead pendant would look like a quiet wearer.

Beats, faults, the battery, the monthly test. Times are on the long clock, in milliseconds; what has been told lives in
the memory that survives deep sleep, so that a pendant that wakes three hundred times a day does not say it each time.
"""

from firmware.drivers.battery import days_left, percent_of
from firmware.pendant import feelings
from shared import frames, words
from shared.compat import const

# What a FAULT event names in its argument.
FAULT_IMU = const(1)  # the motion sensor does not answer, or fails its self-test: falls may not be seen
FAULT_IMU_LATE = const(2)  # samples were lost before they were read
FAULT_BUTTON = const(3)  # the button is stuck
FAULT_FLASH = const(4)  # flash did not take an event, or gave back something that is not one
FAULT_CRASH = const(5)  # the firmware has crashed and begun anew
FAULT_SAFE_MODE = const(6)  # it crashed too often: only button and beats work
FAULT_SETTINGS = const(7)  # the settings file is spoilt; the defaults are used
FAULT_NUMBERS = const(8)  # the last tenth of the boot numbers has begun: the pendant needs a new key

# Bits of memory.told: one for each fault, and these.
_LOW = const(1)
_CRITICAL = const(1 << 16)

_NOISE_PERCENT = const(3)  # a rise of less is the converter, not a charger
_CHARGED_PERCENT = const(5)  # so much above the threshold after a charge, and a low battery may be told again
_USAGE_MS = const(86_400_000)  # days left are reckoned from the last day's use
_DAY_S = const(86_400)
_HOUR_MS = const(3_600_000)
_TAP_COUNTS_MS = const(600_000)  # a press so long after a reminder is meant as the test


class Supervisor:
    """record(code, arg, ref, delay_ms) puts an event on flash; feel says patterns."""

    def __init__(self, memory, settings, board, record, feel, is_safe_mode):
        self._memory = memory
        self._settings = settings
        self._board = board
        self._record = record
        self._feel = feel
        self._is_safe_mode = is_safe_mode
        self.rssi_dbm = frames.RSSI_UNKNOWN_DBM

    def fault(self, code):
        """Tell a fault, once a boot. True if this was the time."""
        is_new = self._tell_once(1 << code)
        if is_new:
            self._record(words.FAULT, code, (0, 0), frames.DELAY_UNKNOWN_MS)
        return is_new

    def moved(self, at_ms):
        """The wearer moves."""
        self._memory.moved_ms = at_ms

    def next_ms(self, at_ms):
        """Milliseconds until ``beat_is_due``."""
        return max(0, self._memory.beat_due_ms - at_ms)

    def beat_is_due(self, at_ms):
        """True when it is time; the next one is then counted from here."""
        if at_ms < self._memory.beat_due_ms:
            return False
        settings = self._settings
        every_s = settings.beat_powered_s if self._board.is_charging() else settings.beat_s
        self._memory.beat_due_ms = at_ms + every_s * 1_000
        percent = percent_of(self._board.battery.read_mv())
        self._watch_battery(percent, at_ms)
        self._ask_for_test(at_ms)
        return True

    def beat(self, at_ms):
        """The body of a BEAT frame, as things stand now."""
        memory = self._memory
        mv = self._board.battery.read_mv()
        return frames.pack_beat(
            frames.Beat(
                memory.boot, frames.FIRST_BEAT_SEQ | memory.beats & 0x7FFFFF, mv, percent_of(mv), self.rssi_dbm,
                memory.cause, self._flags(at_ms), words.VERSION, at_ms // 1_000,
            )
        )  # fmt: skip

    def is_night(self, at_ms):
        """True between the night's hours of the wearer's clock, and while nobody has told us the time."""
        memory = self._memory
        settings = self._settings
        if not memory.unix_at_nought_s:
            return True
        local_s = memory.unix_at_nought_s + at_ms // 1_000 + settings.local_offset_min * 60
        hour = local_s % _DAY_S // 3_600
        if settings.night_from_h <= settings.night_to_h:
            return settings.night_from_h <= hour < settings.night_to_h
        return hour >= settings.night_from_h or hour < settings.night_to_h

    def tapped(self, at_ms):
        """A short press that meant nothing else: while a test is asked for, it is the test. True if it was."""
        memory = self._memory
        if not memory.nagged_ms or at_ms - memory.nagged_ms > _TAP_COUNTS_MS:
            return False
        self.plan_test(at_ms)
        self._record(words.TEST_PASSED, 0, (0, 0), frames.DELAY_UNKNOWN_MS)
        return True

    def ask_for_test(self, at_ms):
        """Remind the wearer now, whatever the calendar says: the platform wants to know."""
        self._memory.nagged_ms = max(1, at_ms)
        self._feel.say(feelings.REMINDER)

    def self_test_is_due(self, at_ms):
        """True once a month: the sensor should test itself, when the wearer is still."""
        return at_ms >= self._memory.self_test_ms

    def self_tested(self, is_well, at_ms):
        """Tell a fault, or not, and plan the next: after a failure it is tried again in an hour."""
        every_h = self._settings.test_days * 24 if is_well else 1
        self._memory.self_test_ms = at_ms + every_h * _HOUR_MS
        if not is_well:
            self.fault(FAULT_IMU)

    def plan_test(self, at_ms):
        """The pendant has just proved itself: the next test is due in a month."""
        self._memory.test_due_ms = at_ms + self._settings.test_days * 24 * _HOUR_MS
        self._memory.nagged_ms = 0

    # ---- inside

    def _flags(self, at_ms):
        flags = 0
        is_still = at_ms - self._memory.moved_ms >= self._settings.still_s * 1_000
        if self._board.is_charging():
            flags |= words.CHARGING | words.EXTERNAL_POWER
        elif not is_still:
            flags |= words.WORN
        if is_still:
            flags |= words.STILL
        if self._is_safe_mode:
            flags |= words.SAFE_MODE
        return flags

    def _watch_battery(self, percent, at_ms):
        memory = self._memory
        settings = self._settings
        if self._board.is_charging() or percent > memory.charge_percent + _NOISE_PERCENT:
            memory.charge_percent = percent
            memory.charge_ms = at_ms
            if percent > settings.battery_low_percent + _CHARGED_PERCENT:
                memory.told &= ~(_LOW | _CRITICAL)
        used_ms = at_ms - memory.charge_ms
        days = days_left(percent, memory.charge_percent - percent, used_ms)
        if used_ms >= _USAGE_MS:
            memory.charge_percent = percent
            memory.charge_ms = at_ms
        is_low = percent <= settings.battery_low_percent or (used_ms >= _USAGE_MS and days <= settings.battery_low_days)
        if is_low and self._tell_once(_LOW):
            self._record(words.BATTERY_LOW, percent, (0, 0), frames.DELAY_UNKNOWN_MS)
        if percent <= settings.battery_critical_percent and self._tell_once(_CRITICAL):
            self._record(words.BATTERY_LOW, percent, (0, 0), frames.DELAY_UNKNOWN_MS)
            self._feel.say(feelings.SICK)

    def _ask_for_test(self, at_ms):
        """Remind the wearer, once a day and by day, until a press has answered."""
        memory = self._memory
        if at_ms < memory.test_due_ms or self.is_night(at_ms):
            return
        if memory.nagged_ms and at_ms - memory.nagged_ms < self._settings.test_again_h * _HOUR_MS:
            return
        self.ask_for_test(at_ms)

    def _tell_once(self, bit):
        if self._memory.told & bit:
            return False
        self._memory.told |= bit
        return True
