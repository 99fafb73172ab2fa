"""Without this file a press would be as exact as a computer far away: the helper's hands, timed on the helper.

A finger across the pendant's button (an open drain), switches for battery and bridge, an arm that turns the pendant.
"""

_SERVO_HZ = 50
_SERVO_MIN_US, _SERVO_MAX_US = 500, 2500  # 0 and 180 degrees of a common servo
_BOUNCE_MS = 2


class Finger:
    """Presses by itself; tick() as often as possible, with milliseconds that only grow."""

    def __init__(self, pin):
        self._pin = pin  # low: pressed; released it must float
        self._plan = []  # [(at_ms, level)], soonest first
        self.down_ms = self.up_ms = 0

    def set(self, is_down):
        """Now, whatever was planned."""
        self._plan = []
        self._pin.value(0 if is_down else 1)

    def press(self, now_ms, hold_ms, bounce_ms):
        """Down now, up hold_ms later; with bounce_ms both contacts chatter for so long."""
        self.down_ms, self.up_ms = now_ms, now_ms + hold_ms
        self._plan = _edges(now_ms, bounce_ms, 0) + _edges(now_ms + hold_ms, bounce_ms, 1)
        self.tick(now_ms)

    def tick(self, now_ms):
        """Whether a press has ended just now."""
        had = bool(self._plan)
        while self._plan and self._plan[0][0] <= now_ms:
            self._pin.value(self._plan.pop(0)[1])
        return had and not self._plan


def _edges(at_ms, bounce_ms, last):
    edges = []
    for offset in range(0, bounce_ms, 2 * _BOUNCE_MS):
        edges += [(at_ms + offset, last), (at_ms + offset + _BOUNCE_MS, 1 - last)]
    return edges + [(at_ms + bounce_ms, last)]


class Arm:
    """A servo that turns the pendant; without a servo it is None where it is used."""

    def __init__(self, pwm):
        self._pwm = pwm
        self._pwm.freq(_SERVO_HZ)
        self._from_deg = self._to_deg = 90
        self._began_ms = self._lasts_ms = 0
        self._show(90)

    def turn(self, now_ms, to_deg, lasts_ms):
        """Turn to 0 ... 180 degrees within so many milliseconds, evenly."""
        self._from_deg, self._to_deg = self._at(now_ms), to_deg
        self._began_ms, self._lasts_ms = now_ms, lasts_ms

    def tick(self, now_ms):
        """Go on turning."""
        self._show(self._at(now_ms))

    def _at(self, now_ms):
        passed = now_ms - self._began_ms
        if passed >= self._lasts_ms:
            return self._to_deg
        return self._from_deg + (self._to_deg - self._from_deg) * passed // self._lasts_ms

    def _show(self, deg):
        self._pwm.duty_ns((_SERVO_MIN_US + (_SERVO_MAX_US - _SERVO_MIN_US) * deg // 180) * 1000)
