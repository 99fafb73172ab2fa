"""Without this file yesterday's beat, recorded and played back, would hide that a pendant is gone."""

_WIDTH = 64  # frames that may overtake each other


class ReplayWindow:
    """The frame counters of one pendant: each is accepted once, in its newest boot only."""

    def __init__(self, boot: int = -1, counter: int = -1) -> None:
        """After a restart: nothing at or below the newest stored frame is accepted. Repeats have fresh counters."""
        self._boot = boot
        self._newest = counter
        self._taken = (1 << _WIDTH) - 1  # bit i: newest - i was accepted

    def accept(self, boot: int, counter: int) -> bool:
        """True once for each frame, and never for one of an earlier boot or too far behind."""
        if boot > self._boot:
            self._boot, self._newest, self._taken = boot, counter, 1
            return True
        if boot < self._boot:
            return False
        ahead = counter - self._newest
        if ahead > 0:
            self._taken = (self._taken << ahead | 1) & (1 << _WIDTH) - 1 if ahead < _WIDTH else 1
            self._newest = counter
            return True
        bit = 1 << -ahead if -ahead < _WIDTH else 0
        if not bit or self._taken & bit:
            return False
        self._taken |= bit
        return True
