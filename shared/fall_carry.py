"""Without this file each blow would be judged as if nothing had been before it; a body that falls often lands twice.

What spoke for a fall at one blow speaks for it at the next, if that comes soon: a share of its score is carried over.
"""

from shared.compat import const

CARRY_SPAN = const(200)  # samples from blow to blow, at most
CARRY_LEAST = const(-1_500)  # a blow that scores no more, or none, carries nothing
CARRY_MOST = const(500)  # nor more than this one
CARRY_SHARE = const(64)  # 256ths
_MASK = const(511)  # of the ring in which the blows lie
_STALE = const(300)  # a blow 200 samples later is judged 90 after that; and the ring does not come round before 428


class Carry:
    """Remembers the last blow that was judged: where in the ring it lay, and its score."""

    def __init__(self) -> None:
        self._place = 0
        self._score = CARRY_LEAST

    def add(self, score: int, place: int) -> int:
        """The score of the blow at that place with what the last one adds; this one is the last from now on."""
        carried = 0
        if (place - self._place) & _MASK <= CARRY_SPAN:
            carried = (min(self._score, CARRY_MOST) - CARRY_LEAST) * CARRY_SHARE >> 8
        self._place = place
        self._score = max(score, CARRY_LEAST)
        return score + carried

    def age(self, at: int) -> None:
        """Forget it if it lies far behind ring index `at`: call it every 128 samples."""
        if (at - self._place) & _MASK > _STALE:
            self._score = CARRY_LEAST

    def forget(self) -> None:
        """Nobody knows how long ago it was."""
        self._score = CARRY_LEAST
