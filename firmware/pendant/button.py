"""One button, three seconds; without this file a trembling hand could not call for help.

Told the level and the time, it never asks for either. What it can say:

* TICKED: a second of the hold has passed (the wearer feels that it counts)
* HELD: held long enough; ``taps`` says how many short presses came before
* TAPPED: a short press has ended; ``taps`` counts it
* STUCK: nobody holds a button that long

A release shorter than the tremble time is not a release: contacts bounce, old hands tremble.
"""

from shared.compat import const, ticks_add, ticks_diff

NOTHING = const(0)
TICKED = const(1)
HELD = const(2)
TAPPED = const(3)
STUCK = const(4)

_UP = const(0)
_DOWN = const(1)
_LIFTED = const(2)  # up, but perhaps only trembling

_TICK_MS = const(1_000)


class Button:
    """Levels and times in, what they mean out. Times are ticks in milliseconds and may wrap."""

    def __init__(self, settings):
        self._hold_ms = settings.button_hold_ms
        self._tremble_ms = settings.button_tremble_ms
        self._press_ms = settings.button_press_ms
        self._tap_ms = settings.button_tap_ms
        self._gap_ms = settings.button_gap_ms
        self._stuck_ms = settings.button_stuck_s * 1_000
        self._look_ms = settings.button_look_ms
        self._state = _UP
        self.down_ms = 0  # when this press began
        self._up_ms = 0  # when the finger was last seen to leave
        self._ticks = 0  # seconds of this press already told
        self._is_held = False
        self._is_stuck = False
        self.taps = 0

    @property
    def is_pressed(self):
        """True while a press lasts, trembling included."""
        return self._state != _UP

    def update(self, is_down, now_ms):
        """Tell it the level; return one of the words above. Nothing is told twice."""
        if self._state == _UP:
            if is_down:
                self._begin(now_ms)
            elif self.taps and ticks_diff(now_ms, self._up_ms) > self._gap_ms:
                self.taps = 0  # the taps led to nothing
            return NOTHING
        if self._state == _LIFTED and ticks_diff(now_ms, self._up_ms) >= self._tremble_ms:
            said = self._end()
            if is_down:
                self._begin(now_ms)
            return said
        if is_down:
            self._state = _DOWN
            return self._last(now_ms)
        if self._state == _DOWN:
            self._state = _LIFTED
            self._up_ms = now_ms
        return NOTHING

    def next_ms(self, now_ms):
        """How long it may be left alone, in ms; -1 = until somebody presses."""
        if self._state != _UP:
            held_ms = ticks_diff(now_ms, self.down_ms)
            if not self._is_held and self._hold_ms > held_ms:
                return min(self._look_ms, self._hold_ms - held_ms)
            return self._look_ms
        if self.taps:
            return max(0, ticks_diff(ticks_add(self._up_ms, self._gap_ms), now_ms)) + 1
        return -1

    def _begin(self, now_ms):
        if self.taps and ticks_diff(now_ms, self._up_ms) > self._gap_ms:
            self.taps = 0
        self._state = _DOWN
        self.down_ms = now_ms
        self._ticks = 0
        self._is_held = False
        self._is_stuck = False

    def _last(self, now_ms):
        """The button is down, and has been for a while."""
        held_ms = ticks_diff(now_ms, self.down_ms)
        if not self._is_held and held_ms >= self._hold_ms:
            self._is_held = True
            return HELD
        if self._is_held and not self._is_stuck and held_ms >= self._stuck_ms:
            self._is_stuck = True
            return STUCK
        if not self._is_held and held_ms >= (self._ticks + 1) * _TICK_MS:
            self._ticks += 1
            return TICKED
        return NOTHING

    def _end(self):
        """The finger has really left. The press ended when it was first seen to leave."""
        self._state = _UP
        held_ms = ticks_diff(self._up_ms, self.down_ms)
        if self._is_held:
            self.taps = 0
        elif held_ms > self._tap_ms:
            self.taps = 0  # a broken-off call: neither a tap nor a cancel
        elif held_ms >= self._press_ms:
            self.taps += 1
            return TAPPED
        return NOTHING
