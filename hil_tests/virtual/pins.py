"""Without this module a board's pins would be numbers: levels, edges, wake sources, and what the wearer feels."""

import math
import threading
from dataclasses import dataclass

from hil_tests.virtual.stand_ins import wire

_OUT, _OPEN_DRAIN = 3, 7
_PULL_DOWN, _PULL_UP = 1, 2
_RISING, _FALLING = 1, 2
_FULL_DUTY = 65535


@dataclass
class Feeling:
    """One activation of an output: a buzz, a tone, a light. end_s is None while it lasts.

    A busy machine runs the firmware late: an edge may be as late as the turn before it, which last saw to its outputs.
    """

    output: str
    start_s: float
    end_s: float | None
    duty: float
    frequency_hz: int
    start_late_s: float = 0.0
    end_late_s: float = 0.0


class Pins:
    """The GPIOs of one chip, with the parts of the board on the other side."""

    def __init__(self, profile, clock, imu):
        self._profile = profile
        self._clock = clock
        self._imu = imu
        self._lock = threading.RLock()
        self._button_is_down = False
        self._charger_is_there = False
        self.felt: list[Feeling] = []
        self._driven = {}  # pin to the level that the bench puts there
        self.on_level = {}  # pin to a function that is told its level when the chip has changed it
        self.on_feeling = lambda output, is_on: None  # told when an output begins or ends
        self._last_felt = {}
        self._turns_s = (math.inf, math.inf)  # when the firmware's last turn but one began, and the last one
        self._irq = {}
        self.chip_reset()

    def chip_reset(self):
        """All pins are inputs again; nothing is driven, no interrupt is armed."""
        with self._lock:
            self._mode = {}
            self._pull = {}
            self._level = {}
            self._duty = {}
            self._irq = {}
            self._seen = {}
            self._edges = []
            self._sleep = None  # "light" or "deep"
            self._woken_by = wire.WOKEN_BY_NOTHING
            self.wake_on = {}
            self.light_wake = {}
            for output in self._profile.outputs.values():
                self._feel(output, 0, 0)

    # -- the chip's side ----------------------------------------------------------------------------------------------

    def setup(self, pin, mode, pull):
        """Choose direction and pull; 0xFF leaves either. An input-only pin has no pull, and nobody is told so."""
        with self._lock:
            if mode != 0xFF:
                self._mode[pin] = mode
            if pull != 0xFF and pin not in self._profile.input_only_pins:
                self._pull[pin] = pull
            self._show(pin)

    def write(self, pin, level):
        """Set the output latch."""
        with self._lock:
            self._level[pin] = level
            self._duty.pop(pin, None)
            self._show(pin)

    def pwm(self, pin, frequency_hz, duty):
        """Drive a pin with a duty of 0 to 65535."""
        with self._lock:
            self._mode[pin] = _OUT
            self._level[pin] = int(duty > 0)
            self._duty[pin] = (frequency_hz, duty)
            self._show(pin)

    def read(self, pin):
        """The level at a pin; one that nothing drives reads 0."""
        with self._lock:
            if self._mode.get(pin) in {_OUT, _OPEN_DRAIN}:
                return self._level.get(pin, 0)
            outside = self._outside(pin)
            return outside if outside is not None else int(self._pull.get(pin) == _PULL_UP)

    def arm(self, pin, trigger):
        """Report edges of a pin: 1 rising, 2 falling, 3 both, 0 none."""
        with self._lock:
            self._seen[pin] = self.read(pin)
            self._irq[pin] = trigger
            if not trigger:
                del self._irq[pin]

    def firmware_turns(self):
        """Told when the firmware feeds its watchdog, as it does at the start of each turn of its loop."""
        self._turns_s = (self._turns_s[1], self._clock.now_s())

    def edges(self):
        """Pins whose armed edge has come since this was last asked, in the order of time, each as often as it came."""
        with self._lock:
            self._look()
            come, self._edges = self._edges, []
            return come

    def fall_asleep(self, kind):
        """From here on wake sources count: "light" or "deep"."""
        with self._lock:
            self._sleep, self._woken_by = kind, wire.WOKEN_BY_NOTHING
            if self._imu:
                self._imu.levels_since()

    def woken_by(self):
        """The wake source that has acted since falling asleep, or WOKEN_BY_NOTHING."""
        with self._lock:
            self._look()
            return self._woken_by

    def wake_up(self):
        """Awake again. Edges during the sleep are not reported: the interrupt matrix had no clock."""
        with self._lock:
            self._sleep = None
            self._look()
            self._edges = []

    def _look(self):
        """Notice edges and wake levels; called at every change from outside, so that none is too short."""
        for pin, trigger in self._irq.items():
            level, before = self.read(pin), self._seen[pin]
            self._seen[pin] = level
            if level != before and trigger & (_RISING if level else _FALLING):
                self._edges.append(pin)
        if self._sleep and not self._woken_by:
            self._woken_by = self._acting_source()

    def _acting_source(self):
        levels_of = self._levels_of
        if self._sleep == "light":
            for pin, level in self.light_wake.items():
                if level in levels_of(pin, self.read(pin)):
                    return wire.WOKEN_BY_GPIO
        for source, (level, mask) in self.wake_on.items():
            pins = [pin for pin in self._profile.rtc_pins if mask >> pin & 1]
            if not pins:
                continue
            all_must = source == wire.WOKEN_BY_EXT1 and not level
            at = [level in levels_of(pin, self._wake_level(pin, level)) for pin in pins]
            if (all if all_must else any)(at):
                return source
        return wire.WOKEN_BY_NOTHING

    def _levels_of(self, pin, now):
        """Levels a pin has had since last looked at: a sensor's pulse may be shorter than the time between looks."""
        return self._imu.levels_since() | {now} if pin == self._profile.imu_int1 else {now}

    def watched_pins(self):
        """Pins whose level matters to a sleeper or to an interrupt."""
        with self._lock:
            watched = set(self._irq) | set(self.light_wake)
            for _, mask in self.wake_on.values():
                watched |= {pin for pin in self._profile.rtc_pins if mask >> pin & 1}
            return watched

    # -- the board's side ---------------------------------------------------------------------------------------------

    def set_button(self, down):
        """A finger on the button, or none."""
        with self._lock:
            self._look()
            self._button_is_down = down
            self._look()

    def set_charger(self, there):
        """External power comes or goes."""
        with self._lock:
            self._look()
            self._charger_is_there = there
            self._look()

    def drive(self, pin, level):
        """The bench puts a level on one of the profile's inputs."""
        with self._lock:
            self._look()
            self._driven[pin] = level
            self._look()

    def held_by_firmware(self, pin):
        """Is an output driven high?"""
        with self._lock:
            return self._mode.get(pin) == _OUT and bool(self._level.get(pin))

    def driven_low(self, pin):
        """Is an output driven low?"""
        with self._lock:
            return self._mode.get(pin) == _OUT and not self._level.get(pin)

    def _outside(self, pin):
        if pin == self._profile.button:
            if self._button_is_down:
                return 0
            return 1 if self._profile.button_has_pull_up else None
        if pin == self._profile.imu_int1:
            return self._imu.interrupt()
        if pin == self._profile.charger:
            return int(self._charger_is_there)
        return self._driven.get(pin, 0) if pin in self._profile.inputs else None

    def _wake_level(self, pin, level):
        """What a sleeping chip sees: it pulls a wake pin away from the level it waits for."""
        outside = self._outside(pin)
        return outside if outside is not None else 1 - level

    def _show(self, pin):
        if pin in self.on_level:
            is_driven = self._mode.get(pin) in {_OUT, _OPEN_DRAIN}
            self.on_level[pin](self._level.get(pin, 0) if is_driven else 1)
        output = self._profile.outputs.get(pin)
        if output is None:
            return
        if self._mode.get(pin) not in {_OUT, _OPEN_DRAIN} or not self._level.get(pin):
            self._feel(output, 0, 0)
        else:
            self._feel(output, *self._duty.get(pin, (0, _FULL_DUTY)))

    def _feel(self, output, frequency_hz, duty):
        now_s = self._clock.now_s()
        last = self._last_felt.get(output)
        lasts = last is not None and last.end_s is None
        share = duty / _FULL_DUTY
        if lasts and share and (last.duty, last.frequency_hz) == (share, frequency_hz):
            return
        late_s = max(0.0, now_s - self._turns_s[0])
        if lasts:
            last.end_late_s = late_s
            last.end_s = now_s
        if lasts or share:
            self.on_feeling(output, bool(share))
        if share:
            self._last_felt[output] = Feeling(output, now_s, None, share, frequency_hz, late_s)
            self.felt.append(self._last_felt[output])
