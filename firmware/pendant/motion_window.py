"""The motion round a fall, from the detector's ring to the gateway; without it nobody could look at what had happened.

It is no alarm: it waits behind all of them, is tried a few times, lives in RAM only, and is given up a minute after the
fall. It is loaded when a fall is suspected and not before.
"""

from firmware import fixed
from firmware.pendant.outbox import WAVE_LANE, Parcel
from shared import waves, words
from shared.compat import const, ticks_add, ticks_diff

_LIFE_MS = const(60_000)
_RING = const(512)  # samples, the detector's


class MotionWindow:
    """``gather`` at each look at the motion, until it says that ``parcel`` may go into the outbox."""

    def __init__(self, ref, place, now_ms, random):
        """ref: (boot, seq) of the fall; place: of its impact in the detector's ring; random() gives 0 to 255."""
        self._ref = ref
        self._place = place
        self._random = random
        self._end_ms = ticks_add(now_ms, _LIFE_MS)
        self._samples = bytearray(waves.PARTS * waves.PART_SIZE)
        self._gathered = 0  # parts
        self.missing = waves.ALL_PARTS  # a bit for each part that the gateway has not
        self.parcel = None

    def is_over(self, now_ms):
        """True when it has taken too long."""
        return ticks_diff(now_ms, self._end_ms) >= 0

    def gather(self, detector, now_ms):
        """Copy one part of it, once the ring has it whole. True: that was the last, the parcel may go."""
        part = self._gathered
        first = 2 * (part * waves.PART_SAMPLES - waves.IMPACT)  # sample of the ring, counted from the impact
        since = detector.since(self._place)
        if part == waves.PARTS or since < first + 2 * waves.PART_SAMPLES - 1:
            return False
        if since - first >= _RING:
            self._end_ms = now_ms  # overwritten: the sensor was not read for seconds
            return False
        self._copy(detector, part * waves.PART_SIZE, self._place + first)
        self._gathered = part + 1
        if part + 1 < waves.PARTS:
            return False
        wait_ms = fixed.WAVE_RETRY_MS[0] * self._random() // 256  # those who fell together do not speak together
        self.parcel = Parcel(WAVE_LANE, words.WAVE, self._body, None, ticks_add(now_ms, wait_ms))
        return True

    def acknowledged(self, ack):
        """An acknowledgement; True if it is about this window. ``missing`` then says what is left to send."""
        if (ack.boot, ack.seq) != self._ref:
            return False
        if ack.status >= waves.KEPT:
            self.missing = waves.ALL_PARTS & ~ack.status
        elif ack.status == words.REFUSED_FULL:
            self.missing = 0
        else:
            return False  # about the fall itself
        return True

    def _copy(self, detector, at, place):
        samples = self._samples
        for _ in range(waves.PART_SAMPLES):
            one, other = detector.sample_at(place), detector.sample_at(place + 1)
            if _size2(other) > _size2(one):
                one = other
            for axis in range(3):
                samples[at + axis] = waves.code_of(one[axis])
            at += 3
            place += 2

    def _body(self, parcel):
        part = 0
        while part < waves.PARTS - 1 and not self.missing & 1 << part:
            part += 1
        at = part * waves.PART_SIZE
        return waves.pack_part(self._ref[0], self._ref[1], part, self._samples[at : at + waves.PART_SIZE])


def _size2(sample):
    return sample[0] * sample[0] + sample[1] * sample[1] + sample[2] * sample[2]
