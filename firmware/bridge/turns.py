"""Whose alarm goes next; without this file who calls loudest would be heard, and the others later.

One alarm of each pendant waits, its newest. Who has not been served a moment ago goes first, in the order in which they
came; behind them come repeats. Bounded: where there is no room a repeat gives way to a first call, and among first
calls whoever came earlier is served first, for a pendant repeats.
"""

from shared.compat import const, ticks_diff

REPEAT_MS = const(3_000)  # what comes so soon after an alarm is most likely the same one again
MOST = const(300)  # 40 kB of memory, and a second of the line
_PASSED_MOST = const(512)


class Turns:
    """Alarms by pendant. Everything that must know the time is told."""

    def __init__(self):
        self._waiting = {}  # by pendant: the newest alarm of each
        self._firsts = []  # pendants in the order in which their alarms will go ...
        self._repeats = []  # ... and behind them those that had a turn a moment ago
        self._passed = {}  # by pendant: when it had its last turn

    def __len__(self):
        return len(self._waiting)

    def keep(self, pendant, alarm, now_ms):
        """An alarm has come: it takes the place of an older one of its pendant. False if one had to be dropped."""
        if pendant in self._waiting:
            self._waiting[pendant] = alarm
            return True
        passed_ms = self._passed.get(pendant)
        is_repeat = passed_ms is not None and _is_recent(passed_ms, now_ms)
        has_room = len(self._waiting) < MOST
        if not has_room:
            if is_repeat or not self._repeats:
                return False
            del self._waiting[self._repeats.pop()]
        (self._repeats if is_repeat else self._firsts).append(pendant)
        self._waiting[pendant] = alarm
        return has_room

    def first(self):
        """The alarm whose turn it is; there must be one."""
        return self._waiting[(self._firsts or self._repeats)[0]]

    def take(self, now_ms):
        """That alarm, and its turn is over."""
        pendant = (self._firsts or self._repeats).pop(0)
        if len(self._passed) >= _PASSED_MOST:
            self._passed = {one: at_ms for one, at_ms in self._passed.items() if _is_recent(at_ms, now_ms)}
        if len(self._passed) < _PASSED_MOST:
            self._passed[pendant] = now_ms
        return self._waiting.pop(pendant)


def _is_recent(at_ms, now_ms):
    """A tick of a week ago looks like one to come: for another week it would make every call a repeat."""
    return 0 <= ticks_diff(now_ms, at_ms) < REPEAT_MS
