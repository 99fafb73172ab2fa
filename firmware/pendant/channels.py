"""Where somebody may listen; without it a gateway that has moved to another channel would be gone for ever.

The channel on which a gateway was last heard is tried first and most. When nobody has answered there for some windows,
every other channel gets a turn, the likely ones first, and between them the good one again: what looks like an empty
channel may only be a bad moment. Who answers first is who we stay with; any gateway that holds our key will do.
"""

from shared.compat import const

_CHANNELS = (1, 6, 11, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13)  # where access points, and so bridges, mostly are, come first
_PATIENCE = const(4)  # windows missed in a row before a scan for an alarm: most of them are a bad moment
_PATIENCE_BUSY = const(16)  # ... where a gateway is heard to serve others: it has too much to do, it is not gone
_PATIENCE_LOW = const(3)  # ... for a beat or an event: it has no more tries
_BACK_AFTER = const(2)  # so many strange channels, then the good one again
_SCAN_AGAIN_MS = const(10_000)  # for an alarm: twice as long after each scan in vain, because there is a battery
_SCAN_AGAIN_MOST_MS = const(3_600_000)  # ... and for a beat at once: one scan an hour costs 0.03 mA
_SCANS_MOST = const(16)


class Channels:
    """home: the channel as flashed. Times are on the long clock, in ms. ``channel`` is where to send now."""

    def __init__(self, home, memory):
        self._home = home
        self._memory = memory
        self._turns = []  # the channels of this scan that are still to come
        self.is_scanning = False
        self.channel = self._good

    @property
    def _good(self):
        return self._memory.channel or self._home

    def heard(self):
        """A gateway has answered: here it is."""
        self.is_scanning = False
        self._memory.missed = 0
        self._memory.scans = self._memory.scan_ms = 0
        self._memory.channel = self.channel

    def raised(self):
        """Somebody calls: all channels may be tried again, however often and however lately that was in vain."""
        self._memory.scans = self._memory.scan_ms = 0

    def missed(self, is_urgent, is_busy, at_ms):
        """A window has passed and nobody has answered. True: try again at once; ``channel`` says where.

        is_busy: a gateway spoke to others in it. Anybody can pretend that; so it only makes us slower to leave.
        """
        memory = self._memory
        if not self.is_scanning:
            memory.missed = min(memory.missed + 1, _PATIENCE_BUSY)
            patience = _PATIENCE if is_urgent else _PATIENCE_LOW
            if memory.missed < (_PATIENCE_BUSY if is_busy else patience):
                return False
            if not self._may_scan(is_urgent, at_ms):
                return False
            memory.scan_ms = max(1, at_ms)
            if is_urgent:
                memory.scans = min(memory.scans + 1, _SCANS_MOST)
            self.is_scanning = True
            self._turns = self._order()
        elif not self._turns:
            self.is_scanning = False  # the last turn was the good one's: here we wait
            memory.missed = 0
            return False
        self.channel = self._turns.pop(0)
        return True

    def _may_scan(self, is_urgent, at_ms):
        """An alarm never waits because a beat has scanned in vain; a beat waits for whatever was the last scan."""
        memory = self._memory
        pause_ms = _SCAN_AGAIN_MOST_MS
        if is_urgent:
            pause_ms = min(_SCAN_AGAIN_MS << memory.scans, _SCAN_AGAIN_MOST_MS) if memory.scans else 0
        return not memory.scan_ms or at_ms - memory.scan_ms >= pause_ms

    def _order(self):
        good = self._good
        others = [self._home] if self._home != good else []
        others += [channel for channel in _CHANNELS if channel not in (good, self._home)]
        turns = []
        for i in range(0, len(others), _BACK_AFTER):
            turns += others[i : i + _BACK_AFTER] + [good]
        return turns
