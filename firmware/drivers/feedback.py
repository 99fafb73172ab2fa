"""Plays patterns on a motor or buzzer and a light without ever blocking; without it feeling would stop sensing.

A pattern is a tuple of milliseconds: on, off, on, off ... It is played against the time the caller tells. Messages wait
for one another and keep a pause between them, so that two never melt into a third; a mere tick is dropped while
something is being said.
"""

from shared.compat import const, ticks_add, ticks_diff

_PAUSE_MS = const(350)  # between two messages: longer than any gap inside one
_WAITING_MOST = const(6)  # nobody tells seven messages apart; the oldest one waiting goes


class Player:
    """output has on() and off()."""

    def __init__(self, output):
        self._output = output
        self._waiting = []
        self._pattern = ()
        self._at = 0  # index of the span that is playing
        self._span_end_ms = 0
        self._is_playing = False
        self._was_cut = False  # hushed in the middle of a message: the next one must not melt into its rest

    @property
    def is_playing(self):
        """True while something is being said or waits to be."""
        return self._is_playing

    def say(self, pattern, now_ms):
        """Play a message now, or as soon as the one before it has ended."""
        if self._is_playing:
            if len(self._waiting) >= _WAITING_MOST:
                self._waiting.pop(0)
            self._waiting.append(pattern)
        elif self._was_cut:
            self._waiting.append(pattern)
            self._pause(now_ms)
        else:
            self._begin(pattern, now_ms)

    def tick(self, pattern, now_ms):
        """Play something small, unless a message is being said."""
        if not self._is_playing:
            self._begin(pattern, now_ms)

    def hush(self):
        """Stop at once and forget what was waiting."""
        self._waiting.clear()
        self._was_cut = self._is_playing
        self._is_playing = False
        self._output.off()

    def update(self, now_ms):
        """Bring the output to where the pattern is."""
        while self._is_playing and ticks_diff(now_ms, self._span_end_ms) >= 0:
            self._at += 1
            if self._at < len(self._pattern):
                self._enter(self._span_end_ms)
            elif self._at == len(self._pattern):
                self._pause(self._span_end_ms)
            elif self._waiting:
                self._begin(self._waiting.pop(0), now_ms)
            else:
                self._is_playing = False
                self._output.off()

    def next_ms(self, now_ms):
        """Milliseconds until the output changes; -1 = silence."""
        if not self._is_playing:
            return -1
        return max(0, ticks_diff(self._span_end_ms, now_ms))

    def _pause(self, begin_ms):
        """Be silent for so long that whatever comes next is another message."""
        self._output.off()
        self._at = len(self._pattern)
        self._is_playing = True
        self._was_cut = False
        self._span_end_ms = ticks_add(begin_ms, _PAUSE_MS)

    def _begin(self, pattern, now_ms):
        self._pattern = pattern
        self._at = 0
        self._is_playing = True
        self._enter(now_ms)

    def _enter(self, begin_ms):
        """Even spans sound, odd ones are silent."""
        self._span_end_ms = ticks_add(begin_ms, self._pattern[self._at])
        if self._at & 1:
            self._output.off()
        else:
            self._output.on()


class Pulse:
    """A vibration motor or a buzzer on a PWM pin, and a light that follows it."""

    def __init__(self, pwm, light, duty_u16):
        self._pwm = pwm
        self._light = light
        self._duty_u16 = duty_u16

    def on(self):
        """Be felt."""
        self._pwm.duty_u16(self._duty_u16)
        self._light.on()

    def off(self):
        """Be silent."""
        self._pwm.duty_u16(0)
        self._light.off()


class Light:
    """An LED on a PWM pin; active_low where the LED hangs on the supply."""

    def __init__(self, pwm, percent, active_low=False):
        self._pwm = pwm
        self._active_low = active_low
        self.dim(percent)
        self.off()

    def dim(self, percent):
        """Set how bright "on" is."""
        self._on_u16 = percent * 65_535 // 100

    def on(self):
        """Shine."""
        self._set(self._on_u16)

    def off(self):
        """Go out."""
        self._set(0)

    def _set(self, duty_u16):
        self._pwm.duty_u16(65_535 - duty_u16 if self._active_low else duty_u16)
