"""When to look at the sensor, and what its silence means; without it one bad contact would end fall detection for good.

A sensor that does not answer is asked again at once: its FIFO still holds the blow that shook the contact. One that
stays silent is a fault, and is begun anew every minute, as often as it takes; by a deep sleeper at each wake, at the
latest at its beat.
"""

from firmware.pendant.supervisor import FAULT_IMU, FAULT_IMU_LATE
from shared.compat import const, ticks_add, ticks_diff

_UNREAD_MS = const(3_000)  # of the 4.9 s that the FIFO of a deep sleeper holds
_LATE_MS = const(10)  # the sample that settles it must be in the FIFO
_TRIES = const(5)
_TRY_AGAIN_MS = const(50)  # five of them are a quarter of a second: less than any FIFO holds
_BEGIN_AGAIN_MS = const(60_000)


def pause_ms(due_ms, settings):
    """How long the FIFO may be left alone: while an impact is weighed, until the detector can know."""
    if due_ms < 0:
        return settings.batch_idle_ms
    return max(settings.batch_excited_ms, due_ms + _LATE_MS)


class Senses:
    """``motion``: None while there is no sensor. begin_motion() sets it up and gives a Motion or None; or is None."""

    def __init__(self, motion, begin_motion, settings, now_ms, at_ms):
        """now_ms is a tick, at_ms the long clock."""
        self.motion = motion
        self._begin_motion = begin_motion
        self._settings = settings
        self._due_ms = now_ms if motion else ticks_add(now_ms, _BEGIN_AGAIN_MS)
        self._misses = 0
        self._overruns = 0
        self._lively_ms = at_ms - settings.linger_ms  # when something last hit; a tick would go round on a charger
        self.fault = 0  # what the supervisor has to tell; who has told it puts it back

    @property
    def is_excited(self):
        """True while an impact is weighed or a fall is watched."""
        return self.motion is not None and self.motion.is_excited

    def is_lively(self, at_ms):
        """True for a while after a blow: the next one may follow."""
        return at_ms - self._lively_ms < self._settings.linger_ms

    def next_ms(self, now_ms):
        """Milliseconds until ``look`` has something to do; -1 = never."""
        if self.motion is None and self._begin_motion is None:
            return -1
        return max(0, ticks_diff(self._due_ms, now_ms))

    def has_been_struck(self, at_ms):
        """True if the sensor has felt an impact since this was asked last; its interrupt line is free again then."""
        try:
            if self.motion is None or not self.motion.has_been_struck():
                return False
        except OSError:
            pass  # who cannot be asked is not left alone: the next look meets it again
        self._lively_ms = at_ms
        return True

    def look(self, now_ms, at_ms):
        """What the detector has said since the last look, in order; None if the sensor was not read."""
        if self.next_ms(now_ms) != 0:
            return None
        if self.motion is None:
            self.motion = self._begin_motion()
            self._due_ms = now_ms if self.motion else ticks_add(now_ms, _BEGIN_AGAIN_MS)
            self._overruns = -1
            return None
        try:
            said = self.motion.read()
        except OSError:
            self._miss(now_ms)
            return None
        self._misses = 0
        if self.motion.is_excited:
            self._lively_ms = at_ms
        if self.motion.overruns != self._overruns:
            if self._overruns >= 0:
                self.fault = FAULT_IMU_LATE
            self._overruns = self.motion.overruns
        self._due_ms = ticks_add(now_ms, pause_ms(self.motion.due_ms, self._settings))
        return said

    def self_test(self, now_ms):
        """Let the sensor test itself, which takes a third of a second of samples. True if it is well.

        One that falls silent meanwhile is begun anew: its electrodes may still push, and nothing would weigh right.
        """
        try:
            return self.motion.self_test()
        except OSError:
            self._lose(now_ms)
            return False

    def resume(self, tail, slept_ms):
        """After a deep sleep, through which the sensor went on: tail is what came before its oldest sample."""
        self._overruns = -1  # the FIFO ran over while we slept: that is what it is for
        if self.motion and slept_ms < self.motion.fifo_ms:
            self.motion.resume(tail)

    def glance(self, now_ms):
        """A wake for a beat: half a second is enough, and all would take longer than the beat. True if it was seen."""
        if self.motion is None:
            return False
        try:
            self.motion.glance()
        except OSError:
            self._lose(now_ms)
            return False
        self._due_ms = ticks_add(now_ms, _UNREAD_MS)
        return True

    def _miss(self, now_ms):
        self._misses += 1
        self._due_ms = ticks_add(now_ms, _TRY_AGAIN_MS)
        if self._misses >= _TRIES:
            self._lose(now_ms)

    def _lose(self, now_ms):
        """The button must go on working; and perhaps a new beginning helps."""
        self.motion = None
        self._misses = 0
        self._due_ms = now_ms
        self.fault = FAULT_IMU
